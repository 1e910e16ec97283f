/// How long sessions last, how much they hold, and what their cookie is like.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace cookieshop::session {

enum class secure_cookies {
    when_secure,  ///< `auto`: when the request came over TLS
    always,
    never,
};

/// Chosen at start-up, then const. Reasons for the defaults: OWASP's session management cheat sheet asks for
/// 15 to 30 minutes idle and 4 to 8 hours (an office's day) absolute for low-risk applications; a shop is on
/// the long side.
struct policy {
    std::chrono::milliseconds idle_timeout = std::chrono::minutes{30};
    std::chrono::milliseconds absolute_timeout = std::chrono::hours{12};
    std::chrono::milliseconds remember_for = std::chrono::days{30};  ///< both timeouts of a remembered one
    std::size_t data_limit = 4 * 1024;                               ///< bytes of one session's data
    std::size_t sessions_per_user_max = 50;  ///< past it the session that was seen least recently ends
    /// A guest's costs one request and nothing else: past this number, new ones are refused, so that a flood of
    /// them fills no disk and keeps no user out. About 300 MB of rows; 550 new guests a second at the default
    /// idle timeout (ASVS 2.4.1).
    std::size_t guest_sessions_max = 1'000'000;
    secure_cookies secure = secure_cookies::when_secure;

    std::chrono::milliseconds idle(bool remembered) const { return remembered ? remember_for : idle_timeout; }
    std::chrono::milliseconds absolute(bool remembered) const {
        return remembered ? remember_for : absolute_timeout;
    }

    /// How old the stored 'last seen' may be before it is written again: a minute, less where sessions end
    /// sooner.
    std::chrono::milliseconds touch_after() const {
        return std::min<std::chrono::milliseconds>(std::chrono::minutes{1}, idle_timeout / 4);
    }
};

}  // namespace cookieshop::session
