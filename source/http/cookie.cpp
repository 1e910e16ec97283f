#include "cookieshop/http/cookie.hpp"

#include "http/text.hpp"

namespace cookieshop::http {
namespace {

std::string cookie_line(std::string_view name, std::string_view value, bool secure) {
    std::string line;
    line.reserve(256);
    line.append(name).append("=").append(value).append("; Path=/; HttpOnly; SameSite=Lax");
    if (secure) line.append("; Secure");
    return line;
}

// A response with a cookie is for one visitor: no cache may keep it.
void add_cookie(response& response, std::string_view line) {
    response.set("Set-Cookie", line);
    response.caching = caching::no_store;
}

}  // namespace

void set_cookie(
    response& response, std::string_view name, std::string_view value, const cookie_attributes& attributes
) {
    std::string line = cookie_line(name, value, attributes.secure);
    if (attributes.max_age) line.append("; Max-Age=").append(std::to_string(attributes.max_age->count()));
    add_cookie(response, line);
}

void expire_cookie(response& response, std::string_view name, bool secure) {
    std::string line = cookie_line(name, "", secure);
    // Max-Age is what browsers obey; Expires is for what else parses cookies.
    line.append("; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
    add_cookie(response, line);
}

/*
    cookie-string = cookie-pair *( ";" SP cookie-pair )
    cookie-pair   = cookie-name "=" cookie-value         (RFC 6265, 4.2.1)

    Read as 5.2 reads Set-Cookie: white space around a part is dropped, a part without "=" is passed over.
*/
bool detail::next_cookie(std::string_view& rest, std::string_view& name, std::string_view& value) noexcept {
    while (!rest.empty()) {
        const std::string_view pair = take_part(rest, ';');
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos) continue;
        name = trim(pair.substr(0, equals));
        value = trim(pair.substr(equals + 1));
        return true;
    }
    return false;
}

}  // namespace cookieshop::http
