#include "http/serialize.hpp"

#include <boost/beast/http/status.hpp>

#include <array>
#include <charconv>
#include <cstdio>
#include <span>

namespace cookieshop::http {
namespace {

// On every response, whatever it is about.
constexpr std::string_view content_security_policy =
    "Content-Security-Policy: default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'";

// What is no page must not act as one when somebody is lured to its address: a picture may hold scripts (ASVS
// 3.2.1).
constexpr std::string_view sandbox = "; sandbox";

constexpr std::string_view further_security_fields =
    "\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: same-origin\r\n"
    "Permissions-Policy: accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(),"
    " microphone=(), payment=(), usb=()\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "X-Frame-Options: DENY\r\n";

constexpr std::string_view transport_security =
    "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n";

constexpr std::size_t head_size_typical = 1024;

std::string caching_fields(caching caching) {
    switch (caching) {
    // 'no-cache' lets a browser keep the page but not show it again without asking: it changes with a login.
    case caching::shared_page: return "Cache-Control: no-cache\r\nVary: Cookie\r\n";
    case caching::no_store: return "Cache-Control: no-store\r\nVary: Cookie\r\n";
    case caching::revalidated: return "Cache-Control: no-cache\r\n";
    case caching::immutable: return "Cache-Control: public, max-age=31536000, immutable\r\n";
    }
    return {};
}

// Everything with a body of its own type but HTML, and a 304, which speaks of an asset.
bool is_sandboxed(const response& response) noexcept {
    if (response.content_type.empty()) return response.status == status::not_modified;
    return !response.content_type.starts_with("text/html");
}

// What follows the length in every response, laid out at start-up.
std::string_view common_fields(const response& response) {
    static const std::array fields = [] {
        std::array<std::string, 8> all;
        for (std::size_t i = 0; i < all.size(); ++i) {
            all[i] = caching_fields(static_cast<caching>(i / 2)).append(content_security_policy);
            if (i % 2 == 1) all[i] += sandbox;
            all[i] += further_security_fields;
        }
        return all;
    }();
    return fields[static_cast<std::size_t>(response.caching) * 2 + (is_sandboxed(response) ? 1 : 0)];
}

void append_number(std::string& out, std::size_t number) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

void append_status_line(std::string& out, status status) {
    if (status == status::ok) {
        out += "HTTP/1.1 200 OK\r\n";  // `obsolete_reason` and the digits are for the others
        return;
    }
    out += "HTTP/1.1 ";
    append_number(out, static_cast<unsigned>(status));
    out += ' ';
    out += std::string_view{boost::beast::http::obsolete_reason(status)};
    out += "\r\n";
}

// RFC 9110, 6.4.1.
bool can_have_content(status status) noexcept {
    return status != status::no_content && status != status::not_modified;
}

void append_content_fields(std::string& out, const response& response, std::size_t size) {
    if (!response.content_type.empty()) {
        out += "Content-Type: ";
        out += response.content_type;
        out += "\r\n";
    }
    if (!can_have_content(response.status)) return;
    out += "Content-Length: ";
    append_number(out, size);
    out += "\r\n";
}

// What the version takes for granted is not said (RFC 9112, 9.3).
std::string_view connection_field(unsigned version, bool keep_alive) {
    if (!keep_alive) return "Connection: close\r\n";
    return version < 11 ? "Connection: keep-alive\r\n" : "";
}

// IMF-fixdate of RFC 9110, 5.6.7.
std::size_t format_date_line(std::span<char> line, std::chrono::sys_seconds now) {
    static constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(now);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{now - day};
    const int size = std::snprintf(
        line.data(), line.size(), "Date: %s, %02u %s %04d %02d:%02d:%02d GMT\r\n",
        days[std::chrono::weekday{day}.c_encoding()], static_cast<unsigned>(date.day()),
        months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
        static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
        static_cast<int>(time.seconds().count())
    );
    return static_cast<std::size_t>(size);
}

}  // namespace

std::string_view serializer::date_line(time_point now) {
    const auto second = std::chrono::floor<std::chrono::seconds>(now);
    if (second != date_) {
        date_ = second;
        date_line_size_ = format_date_line(date_line_, second);
    }
    return {date_line_.data(), date_line_size_};
}

std::string_view serializer::append(std::string& out, const exchange& exchange, bool keep_alive) {
    const response& response = exchange.response;
    const bool is_static = !response.static_body.empty();
    const std::string_view content = is_static ? response.static_body : std::string_view{response.body};
    const bool sends_content = exchange.request.method != verb::head && can_have_content(response.status);

    out.reserve(out.size() + head_size_typical + response.headers.size() + response.body.size());
    append_status_line(out, response.status);
    out += date_line(exchange.now);
    append_content_fields(out, response, content.size());
    out += common_fields(response);
    if (exchange.secure) out += transport_security;
    out += connection_field(exchange.request.version, keep_alive);
    out += response.headers;
    out += "\r\n";
    if (!sends_content) return {};
    if (is_static) return content;
    out += content;
    return {};
}

}  // namespace cookieshop::http
