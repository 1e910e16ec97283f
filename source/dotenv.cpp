#include "dotenv.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <utility>

namespace cookieshop::config {

namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view text) {
    const auto first = std::min(text.find_first_not_of(blanks), text.size());
    return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

bool is_name(std::string_view text) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    constexpr std::string_view letters_and_digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    return !text.empty() && letters.find(text.front()) != std::string_view::npos
           && text.find_first_not_of(letters_and_digits) == std::string_view::npos;
}

std::string_view without_comment(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool starts_word = i == 0 || blanks.find(text[i - 1]) != std::string_view::npos;
        if (text[i] == '#' && starts_word) return trimmed(text.substr(0, i));
    }
    return text;
}

std::optional<std::string_view> parse_value(std::string_view text) {
    if (!text.starts_with('"') && !text.starts_with('\'')) return without_comment(text);
    const auto end = text.find(text.front(), 1);
    if (end == std::string_view::npos || !without_comment(text.substr(end + 1)).empty()) return std::nullopt;
    return text.substr(1, end - 1);
}

std::optional<std::pair<std::string_view, std::string_view>> parse_line(std::string_view line) {
    constexpr std::string_view prefix = "export ";
    if (line.starts_with(prefix)) line.remove_prefix(prefix.size());
    // What takes C strings, such as the system's functions for addresses and files, would see another value
    // than we do.
    if (line.find('\0') != std::string_view::npos) return std::nullopt;
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const auto name = trimmed(line.substr(0, equals));
    const auto value = parse_value(trimmed(line.substr(equals + 1)));
    if (!is_name(name) || !value) return std::nullopt;
    return std::pair{name, *value};
}

}  // namespace

variables parse_dotenv(std::string_view text) {
    variables found;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line.starts_with('#')) continue;
        const auto variable = parse_line(line);
        if (!variable) {
            throw std::invalid_argument{
                ".env, line " + std::to_string(number) + ": must be NAME=VALUE, or # and a comment"};
        }
        found.insert_or_assign(std::string{variable->first}, std::string{variable->second});
    }
    return found;
}

}  // namespace cookieshop::config
