// From the bytes of a connection to a request.

#pragma once

#include "cookieshop/http/request.hpp"
#include "http/framing.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cookieshop::http {

struct parser_limits {
    std::size_t header_bytes_max;
    std::uint64_t body_bytes_max;
    std::span<const std::string> allowed_hosts;  // empty: any
};

// What is known of a request before its body.
struct request_head {
    http::verdict verdict = http::verdict::incomplete;
    http::refusal refusal{};
    std::size_t size = 0;  // bytes of it, with empty lines before it
    bool chunked = false;
    std::uint64_t content_length = 0;
    bool lacks_length = false;  // a POST, PUT or PATCH that says nothing of a body
    bool expects_continue = false;
    bool keep_alive = false;
};

// Puts into an empty `request` what the answer depends on to one that can't be read, or never came whole:
// whether it may have content, and in what form it is wanted.
void salvage(std::string_view block, request& request) noexcept;

// Reads the request at the front of `bytes`. `request` is filled with views into `bytes` and, where a path
// had to be decoded, into `decoded_path`; both must stay where they are as long as the request is used. No
// allocation, unless `decoded_path` has to grow. A refused request is filled as far as it could be read, and
// as far as its answer depends on it.
request_head read_head(
    std::string_view bytes, const parser_limits& limits, request& request, std::string& decoded_path
);

}  // namespace cookieshop::http
