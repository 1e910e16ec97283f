/// Sessions in memory, in front of any other store.
///
/// A sharded LRU with a hard bound in bytes. Evicting is always safe: the row behind is the truth. `peek` is
/// the hot path: one lock of one shard, one look-up, no allocation; never held over a `co_await`.
///
/// Terms. A session is *cached* when `peek` finds it. A *miss* is a read of the store behind that is under
/// way. A read is *overtaken* when its id was committed, ended or rotated, or any session ended by its handle
/// or its owner's epoch, or from outside, since it began.
///
/// Invariants (each has a test of its name in `test/unit/store/cached_store.cpp`):
///   C1. A session is cached only by the request that committed it, or by a read that was not overtaken.
///   C2. An ending empties the cache before it asks the store behind, and again after it; meanwhile its id is
///       not found.
///   C3. A session of an older version never replaces a newer one.
///   C4. The bytes of all shards together never pass the bound; evicting ends no session.
///   C5. Requests that miss the same id at the same time make one read, and fail together if it fails.
///   C6. A user who has several sessions in memory is one `account`: raising its epoch ends all of them at
///       the next `peek`, at a cost that does not depend on their number.
///   C7. What is cached and expired, or outdated by its owner's epoch, is not found and leaves the memory.
///   C8. What somebody else ended in the store behind is not found from `follow` on.
///   C9. After a change that failed and may have happened nevertheless, what it may have changed is not
///       cached. One that was refused untried takes no session out of memory but one that it was to end.

#pragma once

#include "cookieshop/session/session_store.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace cookieshop::store {

/// What happened so far, over all shards.
struct cache_figures {
    std::uint64_t hits = 0, misses = 0, evictions = 0;
    std::size_t bytes = 0, entries = 0;
};

/// Sessions that somebody else, the operator, has ended in the store behind.
struct ending {
    std::optional<session::user_id>
        user;                           ///< none, but a handle: a guest's; neither: all sessions there were
    std::optional<std::string> handle;  ///< none: all of the user's that carry another epoch than this:
    std::uint64_t epoch = 0;
};

class cached_store final : public session::session_store {
public:
    /// `behind` and `policy` outlive it. `bytes_max`: the most that cached sessions take, at least 64 KiB.
    cached_store(session::session_store& behind, const session::policy& policy, std::size_t bytes_max);
    ~cached_store() override;

    session::session_ptr peek(std::string_view token, time_point now) noexcept override;
    task<session::session_ptr> find(session::session_id id, time_point now) override;
    task<result<session::committed>> commit(session::change change) override;
    void touch(const session::session_ptr& session) noexcept override;
    task<std::vector<session::session_info>> list(session::user_id user, time_point now) override;
    task<bool> end(session::user_id user, std::string handle) override;
    task<std::size_t> erase_expired(time_point now, std::size_t limit) override;

    /// After the commit that ended them. A user's ending costs what C6 says, a guest's or everybody's a look
    /// at all that is cached. From any thread.
    void follow(const ending& ended);

    cache_figures figures() const;

private:
    struct implementation;
    std::unique_ptr<implementation> self_;
};

}  // namespace cookieshop::store
