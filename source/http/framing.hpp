// Where a request begins and ends: RFC 9112, read strictly.
//
// Two servers that disagree about this can be made to see different requests in the same bytes (request
// smuggling), so whatever has two readings is refused. Beast's parser checks the characters of a header
// block; what it lets through is checked here.

#pragma once

#include "cookieshop/http/request.hpp"
#include "cookieshop/http/response.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cookieshop::http {

// Why a request is not answered by a handler.
struct refusal {
    http::status status;
    std::string_view detail;  // a literal
};

// What the bytes received so far amount to.
enum class verdict { incomplete, complete, refused };

// A header block at the front of the bytes received.
struct header_block {
    http::verdict verdict = http::verdict::incomplete;
    std::size_t begin = 0;  // of the request line, after empty lines
    std::size_t end = 0;    // behind the empty line that closes the block
    http::refusal refusal{};
};

// Looks for the end of the block, line by line, and refuses bare line feeds, folded lines, too many lines and
// more than `bytes_max` bytes. What can never become a request is refused before its end arrives.
header_block find_header_block(std::string_view bytes, std::size_t bytes_max) noexcept;

// False for the beginning of a block that no end makes a header. Beast would wait for that end before it
// looks at any of it, and then stop at another mistake.
bool may_become_header(std::string_view bytes) noexcept;

// What the header fields say about the message and the connection.
struct message_framing {
    bool refused = false;
    http::refusal refusal{};
    bool chunked = false;
    std::uint64_t content_length = 0;
    bool lacks_length = false;      // a method that means to send a body, and no word of one
    bool expects_continue = false;  // and there is a body to wait with
    bool keep_alive = true;
};

// Reads Content-Length, Transfer-Encoding, Host, Connection and Expect. Sets `request.host` unless it is set
// already.
message_framing read_framing(request& request) noexcept;

// host [ ":" port ], where the host is a name or an address (RFC 9110, 7.2), without user information.
bool is_authority(std::string_view text) noexcept;

// The host without its port.
std::string_view host_name(std::string_view authority) noexcept;

}  // namespace cookieshop::http
