#include "cookieshop/store/endings.hpp"

#include <boost/asio/steady_timer.hpp>
#include <spdlog/spdlog.h>

#include <exception>
#include <limits>
#include <utility>
#include <vector>

namespace cookieshop::store {

using db::in;
using db::out;

namespace {

using timer = asio::basic_waitable_timer<
    std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, io_executor>;

constexpr std::size_t batch = 1000;

struct noted_ending {
    ending_number number = 0;
    ending what;
};

// Of a user who is deleted every epoch is past.
std::vector<noted_ending> read_endings(db::connection& c, ending_number seen) {
    constexpr std::int64_t past_all = std::numeric_limits<std::int64_t>::max();
    std::vector<noted_ending> found;
    noted_ending next;
    c.for_each(
        "SELECT e.sequence, e.user_id, e.handle, COALESCE(u.epoch, :past_all)"
        " FROM endings e LEFT JOIN users u ON u.id = e.user_id"
        " WHERE e.sequence > :seen ORDER BY e.sequence LIMIT :batch",
        in(past_all, seen, batch), out(next.number, next.what.user, next.what.handle, next.what.epoch),
        [&] { found.push_back(next); }
    );
    return found;
}

// Of all that there ever were: SQLite keeps it when the rows are gone.
ending_number newest_ever(db::connection& c) {
    ending_number newest = 0;
    c.run("SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = 'endings'", in(), out(newest));
    return newest;
}

void report(const ending& ended) {
    if (ended.user && ended.handle)
        spdlog::info("the operator ended session {} of user {}", *ended.handle, *ended.user);
    else if (ended.user)
        spdlog::info("the operator ended all sessions of user {}", *ended.user);
    else if (ended.handle)
        spdlog::info("the operator ended session {} of a guest", *ended.handle);
    else
        spdlog::info("the operator ended all sessions");
}

class follower {
public:
    follower(db::readers& readers, cached_store& cache, ending_number seen)
        : readers_{readers}, cache_{cache}, seen_{seen} {}

    // True: there may be more.
    task<bool> catch_up() {
        try {
            const auto read = [seen = seen_](db::connection& c) {
                return std::pair{newest_ever(c), read_endings(c, seen)};
            };
            const auto [newest, found] = co_await readers_.run(read);
            if (newest < seen_) {
                begin_anew(newest);
                co_return true;
            }
            for (const auto& [number, ended] : found) {
                cache_.follow(ended);
                seen_ = number;
                report(ended);
            }
            if (failing_) spdlog::info("endings by the operator are seen again");
            failing_ = false;
            co_return found.size() == batch;
        } catch (const std::exception& error) {
            if (!failing_) spdlog::error("endings by the operator are not seen: {}", error.what());
            failing_ = true;
        }
        co_return false;
    }

    ending_number seen() const noexcept { return seen_; }
    bool failing() const noexcept { return failing_; }

private:
    // Numbers are never given again: this is another database, or an older state of ours.
    void begin_anew(ending_number newest) {
        spdlog::critical(
            "the database was put back to an older state while it is used; all sessions are read from it"
            " again. What was changed since that state is lost, and sessions that ended since live"
        );
        cache_.follow({});
        seen_ = newest;
    }

    db::readers& readers_;
    cached_store& cache_;
    ending_number seen_;
    bool failing_ = false;
};

// Written behind: a writer that is slow must not keep the next ending waiting. Only what was followed goes,
// however long that took.
void sweep(db::writer& writer, ending_number seen, time_point before) {
    writer.post([seen, before](db::connection& c) {
        c.run("DELETE FROM endings WHERE sequence <= :seen AND ended_at < :before", in(seen, before));
    });
}

}  // namespace

void note_ending(db::connection& c, const ending& what, time_point now) {
    c.run(
        "INSERT INTO endings (user_id, handle, ended_at) VALUES (:user, :handle, :now)",
        in(what.user, what.handle, now)
    );
}

ending_number newest_ending(const db::database& database) {
    const auto c = database.open();
    try {
        return newest_ever(*c);
    } catch (const soci::soci_error& error) {
        throw database.failure(c.get(), error);
    }
}

task<> follow_endings(
    db::readers& readers, db::writer& writer, cached_store& cache, const wall_clock& clock,
    ending_number seen, follow_options options
) {
    // Cancelling ends the wait, or the loop after a look that is under way; it is no error.
    co_await asio::this_coro::throw_if_cancelled(false);
    auto cancellation = co_await asio::this_coro::cancellation_state;
    timer pause{co_await asio::this_coro::executor};
    follower follower{readers, cache, seen};
    time_point swept{};
    while (cancellation.cancelled() == asio::cancellation_type::none) {
        if (co_await follower.catch_up()) continue;
        const time_point now = clock.now();
        if (now - swept >= options.sweep_every) {
            sweep(writer, follower.seen(), now - options.keep);
            swept = now;
        }
        if (cancellation.cancelled() != asio::cancellation_type::none) break;
        pause.expires_after(follower.failing() ? 4 * options.every : options.every);
        co_await pause.async_wait(use_task_tuple);
    }
}

}  // namespace cookieshop::store
