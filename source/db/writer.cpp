#include "cookieshop/db/writer.hpp"

#include "db/dialect.hpp"
#include "db/log_file.hpp"

#include "cookieshop/util/error.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace cookieshop::db {

namespace {

// The longest that work waits which nobody waits for.
constexpr std::chrono::seconds write_behind_delay{1};

// How long a database that can't be written is left alone.
constexpr std::chrono::seconds retry_after{1};

struct queued_job {
    std::shared_ptr<detail::write_job> job;
    std::function<void(std::exception_ptr)> complete;  // empty: nobody waits
    job_changes changes;
    std::exception_ptr error;  // the job's own
};

using batch = std::vector<queued_job>;

// False: what it did must be undone.
bool run_captured(connection& c, queued_job& queued) {
    bool keep = false;
    try {
        keep = queued.job->run(c);
    } catch (const soci::soci_error& error) {
        const fault fault = fault_of(&c, error);
        if (fault.damage) throw;
        queued.error = std::make_exception_ptr(reported("a write failed", fault));
    } catch (...) {
        queued.error = std::current_exception();
    }
    // Some errors, a full disk above all, make SQLite roll back everything: then there is nothing left to
    // commit.
    if (!c.in_transaction()) throw unavailable{"the database rolled back the batch"};
    return keep;
}

// W2: whatever happens in a job, it is there as a whole afterwards or not at all. PostgreSQL does nothing
// more in a transaction with a failed statement until that is rolled back.
void run_job(connection& c, queued_job& queued) {
    if (queued.changes == job_changes::one && c.dialect() == dialect::sqlite) {
        run_captured(c, queued);
        return;
    }
    c.run("SAVEPOINT job");
    if (!run_captured(c, queued)) c.run("ROLLBACK TO job");
    c.run("RELEASE job");
}

}  // namespace

struct writer::implementation {
    implementation(const database& database, std::size_t capacity, std::size_t batch_max)
        : database_{database},
          capacity_{capacity},
          batch_max_{batch_max},
          connection_{database.open()},
          log_{database.file().value() += "-wal"},
          thread_{[this] { work(); }} {
        pthread_setname_np(thread_.native_handle(), "db-writer");
    }

    // A job that runs meanwhile may still post another.
    void stop() {
        {
            const std::lock_guard lock{mutex_};
            stopping_ = true;
        }
        filled_.notify_one();
        thread_.join();
    }

    // Null, or why it was not taken: the database can't be written, or the queue is full (W4).
    std::exception_ptr push(queued_job queued) {
        if (!database_.health().writable()) return refusal();
        {
            const std::lock_guard lock{mutex_};
            if (queue_.size() >= capacity_)
                return std::make_exception_ptr(overloaded{"db-writer: the queue is full"});
            if (queued.complete) ++awaited_;
            queue_.push_back(std::move(queued));
        }
        filled_.notify_one();
        return nullptr;
    }

    std::size_t queue_length() const {
        const std::lock_guard lock{mutex_};
        return queue_.size();
    }

    std::uint64_t commits() const noexcept { return commits_.load(std::memory_order_relaxed); }

private:
    // W6: ends when it is told to stop and the queue is empty, not before.
    void work() {
        for (batch taken = take(); !taken.empty(); taken = take()) {
            const auto fault = transact([&](connection& c) {
                for (queued_job& queued : taken) run_job(c, queued);
            });
            if (fault) find_cause(*fault);
            complete(std::move(taken), fault ? failure(fault->reason, true) : nullptr);
            wait_until_writable();
        }
    }

    // They end here: a job may own what its waiter expects to be gone.
    static void complete(batch jobs, const std::exception_ptr& failure) {
        for (queued_job& queued : jobs) {
            if (queued.complete) queued.complete(failure ? failure : queued.error);
        }
    }

    static std::exception_ptr failure(const std::string& reason, bool tried) {
        return std::make_exception_ptr(unavailable{"the database can't be written: " + reason, tried});
    }

    std::exception_ptr refusal() const { return failure(database_.health().reason(), false); }

    // Before the failure is told, so that whoever hears of it finds the state of the database known. A job
    // may have made its batch fail by itself: then there is nothing wrong with the database.
    void find_cause(const fault& failed) {
        if (failed.damage || failed.busy) return database_.health().failed(failed);
        if (const auto again = prove())
            database_.health().failed(*again);
        else
            reported("a commit failed", failed);
    }

    std::optional<fault> prove() {
        return transact([this](connection& c) {
            database_.require_room();
            prove_writable(c);
        });
    }

    // W7: nobody waits for a database that can't be written.
    void wait_until_writable() {
        health& health = database_.health();
        while (!health.writable()) {
            std::unique_lock lock{mutex_};
            batch refused{std::move_iterator{queue_.begin()}, std::move_iterator{queue_.end()}};
            queue_.clear();
            awaited_ = 0;
            lock.unlock();
            complete(std::move(refused), refusal());
            lock.lock();
            if (filled_.wait_for(lock, retry_after, [this] { return stopping_; })) return;
            lock.unlock();
            if (!health.readable()) continue;
            if (const auto fault = prove())
                health.failed(*fault);
            else
                health.worked();
        }
    }

    // W5. Empty: stop.
    batch take() {
        std::unique_lock lock{mutex_};
        filled_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        filled_.wait_for(lock, write_behind_delay, [this] {
            return stopping_ || awaited_ > 0 || queue_.size() >= batch_max_;
        });
        const auto first = queue_.begin();
        const auto last = first + static_cast<std::ptrdiff_t>(std::min(queue_.size(), batch_max_));
        batch taken{std::move_iterator{first}, std::move_iterator{last}};
        queue_.erase(first, last);
        awaited_ -= static_cast<std::size_t>(
            std::count_if(taken.begin(), taken.end(), [](const queued_job& q) { return bool{q.complete}; })
        );
        return taken;
    }

    // Nothing when what `work` did is durable (W1), in the files that the next start will find. Otherwise it
    // is to be taken for undone (W3): closing the connection rolls back what it had begun, and mends it if it
    // was broken.
    template <class Work>
    std::optional<fault> transact(Work work) {
        fault found;
        try {
            if (!database_.health().readable()) throw unavailable{database_.health().reason()};
            if (!connection_) reopen();
            database_.require_same_files();
            connection_->run(begin_writing(connection_->dialect()));
            work(*connection_);
            connection_->run("COMMIT");
            database_.require_same_files();
            commits_.fetch_add(1, std::memory_order_relaxed);
            note_log();
            return std::nullopt;
        } catch (const soci::soci_error& error) {
            found = fault_of(connection_.get(), error);
        } catch (const unavailable& error) {
            found.reason = error.what();
        }
        if (!found.busy || !connection_ || connection_->in_transaction()) connection_.reset();
        return found;
    }

    // What was committed is there, whether this works or not; where it fails, the next start looks closer.
    void note_log() {
        try {
            note_generation(*connection_, log_, note_);
        } catch (const soci::soci_error&) {
            connection_.reset();
        }
    }

    // What a failed write or fsync left in the log may be in the kernel's memory and never reach the disk,
    // though it can be read. Nothing may be appended to that: what was committed is copied into the database,
    // and the log begun anew.
    void reopen() {
        connection_ = database_.open();
        long long busy = 0;
        connection_->run("PRAGMA wal_checkpoint(TRUNCATE)", in(), out(busy));
        if (busy != 0) throw unavailable{"another process reads from it, and its log can't be begun anew"};
    }

    const database& database_;
    const std::size_t capacity_, batch_max_;

    mutable std::mutex mutex_;  // guards what follows, up to stopping_
    std::condition_variable filled_;
    std::deque<queued_job> queue_;
    std::size_t awaited_ = 0;  // jobs in the queue that somebody waits for
    bool stopping_ = false;

    std::atomic<std::uint64_t> commits_{0};
    std::unique_ptr<connection> connection_;  // the thread's, as is what follows
    const std::filesystem::path log_;
    log_note note_;
    std::thread thread_;
};

writer::writer(const database& database, std::size_t capacity, std::size_t batch_max)
    : self_{std::make_unique<implementation>(database, capacity, batch_max)} {}

writer::~writer() {
    self_->stop();
}

task<> writer::committed(std::shared_ptr<detail::write_job> job, job_changes changes) {
    auto io = co_await asio::this_coro::executor;
    auto initiate = [&](auto handler) {
        // The work guard keeps the waiter's loop running until the job is through.
        auto waiter = std::make_shared<decltype(handler)>(std::move(handler));
        auto complete = [waiter, work = asio::make_work_guard(io)](std::exception_ptr error) {
            asio::post(work.get_executor(), [waiter, error] {
                auto& resume = *waiter;
                std::move(resume)(error);
            });
        };
        if (const auto refused = self_->push({std::move(job), complete, changes, nullptr})) complete(refused);
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<io_executor>, void(std::exception_ptr)>(
        initiate, use_task
    );
}

bool writer::post(std::function<void(connection&)> work) {
    auto job = std::make_shared<detail::returning_job<decltype(work)>>(std::move(work));
    return self_->push({std::move(job), {}, job_changes::several, nullptr}) == nullptr;
}

task<> writer::prove() {
    return run(prove_writable);
}

std::size_t writer::queue_length() const {
    return self_->queue_length();
}

std::uint64_t writer::commits() const noexcept {
    return self_->commits();
}

}  // namespace cookieshop::db
