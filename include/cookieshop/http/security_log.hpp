/// The security log: who did what, from where, and what came of it; a line an event, in the program's log
/// (ASVS 16.2).
///
///     2026-01-31T12:00:00.000Z info event=login outcome=success address=192.0.2.1 method=POST path=/login
///     user=17 session=IyKq… account=5e8b…
///
/// Pairs of name and value; what is not plain in a value is quoted and escaped, so that no text forges a pair
/// or a line (ASVS 16.4.1). What must never be in it: a session id, a token, a password, what else was typed
/// into a form (a password may stand in the wrong field), the query of an address. Writing never waits: a
/// thread of its own takes the lines to where they go. Any thread.

#pragma once

#include "cookieshop/http/exchange.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace cookieshop::http {

/// Whose doing it was, as far as that is known.
struct actor {
    std::int64_t user = 0;     ///< 0: nobody who is logged in
    std::string_view session;  ///< its handle, never its id
};

struct logged {
    std::string_view name, value;
};

enum class severity { info, warning, error };

/// An event that costs whoever causes it, or this server, so much that it can't become a flood: always
/// written. "success" is an information, all else a warning.
void log_event(
    const exchange& exchange, const actor& actor, std::string_view event, std::string_view outcome,
    std::initializer_list<logged> more = {}
);

/// An event that anybody can cause at no cost. A source gets ten lines of each a minute, and all sources
/// together a hundred a second: a flood of them must not push other lines out. What is past that is counted.
void log_refusal(
    const exchange& exchange, const actor& actor, std::string_view event, std::string_view outcome,
    std::initializer_list<logged> more = {}, severity severity = severity::warning
);

/// How many lines `log_refusal` has left out so far.
std::uint64_t refusals_left_out() noexcept;

/// The value as it stands in a line.
std::string escape_logged(std::string_view value);

}  // namespace cookieshop::http
