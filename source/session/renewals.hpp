// Which id became which, for a short while.
//
// A request that is under way when its session gets another id carries the old one, and that is dead (S4).
// What it changes belongs to the session nevertheless, and a new session for it would take the place of the
// fresh cookie in the browser. Bounded in time and number: past either a dead id is one like any other. Any
// thread.

#pragma once

#include "cookieshop/session/session_id.hpp"
#include "cookieshop/util/clock.hpp"

#include <chrono>
#include <deque>
#include <mutex>
#include <optional>

namespace cookieshop::session {

struct renewal {
    session_id from;
    std::optional<session_id> to;  // none: another user's session, which has nothing to do with this one
    time_point at{};

    friend bool operator==(const renewal&, const renewal&) = default;
};

class renewals {
public:
    // Before the store is asked, so that whoever finds the old id gone finds this.
    void note(const renewal& renewal);

    // It did not come to it.
    void forget(const renewal& renewal);

    // The newest of that id.
    std::optional<renewal> find(const session_id& from, time_point now) const;

private:
    static constexpr std::chrono::minutes kept_for{1};
    static constexpr std::size_t kept_max =
        1024;  // searched from end to end, after a read of the store found nothing

    mutable std::mutex mutex_;
    std::deque<renewal> newest_first_;
};

}  // namespace cookieshop::session
