/// A request as it was received: views into the bytes of its connection.
///
/// Valid until its response was written, on the io thread of the connection. Nothing is copied, decoded or
/// allocated unless somebody asks; what is here has passed the framing rules of RFC 9112 already.

#pragma once

#include <ostream>  // Beast's field.hpp uses it and does not include it

#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cookieshop::http {

using verb = boost::beast::http::verb;
using field = boost::beast::http::field;

/// More header lines than this are refused with 431.
inline constexpr std::size_t header_lines_max = 64;

struct header_line {
    field name;  ///< `field::unknown` when Beast has no number for it: compare `name_text`
    std::string_view name_text;
    std::string_view value;  ///< without the white space around it
};

class request {
public:
    verb method = verb::unknown;  ///< `verb::unknown`: a token that is no method we know (501)
    std::string_view method_text;
    std::string_view target;  ///< as it was sent, in origin form: "/orders/7?page=2"
    std::string_view path;    ///< percent-decoded once, begins with '/': "/orders/7"
    std::string_view query;   ///< as it was sent, without the '?'
    unsigned version = 11;    ///< 10 or 11
    std::string_view host;    ///< the Host field, or the authority of an absolute target
    std::string_view body;    ///< whole, without chunk framing

    /// The value of the first line of that name, or an empty view.
    std::string_view header(field name) const noexcept;

    /// The same for a name without a number in Beast, such as "Sec-Fetch-Site"; ASCII case does not matter.
    std::string_view header(std::string_view name) const noexcept;

    bool has(field name) const noexcept;
    bool has(std::string_view name) const noexcept;

    /// In the order of the wire.
    std::span<const header_line> headers() const noexcept { return {lines_.data(), line_count_}; }

    /// False when there are `header_lines_max` already.
    bool add(const header_line& line) noexcept;

    void clear() noexcept;

private:
    std::array<header_line, header_lines_max> lines_;
    std::size_t line_count_ = 0;
};

/// Whether an Accept field names `type` ("text/html") itself; wildcards do not count.
bool accepts(const request& request, std::string_view type) noexcept;

}  // namespace cookieshop::http
