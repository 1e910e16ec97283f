/// Where sessions live: the one interface between the session middleware and any storage.
///
/// All of it is called on io threads and resumes there. `commit` is one transaction: a session's change, and
/// what else the request wants to be durable with it, happen together or not at all, and are durable when it
/// resumes.
///
/// What every store promises (`test/conformance/session_store.cpp` holds each one to it):
///   S1. A change of a session that ended finds nothing (`errc::gone`): nothing brings an ended session back.
///   S2. Operations on the data are applied to the data as they are at that moment, one commit after the
///       other: requests that run at the same time lose none of each other's changes.
///   S3. A session whose owner's epoch moved on is not found, and one can't be made with an old epoch
///       (`errc::conflict`).
///   S4. An id is known from its creation to its rotation or end, never before and never after.
///   S5. What is past one of its two timeouts is not found, whatever was not swept yet.
///   S6. A commit that fails leaves nothing behind.

#pragma once

#include "cookieshop/session/live_session.hpp"
#include "cookieshop/util/error.hpp"
#include "cookieshop/util/task.hpp"
#include "cookieshop/util/transaction.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cookieshop::session {

/// A change of the data: applied to the request's own view when the handler asks for it, and again at the
/// commit, to the data as they are by then. So it must depend on its argument alone. An error undoes the
/// commit and is its result.
using data_operation = std::function<result<void>(session_data&)>;

/// Who logs in.
struct login {
    user_id user = 0;
    std::uint64_t epoch = 0;  ///< as read before the password was verified (S3)
    bool remember = false;
};

struct change;

/// What belongs to the same transaction: run before the session's own change, which it may still alter (a
/// registration learns the user's id here). An error undoes the commit and is its result. Owns what it needs:
/// runs on another thread.
using companion = std::function<result<void>(transaction&, change&)>;

/// What one request does to its session. The actions are those of the table in `session.hpp`.
struct change {
    enum class action {
        none,    ///< companions only
        create,  ///< a new session, `fresh`
        save,    ///< data of `current`
        rotate,  ///< `current` becomes `fresh`; the old id is dead. A login begins anew if `current` has ended
        replace,  ///< `current` ends, `fresh` begins with no data of it: another user logs in
        destroy,  ///< `current` ends
    };

    action what = action::none;
    session_ptr current;                     ///< as it was loaded; null when there was none
    std::optional<session_id> fresh;         ///< create, rotate, replace
    std::vector<data_operation> operations;  ///< create, save, rotate, replace: in this order
    std::optional<login> log_in;  ///< create, rotate, replace: the owner from now on; `created_at` is `now`
    bool end_others = false;      ///< raises the owner's epoch, `current` follows it: all others end
    std::vector<companion> companions;
    std::string address, user_agent;  ///< create, rotate, replace: for the list of sessions
    time_point now{};
};

/// What a commit brought about.
struct committed {
    session_ptr session;                     ///< as it is now; null where there is none
    std::vector<std::string> ended_handles;  ///< of the user's sessions that a login past the limit ended
};

/// A line in the list of a user's sessions.
struct session_info {
    std::string handle;
    time_point created_at, last_seen_at, expires_at;
    std::string address, user_agent;
};

class session_store {
public:
    session_store() = default;
    session_store(const session_store&) = delete;
    session_store& operator=(const session_store&) = delete;
    virtual ~session_store() = default;

    /// The session of that cookie value if it is in memory: no waiting, no MAC, no allocation. Null means
    /// nothing but 'not in memory'.
    virtual session_ptr peek(std::string_view token, time_point now) noexcept;

    /// Null: unknown, ended, expired, damaged. What it returns, nobody else holds yet; so with `commit`.
    virtual task<session_ptr> find(session_id id, time_point now) = 0;

    /// `errc::gone` (for a save of what ended or expired, and a rotation without a login), `errc::conflict`,
    /// `errc::too_large` (the data passed `policy::data_limit`), or what an operation or a companion
    /// answered. Throws `overloaded`, `unavailable`.
    virtual task<result<committed>> commit(change change) = 0;

    /// Has `session.last_seen` written behind, in a batch with others, and before the next login of its
    /// owner. Callers ask `needs_touch` first. Never waits, never fails; may be lost in a crash.
    virtual void touch(const session_ptr& session) noexcept = 0;

    /// The live sessions of a user, the newest 'last seen' first. Writes nothing: a 'last seen' that was
    /// noted and is not written yet may be missing.
    virtual task<std::vector<session_info>> list(user_id user, time_point now) = 0;

    /// Ends one of the user's sessions; false when the user has none of that handle.
    virtual task<bool> end(user_id user, std::string handle) = 0;

    /// Removes up to `limit` sessions that are dead at `now`; how many they were.
    virtual task<std::size_t> erase_expired(time_point now, std::size_t limit) = 0;
};

}  // namespace cookieshop::session
