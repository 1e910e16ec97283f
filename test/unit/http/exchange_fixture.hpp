// A request without a socket.

#pragma once

#include "cookieshop/http/exchange.hpp"
#include "http/request_parser.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace cookieshop::http {

// What `text` is as a request. Its bytes live here: views stay valid.
struct parsed_request {
    explicit parsed_request(std::string_view text, const parser_limits& limits = {8192, 65536, {}})
        : bytes{text}, head{read_head(bytes, limits, exchange.request, decoded_path)} {
        exchange.request.body = std::string_view{bytes}.substr(head.size);
    }
    parsed_request(const parsed_request&) = delete;
    parsed_request& operator=(const parsed_request&) = delete;

    std::string bytes;
    std::string decoded_path;
    http::exchange exchange;
    request_head head;
};

inline std::string get_request(std::string_view target, std::string_view fields = {}) {
    return "GET " + std::string{target} + " HTTP/1.1\r\nHost: shop\r\n" + std::string{fields} + "\r\n";
}

}  // namespace cookieshop::http
