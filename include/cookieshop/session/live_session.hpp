/// A session in memory, shared by all of its requests.
///
/// Immutable but for `last_seen`: a change makes a new one, so that whoever holds an older one reads it
/// without a lock, as it was. Reference-counted; any thread.

#pragma once

#include "cookieshop/session/policy.hpp"
#include "cookieshop/session/session_data.hpp"
#include "cookieshop/session/session_id.hpp"
#include "cookieshop/util/clock.hpp"
#include "cookieshop/util/random.hpp"

#include <boost/intrusive/list_hook.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>

namespace cookieshop::session {

using user_id = std::int64_t;  ///< from 1 up

/// A user who has a session in memory: one object, whatever the number of sessions.
struct account : boost::intrusive_ref_counter<account, boost::thread_safe_counter> {
    account(user_id id_, std::string email_, std::uint64_t epoch_)
        : id{id_}, email{std::move(email_)}, epoch{epoch_} {}

    const user_id id;
    const std::string email;  ///< as typed

    /// Ending all of a user's sessions raises it; a session that carries a lower one is dead. It only rises.
    std::atomic<std::uint64_t> epoch;

    void raise_epoch(std::uint64_t to) noexcept {
        std::uint64_t is = epoch.load();
        while (is < to && !epoch.compare_exchange_weak(is, to)) {}
    }
};

using account_ptr = boost::intrusive_ptr<account>;

/// Links of the cache that holds a session; the cache alone uses them, under its locks.
using recency_hook = boost::intrusive::list_base_hook<boost::intrusive::tag<struct by_recency>>;
using owner_hook = boost::intrusive::list_base_hook<boost::intrusive::tag<struct by_owner>>;

struct live_session : boost::intrusive_ref_counter<live_session, boost::thread_safe_counter>,
                      recency_hook,
                      owner_hook {
    explicit live_session(const session_id& id_) : id{id_} {}

    const session_id id;
    random_token handle;      ///< names the session in lists, forms and logs; stays when the id changes
    random_token csrf_token;  ///< what the session's forms carry; stays when the id changes
    account_ptr owner;        ///< null: a guest's
    std::uint64_t epoch = 0;  ///< the owner's, when this session was made
    time_point created_at{};  ///< login, or the guest's first change
    bool remembered = false;
    std::uint64_t version = 0;  ///< rises with every change of the row
    session_data data;

    /// The newest request (milliseconds since 1970), and what of it the store knows or was told.
    mutable std::atomic<std::int64_t> last_seen{0};
    mutable std::atomic<std::int64_t> last_seen_stored{0};

    time_point seen_at() const noexcept {
        return time_point{std::chrono::milliseconds{last_seen.load(std::memory_order_relaxed)}};
    }

    /// Notes a request. Never moves back.
    void see(time_point now) const noexcept {
        const std::int64_t seen = now.time_since_epoch().count();
        std::int64_t before = last_seen.load(std::memory_order_relaxed);
        while (before < seen && !last_seen.compare_exchange_weak(before, seen, std::memory_order_relaxed)) {}
    }

    /// What the store knows of `last_seen` is too old.
    bool needs_touch(const policy& policy, time_point now) const noexcept {
        const std::chrono::milliseconds stored{last_seen_stored.load(std::memory_order_relaxed)};
        return now - time_point{stored} >= policy.touch_after();
    }

    /// The earlier of the two timeouts.
    time_point expires_at(const policy& policy) const noexcept {
        return std::min(seen_at() + policy.idle(remembered), created_at + policy.absolute(remembered));
    }

    /// False: it must not be used any more, whatever the store says.
    bool alive(const policy& policy, time_point now) const noexcept {
        return now < expires_at(policy) && (!owner || epoch == owner->epoch.load(std::memory_order_acquire));
    }
};

using session_ptr = boost::intrusive_ptr<const live_session>;

}  // namespace cookieshop::session
