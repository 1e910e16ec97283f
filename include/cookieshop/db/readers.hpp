/// A few threads that read, each with a connection of its own: SQLite's snapshots need no lock against the
/// writer.

#pragma once

#include "cookieshop/db/database.hpp"
#include "cookieshop/util/worker_pool.hpp"

#include <cstddef>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

namespace cookieshop::db {

/// Called from io threads; the figure from anywhere.
class readers {
public:
    /// `database` outlives it.
    readers(const database& database, std::size_t threads = 2, std::size_t capacity = 4096);
    ~readers();

    /// Runs `f(connection&)` on one of the threads, and resumes the caller on its own. Sees everything that
    /// was committed before the call; several queries that must see the same begin a transaction. Throws
    /// `overloaded` when the queue is full, `unavailable` when the database fails, and what `f` throws. `f`
    /// owns what it needs.
    template <class F>
    task<std::invoke_result_t<F&, connection&>> run(F f);

    std::size_t queue_length() const { return pool_.queue_length(); }

private:
    // A connection for one job. There are never more of them than threads.
    class borrowed {
    public:
        explicit borrowed(readers& from);
        ~borrowed();
        borrowed(const borrowed&) = delete;
        borrowed& operator=(const borrowed&) = delete;

        connection& operator*() noexcept { return *connection_; }

        // For the catch clause: closes the connection, which may be broken, and throws `unavailable`.
        [[noreturn]] void fail(const soci::soci_error& reason);

    private:
        readers& from_;
        std::unique_ptr<connection> connection_;
    };

    std::unique_ptr<connection> take();
    void give_back(std::unique_ptr<connection> connection) noexcept;

    const database& database_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<connection>> free_;
    worker_pool pool_;  // the last: its threads use all of the above
};

template <class F>
task<std::invoke_result_t<F&, connection&>> readers::run(F f) {
    auto job = [this, f = std::move(f)]() mutable {
        borrowed connection{*this};
        try {
            return f(*connection);
        } catch (const soci::soci_error& reason) {
            connection.fail(reason);
        }
    };
    co_return co_await pool_.run(std::move(job));
}

}  // namespace cookieshop::db
