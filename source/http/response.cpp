#include "cookieshop/http/response.hpp"

#include <stdexcept>

namespace cookieshop::http {
namespace {

// One that got through would let whoever chose the text add header lines of their own (response splitting).
void require_one_line(std::string_view text) {
    if (text.find_first_of(std::string_view{"\r\n\0", 3}) != std::string_view::npos) {
        throw std::invalid_argument{"a line break in a response header"};
    }
}

}  // namespace

void response::set(std::string_view name, std::string_view value) {
    require_one_line(name);
    require_one_line(value);
    headers.append(name).append(": ").append(value).append("\r\n");
}

void response::clear() noexcept {
    status = http::status::ok;
    content_type = "text/html; charset=utf-8";
    caching = http::caching::shared_page;
    headers.clear();
    body.clear();
    static_body = {};
    close = false;
}

void see_other(response& response, std::string_view location) {
    response.status = status::see_other;
    response.content_type = {};
    response.body.clear();
    response.static_body = {};
    response.set("Location", location);
}

void plain_text(response& response, std::string_view text, http::status status) {
    response.status = status;
    response.content_type = "text/plain; charset=utf-8";
    response.body = text;
    response.static_body = {};
}

}  // namespace cookieshop::http
