#include "cookieshop/auth/require_login.hpp"

#include "cookieshop/http/error_page.hpp"
#include "cookieshop/http/form.hpp"
#include "cookieshop/http/security_log.hpp"

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace cookieshop::auth {
namespace {

using http::exchange;

constexpr std::size_t next_bytes_max = 1024;  // our own paths are far shorter, and it travels through a form

bool is_control(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

// Decoded, a segment must not read as anything but a name: no step up, no separator that appears by decoding
// (a browser takes '\' for '/', too), nothing that could be decoded once more.
bool is_plain_segment(std::string_view segment) {
    return !segment.empty() && segment != "." && segment != ".."
           && segment.find_first_of("/\\%") == std::string_view::npos
           && std::ranges::none_of(segment, is_control);
}

// absolute-path [ "?" query ] (RFC 9112, 3.2.1): the grammar admits neither white space nor backslashes nor
// bytes past ASCII.
bool is_local(std::string_view next) {
    if (next.size() > next_bytes_max || next.starts_with("/./")) return false;
    const auto parsed = boost::urls::parse_origin_form(next);
    return parsed
           && std::ranges::all_of(
               parsed->segments(), [](const std::string& s) { return is_plain_segment(s); }
           )
           && std::ranges::none_of(parsed->query(), is_control);
}

// Where to go after the login: the page that was asked for. Of a form, the page that shows it: "/checkout"
// shows its own, and "/settings" the one that is posted to "/settings/password".
std::string_view page_of(const http::request& request) {
    if (request.method == http::verb::get || request.method == http::verb::head) return request.target;
    const std::string_view path = request.target.substr(0, request.target.find('?'));
    const auto last_slash = path.rfind('/');
    return last_slash == 0 ? path : path.substr(0, last_slash);
}

void send_to_login(exchange& exchange) {
    std::string location = "/login";
    const std::string next = local_path(page_of(exchange.request), {});
    if (!next.empty()) http::append_query_value(location += "?next=", next);
    http::see_other(exchange.response, location);
}

void refuse(exchange& exchange) {
    http::log_refusal(exchange, {}, "access", "not_logged_in");
    if (accepts(exchange.request, "text/html")) {
        send_to_login(exchange);
    } else {
        http::fail(exchange, http::status::unauthorized);
        // Who asked for neither a page nor JSON gets one word.
        const bool page = exchange.response.content_type.starts_with("text/html");
        if (page) http::plain_text(exchange.response, "Unauthorized", http::status::unauthorized);
    }
    exchange.response.caching = http::caching::no_store;
}

}  // namespace

session::session_handler require_login(member_handler next) {
    if (next.immediate()) {
        return [next = std::move(next)](exchange& exchange, session::session& session) {
            if (const session::account* user = session.user()) {
                next.call(exchange, session, *user);
            } else {
                refuse(exchange);
            }
        };
    }
    // The closure lives as long as the routes do.
    return [next = std::move(next)](exchange& exchange, session::session& session) -> task<> {
        // Shared: the handler may commit, and with that let go of what the session was loaded as.
        const boost::intrusive_ptr<const session::account> user{session.user()};
        if (!user) {
            refuse(exchange);
            co_return;
        }
        auto rest = next(exchange, session, *user);
        if (rest) co_await std::move(*rest);
    };
}

std::string local_path(std::string_view next, std::string_view fallback) {
    return std::string{is_local(next) ? next : fallback};
}

}  // namespace cookieshop::auth
