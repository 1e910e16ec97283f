/// The Cookie and Set-Cookie fields (RFC 6265).

#pragma once

#include "cookieshop/http/exchange.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace cookieshop::http {

/// Calls `f(value)` for every cookie of that name, in the order of the wire, until it returns true. A name
/// can come several times: a browser sends one for each path and domain that set it.
template <class F>
void for_each_cookie(const request& request, std::string_view name, F f);

struct cookie_attributes {
    bool secure = false;
    std::optional<std::chrono::seconds> max_age;  ///< none: gone when the browser closes
};

/// Adds `Set-Cookie: name=value; Path=/; HttpOnly; SameSite=Lax` and what `attributes` add; never a Domain.
void set_cookie(
    response& response, std::string_view name, std::string_view value, const cookie_attributes& attributes
);

/// Makes the browser forget it.
void expire_cookie(response& response, std::string_view name, bool secure);

namespace detail {
// Takes the next "name=value" off `rest`; false at its end.
bool next_cookie(std::string_view& rest, std::string_view& name, std::string_view& value) noexcept;
}  // namespace detail

template <class F>
void for_each_cookie(const request& request, std::string_view name, F f) {
    for (const header_line& line : request.headers()) {
        if (line.name != field::cookie) continue;
        std::string_view rest = line.value, cookie_name, value;
        while (detail::next_cookie(rest, cookie_name, value)) {
            if (cookie_name == name && f(value)) return;
        }
    }
}

}  // namespace cookieshop::http
