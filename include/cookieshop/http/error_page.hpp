/// The short answers to what went wrong: HTML for browsers, problem+json (RFC 9457) for programs, the same
/// for all.

#pragma once

#include "cookieshop/http/exchange.hpp"

#include <exception>
#include <functional>
#include <string>
#include <string_view>

namespace cookieshop::http {

/// Writes the HTML of an error into `html`. `title` and `detail` are plain text: escape them.
using error_renderer =
    std::function<void(std::string& html, unsigned status, std::string_view title, std::string_view detail)>;

/// Replaces the bare HTML that this layer brings, for the whole process; before the server starts.
void set_error_renderer(error_renderer renderer);

/// Makes the response an error: whatever was there, cookies among it, is dropped. `detail` is one sentence
/// for the person who sees it and gives away nothing of the inside; empty, or not UTF-8: what is usually said
/// of that status.
void fail(exchange& exchange, status status, std::string_view detail = {});

/// The same for what a handler threw: 503 for `unavailable`, 503 with Retry-After for `overloaded`, else 500.
/// What it was goes to the security log.
void fail(exchange& exchange, std::exception_ptr exception);

}  // namespace cookieshop::http
