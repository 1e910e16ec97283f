/// The thread that writes, and group commit.
///
/// SQLite has one writer at a time and every commit waits for the disk: so one thread takes all jobs that are
/// queued, up to `batch_max`, runs them in one transaction, from which each can be taken back alone, commits
/// once, and only then completes them. It never waits for a batch to fill: the next one gathers while the
/// disk is busy with this one.
///
/// Invariants (each has a test of its name in `test/unit/db/writer.cpp`):
///   W1. A job's result is delivered after the COMMIT that holds it returned, never before.
///   W2. A job that fails leaves nothing behind and fails alone: its savepoint, or the one statement that
///       failed, undoes it.
///   W3. A COMMIT that fails fails every job of its batch, with `unavailable`; nothing of the batch is there.
///   W4. The queue is bounded: past `capacity` a job is refused with `overloaded` before any of it ran.
///   W5. Jobs run in the order in which they were queued.
///   W6. The destructor commits what is queued.
///   W7. A database that can't be written refuses jobs at once and untried, what is queued too; the thread
///       tries once a second whether it can be written again. What was committed to files that were
///       deleted or replaced meanwhile counts as not written.

#pragma once

#include "cookieshop/db/database.hpp"
#include "cookieshop/util/task.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace cookieshop::db {

namespace detail {

// Work of the writer, and what it returned. Owned by the queue and by the coroutine that waits for it, so
// that either may end first.
class write_job {
public:
    virtual ~write_job() = default;

    // False: what it did must be undone.
    virtual bool run(connection& c) = 0;
};

template <class T>
bool is_success(const T&) noexcept {
    return true;
}
template <class T>
bool is_success(const result<T>& outcome) noexcept {
    return outcome.has_value();
}

template <class F>
class returning_job final : public write_job {
public:
    using value = std::invoke_result_t<F&, connection&>;

    explicit returning_job(F f) : f_{std::move(f)} {}

    bool run(connection& c) override {
        if constexpr (std::is_void_v<value>) {
            f_(c);
            return true;
        } else {
            return is_success(returned_.emplace(f_(c)));
        }
    }

    value take() {
        if constexpr (!std::is_void_v<value>) return std::move(*returned_);
    }

private:
    F f_;
    std::optional<std::conditional_t<std::is_void_v<value>, std::monostate, value>> returned_;
};

}  // namespace detail

/// What it takes to undo a job.
enum class job_changes {
    several,  ///< a savepoint
    one,  ///< nothing: it changes what one statement changes, as its last act; one that fails undoes itself.
          ///< SQLite then need not keep a copy of every page that the job touches
};

/// Called from io threads; `post` and the figures from anywhere.
class writer {
public:
    explicit writer(const database& database, std::size_t capacity = 4096, std::size_t batch_max = 256);
    ~writer();

    /// Runs `f(connection&)` on the writer thread and resumes the caller, on its own io thread, after the
    /// commit. A `result` that holds an error rolls back just as an exception does. Throws `overloaded`,
    /// `unavailable` when the database fails, and what `f` throws. `f` owns what it needs.
    template <class F>
    task<std::invoke_result_t<F&, connection&>> run(F f, job_changes changes = job_changes::several);

    /// Queues work that nobody waits for, such as a 'last seen': it may wait a second for a commit that
    /// happens anyway. Lost when the commit fails; false when it was refused.
    bool post(std::function<void(connection&)> work);

    /// Commits something of its own, to see whether that is possible; throws like `run`.
    task<> prove();

    std::size_t queue_length() const;
    std::uint64_t commits() const noexcept;

private:
    task<> committed(std::shared_ptr<detail::write_job> job, job_changes changes);

    struct implementation;
    std::unique_ptr<implementation> self_;
};

template <class F>
task<std::invoke_result_t<F&, connection&>> writer::run(F f, job_changes changes) {
    auto job = std::make_shared<detail::returning_job<F>>(std::move(f));
    co_await committed(job, changes);
    co_return job->take();
}

}  // namespace cookieshop::db
