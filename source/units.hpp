/// Durations and sizes as people write them: "90s", "64KiB".
///
/// Strict: digits and at most one unit, no sign, no space, no fraction; what does not fit is refused and
/// never wraps. Whatever `format_…` writes, `parse_…` reads back as the same value. Any thread.

#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cookieshop::config {

/// "250ms", "90s", "30m", "12h", "7d"; a bare number is seconds.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// "64KiB", "19MiB", "1GiB"; a bare number is bytes.
std::optional<std::size_t> parse_size(std::string_view text);

/// In the largest unit that leaves no remainder: "90s", "30m", "1d". `duration` is not negative.
std::string format_duration(std::chrono::milliseconds duration);

/// In the largest unit that leaves no remainder: "1000", "64KiB".
std::string format_size(std::size_t bytes);

/// Digits only.
std::optional<std::size_t> parse_number(std::string_view text);

/// The items between the commas, without the blanks around them; views into `text`. Nothing but blanks is no
/// item.
std::vector<std::string_view> split_list(std::string_view text);

}  // namespace cookieshop::config
