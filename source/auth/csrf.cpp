#include "cookieshop/auth/csrf.hpp"

#include "auth/ascii.hpp"

#include <sodium/utils.h>

#include <algorithm>

namespace cookieshop::auth {
namespace {

// origin = scheme "://" host [ ":" port ] (RFC 6454, 7.1), where a default port is left out.
struct web_scheme {
    std::string_view prefix, default_port;
};
constexpr web_scheme web_schemes[]{{"http://", ":80"}, {"https://", ":443"}};

std::string_view without_port(std::string_view authority, std::string_view port) noexcept {
    return authority.ends_with(port) ? authority.substr(0, authority.size() - port.size()) : authority;
}

// Which of the schemes it is makes no difference: behind a proxy that ends TLS the server does not see the
// one that the browser used.
bool names_host(std::string_view origin, std::string_view host) noexcept {
    for (const auto& [prefix, default_port] : web_schemes) {
        if (!ascii::equal_ignoring_case(origin.substr(0, prefix.size()), prefix)) continue;
        const std::string_view named = without_port(origin.substr(prefix.size()), default_port);
        return !named.empty() && ascii::equal_ignoring_case(named, without_port(host, default_port));
    }
    return false;  // "null", or what no page of ours comes from
}

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

// Which of two lines counts is not to be guessed: what is there twice is nobody's.
std::string_view only(const http::request& request, std::string_view name) noexcept {
    const http::header_line* found = nullptr;
    for (const http::header_line& line : request.headers()) {
        if (!ascii::equal_ignoring_case(line.name_text, name)) continue;
        if (found != nullptr) return "twice";
        found = &line;
    }
    return found != nullptr ? found->value : std::string_view{};
}

}  // namespace

origin origin_of(const http::request& request) noexcept {
    // "same-site" is another site: a neighbour under the same domain need not be a friend.
    const std::string_view fetch_site = only(request, "Sec-Fetch-Site");
    if (!fetch_site.empty()) {
        return fetch_site == "same-origin" || fetch_site == "none" ? origin::same : origin::other;
    }
    const std::string_view origin_field = only(request, "Origin");
    if (origin_field.empty()) return origin::unknown;
    return names_host(origin_field, request.host) ? origin::same : origin::other;
}

origin origin_of_link(const http::request& request) noexcept {
    const origin known = origin_of(request);
    const std::string_view referer = only(request, "Referer");
    if (known != origin::unknown || referer.empty()) return known;
    constexpr std::size_t past_scheme = std::string_view{"https://"}.size();  // or one byte of the host more
    const std::size_t end = std::min(referer.find_first_of("/?#", past_scheme), referer.size());
    return names_host(referer.substr(0, end), request.host) ? origin::same : origin::other;
}

bool from_this_site(
    const http::exchange& exchange, const session::session& session, const http::form& form
) noexcept {
    switch (origin_of(exchange.request)) {
    case origin::same: return true;
    case origin::other: return false;
    case origin::unknown: break;
    }
    return !session.loaded() || equal_in_constant_time(form["csrf_token"], session.csrf_token());
}

}  // namespace cookieshop::auth
