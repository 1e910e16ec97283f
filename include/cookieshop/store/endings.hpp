/// Sessions that are ended from outside: an operator's command changes the database, and the server that runs
/// follows.
///
/// The command notes the ending in the transaction that makes it. The server looks for what is new a few
/// times a second, with readers of its own, so that it waits behind no request; the look is one step in an
/// index that is nearly always empty.
///
///     in the command: BEGIN … DELETE FROM sessions …; note_ending(c, …) … COMMIT
///     in the server:  newest_ending, before anything is cached; then follow_endings

#pragma once

#include "cookieshop/db/database.hpp"
#include "cookieshop/db/readers.hpp"
#include "cookieshop/db/writer.hpp"
#include "cookieshop/store/cached_store.hpp"
#include "cookieshop/util/clock.hpp"

#include <chrono>
#include <cstdint>

namespace cookieshop::store {

/// The place of an ending in the order of their commits.
using ending_number = std::int64_t;

/// In a transaction of `c`. `what.epoch` is the user's own, or past all of them when the user is deleted: it
/// is read when somebody follows.
void note_ending(db::connection& c, const ending& what, time_point now);

/// The last one so far; 0: none yet. Throws `unavailable`.
ending_number newest_ending(const db::database& database);

struct follow_options {
    std::chrono::milliseconds every{250};
    std::chrono::milliseconds sweep_every = std::chrono::minutes{1};
    std::chrono::milliseconds keep = std::chrono::hours{1};  ///< what was followed is removed at that age
};

/// Has `cache` follow all endings after `seen`. Runs until it is cancelled; when the database fails, it says
/// so once and goes on. What it refers to outlives it.
task<> follow_endings(
    db::readers& readers, db::writer& writer, cached_store& cache, const wall_clock& clock,
    ending_number seen, follow_options options = {}
);

}  // namespace cookieshop::store
