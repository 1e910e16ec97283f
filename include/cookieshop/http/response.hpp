/// A response is a value: it reaches the socket when the handler, and the session's commit after it, are
/// done.
///
/// A connection uses one response again and again: `clear` keeps the memory. The connection adds what every
/// response has (Date, Content-Length, Connection, the security headers); see `source/http/serialize.cpp`.

#pragma once

#include <ostream>  // Beast's field.hpp uses it and does not include it

#include <boost/beast/http/field.hpp>
#include <boost/beast/http/status.hpp>

#include <string>
#include <string_view>

namespace cookieshop::http {

using status = boost::beast::http::status;
using field = boost::beast::http::field;

/// Who may keep the response: the one place that decides on Cache-Control and Vary.
enum class caching {
    shared_page,  ///< the same for all visitors without a session: `Vary: Cookie`
    no_store,   ///< depends on a session, sets a cookie, or reports an error: also `Cache-Control: no-store`
    immutable,  ///< an asset whose URL changes with its content
    revalidated,  ///< an asset under the URL of another content: it may be kept, and is asked about every time
};

struct response {
    http::status status = http::status::ok;
    std::string_view content_type =
        "text/html; charset=utf-8";  ///< outlives the response: a literal; empty: none
    http::caching caching = caching::shared_page;
    std::string headers;  ///< what only this response has: whole lines, each with its CR LF
    std::string body;
    std::string_view static_body;  ///< sent instead of `body`, not copied; outlives the server
    bool close = false;            ///< close the connection afterwards

    /// Adds a line to `headers`. Precondition: neither part holds a CR, LF or NUL (checked: throws
    /// invalid_argument).
    void set(std::string_view name, std::string_view value);

    void clear() noexcept;
};

/// 303 to a path on this site; the page that is shown after a form was sent (RFC 9110, 15.4.4).
void see_other(response& response, std::string_view location);

/// 200 (or `status`) with text that is not a page.
void plain_text(response& response, std::string_view text, http::status status = http::status::ok);

}  // namespace cookieshop::http
