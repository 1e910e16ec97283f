/// ASCII letters without the locale that <cctype> asks.

#pragma once

#include <algorithm>
#include <string_view>

namespace cookieshop::auth::ascii {

constexpr char to_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return std::ranges::equal(a, b, {}, to_lower, to_lower);
}

}  // namespace cookieshop::auth::ascii
