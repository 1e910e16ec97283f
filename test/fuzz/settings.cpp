// Settings: arguments, one a line, then the environment as NAME=VALUE lines, then the text of .env; "---"
// between them. Every line is read as a duration and as a size as well.

#include "config.hpp"
#include "units.hpp"

#include "fuzz/fuzz.hpp"

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

namespace cookieshop::config {
namespace {

using fuzz::demand;

// A key that the harness brings, so that it can be told whether it is shown.
constexpr std::string_view secret_key = "8f3c1de07b5a4926-never-to-be-shown";

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    fuzz::input rest{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
    while (!rest.empty()) lines.push_back(rest.line());
    return lines;
}

void check_units(std::string_view text) {
    if (const auto duration = parse_duration(text)) {
        demand(duration->count() >= 0, "a duration does not wrap");
        demand(
            parse_duration(format_duration(*duration)) == duration, "a duration is read as it was written"
        );
    }
    if (const auto size = parse_size(text))
        demand(parse_size(format_size(*size)) == size, "a size is read as it was written");
    if (const auto number = parse_number(text)) {
        demand(parse_number(std::to_string(*number)) == number, "a number is read as it was written");
        const std::chrono::milliseconds duration{*number & ~(std::size_t{1} << 63)};
        demand(parse_duration(format_duration(duration)) == duration, "any duration can be written");
        demand(parse_size(format_size(*number)) == number, "any size can be written");
    }
}

// Arguments and variables are C strings.
std::string to_nul(std::string_view text) {
    return std::string{text.substr(0, text.find('\0'))};
}

bool is_one_line(std::string_view text) {
    const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
    return text.ends_with('\n') && std::ranges::none_of(text.substr(0, text.size() - 1), is_control);
}

void check_ending(const ending& end) {
    demand(end.status == 0 || end.status == 2, "the program ends with 0 or 2");
    if (end.status == 0) return demand(end.text.find("--help") != std::string::npos, "0 is help");
    demand(
        end.text.starts_with("cookieshop: ") && is_one_line(end.text),
        "a refusal is one line, without controls"
    );
    demand(end.text.size() < 1000, "a refusal is short");
}

// What `row` writes is what it reads.
void check_value(const settings& values, const setting& row) {
    const std::string text = row.type.write(values);
    demand(
        text.find('\0') == std::string::npos, "no value has a NUL: what takes C strings would see another"
    );
    if (row.type.secret || (text.empty() && !row.type.empty.empty())) return;
    settings again;
    demand(row.type.read(again, text), "a value that was accepted is accepted again");
    demand(row.type.write(again) == text, "and it is the same");
}

// The values of a command, given on the command line, are the same values.
void check_command_line(const command& parsed) {
    inputs given;
    given.arguments.emplace_back("config");
    for (const setting& row : all_settings()) {
        if (row.type.secret) continue;
        const std::string text = row.type.write(parsed.values);
        if (!text.empty()) given.arguments.push_back("--" + std::string{row.name} + "=" + text);
    }
    const auto again = parse(given);
    const auto* const same = std::get_if<command>(&again);
    demand(same, "what was accepted anywhere is accepted on the command line");
    for (const setting& row : all_settings()) {
        if (row.type.secret) continue;
        demand(row.type.write(same->values) == row.type.write(parsed.values), "and means the same there");
    }
}

void check_command(const command& parsed) {
    if (parsed.what == command::kind::version) return;
    demand(parsed.sources.size() == all_settings().size(), "every setting has its source");
    const std::string list = listing(parsed);
    demand(
        static_cast<std::size_t>(std::ranges::count(list, '\n')) == all_settings().size(), "a line a setting"
    );
    for (const setting& row : all_settings()) check_value(parsed.values, row);
    check_command_line(parsed);
}

void check(const inputs& given, bool secret_is_ours) {
    const auto parsed = parse(given);
    const auto* const good = std::get_if<command>(&parsed);
    const std::string shown = good ? listing(*good) : std::get<ending>(parsed).text;
    demand(!secret_is_ours || shown.find(secret_key) == std::string::npos, "a key is never shown");
    if (good)
        check_command(*good);
    else
        check_ending(std::get<ending>(parsed));
}

void check_dotenv(std::string_view text) {
    try {
        for (const auto& [name, value] : parse_dotenv(text)) {
            demand(!name.empty() && name.find_first_of(" \t=#\n") == std::string::npos, "a name is a name");
            demand(value.find('\n') == std::string::npos, "a value is of one line");
        }
    } catch (const std::invalid_argument& error) {
        demand(std::string_view{error.what()}.starts_with(".env, line "), "a refusal names its line");
    }
}

}  // namespace
}  // namespace cookieshop::config

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace cookieshop;
    using namespace cookieshop::config;
    const std::string_view whole{reinterpret_cast<const char*>(bytes), size};
    for (const std::string_view line : lines_of(whole)) check_units(line);

    fuzz::input input{bytes, size};
    inputs given;
    for (const std::string_view line : lines_of(input.part())) given.arguments.push_back(to_nul(line));
    for (const std::string_view line : lines_of(input.part())) {
        const std::string variable = to_nul(line);
        const std::size_t equals = std::min(variable.find('='), variable.size());
        given.environment.emplace(
            variable.substr(0, equals), variable.substr(std::min(equals + 1, variable.size()))
        );
    }
    given.dotenv = input.rest();
    check_dotenv(given.dotenv);
    // A key on the command line would win; one in the input may be anywhere in it.
    const bool secret_is_ours = whole.find(secret_key) == std::string_view::npos;
    given.environment["COOKIESHOP_SECRET_KEY"] = secret_key;
    check(given, secret_is_ours);
    return 0;
}
