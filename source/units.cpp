#include "units.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <span>
#include <system_error>

namespace cookieshop::config {

namespace {

struct unit {
    std::string_view name;
    std::uint64_t worth;
};

// From the smallest to the largest; of two names for the same worth the last is the one that is written.
constexpr std::array duration_units{
    unit{"ms", 1},     unit{"", 1000},       unit{"s", 1000},
    unit{"m", 60'000}, unit{"h", 3'600'000}, unit{"d", 86'400'000},
};
constexpr std::array size_units{
    unit{"", 1},
    unit{"KiB", 1U << 10},
    unit{"MiB", 1U << 20},
    unit{"GiB", 1U << 30},
};

std::optional<std::uint64_t> parse_quantity(
    std::string_view text, std::span<const unit> units, std::uint64_t most
) {
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = parse_number(text.substr(0, digits));
    const auto found = std::ranges::find(units, text.substr(digits), &unit::name);
    if (!number || found == units.end() || *number > most / found->worth) return std::nullopt;
    return *number * found->worth;
}

std::string format_quantity(std::uint64_t quantity, std::span<const unit> units) {
    auto chosen = units.begin();
    for (auto candidate = units.begin(); candidate != units.end(); ++candidate) {
        if (quantity != 0 && quantity % candidate->worth == 0) chosen = candidate;
    }
    return std::to_string(quantity / chosen->worth).append(chosen->name);
}

}  // namespace

std::optional<std::size_t> parse_number(std::string_view text) {
    std::size_t number = 0;
    const auto* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stopped != end) return std::nullopt;
    return number;
}

std::vector<std::string_view> split_list(std::string_view text) {
    constexpr std::string_view blanks = " \t";
    std::vector<std::string_view> items;
    if (text.find_first_not_of(blanks) == std::string_view::npos) return items;
    for (std::size_t begin = 0; begin <= text.size();) {
        const auto end = std::min(text.find(',', begin), text.size());
        const auto item = text.substr(begin, end - begin);
        const auto first = std::min(item.find_first_not_of(blanks), item.size());
        items.push_back(item.substr(first, item.find_last_not_of(blanks) + 1 - first));
        begin = end + 1;
    }
    return items;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    using rep = std::chrono::milliseconds::rep;
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<rep>::max());
    const auto count = parse_quantity(text, duration_units, most);
    if (!count) return std::nullopt;
    return std::chrono::milliseconds{static_cast<rep>(*count)};
}

std::optional<std::size_t> parse_size(std::string_view text) {
    return parse_quantity(text, size_units, std::numeric_limits<std::size_t>::max());
}

std::string format_duration(std::chrono::milliseconds duration) {
    return format_quantity(static_cast<std::uint64_t>(duration.count()), duration_units);
}

std::string format_size(std::size_t bytes) {
    return format_quantity(bytes, size_units);
}

}  // namespace cookieshop::config
