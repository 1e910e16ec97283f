#include "cookieshop/db/writer.hpp"

#include "db/dialect.hpp"

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
#include <mutex>
#include <thread>
#include <vector>

namespace cookieshop::db {

namespace {

// The longest that work waits which nobody waits for.
constexpr std::chrono::seconds write_behind_delay{1};

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
        queued.error = std::make_exception_ptr(reported("a write failed", error));
    } catch (...) {
        queued.error = std::current_exception();
    }
    // Some errors, a full disk above all, make SQLite roll back everything: then there is nothing left to
    // commit.
    if (!c.in_transaction()) throw unavailable{"the database rolled back the batch"};
    return keep;
}

// W2: whatever happens in a job, it is there as a whole afterwards or not at all. PostgreSQL does nothing more in a
// transaction with a failed statement until that is rolled back.
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

    // W4: false when the queue is full.
    bool push(queued_job queued) {
        {
            const std::lock_guard lock{mutex_};
            if (queue_.size() >= capacity_) return false;
            if (queued.complete) ++awaited_;
            queue_.push_back(std::move(queued));
        }
        filled_.notify_one();
        return true;
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
            const std::exception_ptr failure = commit(taken);
            for (queued_job& queued : taken) {
                if (queued.complete) queued.complete(failure ? failure : queued.error);
            }
            taken.clear();  // a job may own what its waiter expects to be gone
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

    // Null when the batch is durable (W1). Otherwise nothing of it is there (W3): closing the connection
    // rolls back what it had begun, and mends it if it was broken.
    std::exception_ptr commit(batch& jobs) {
        try {
            if (!connection_) connection_ = database_.open();
            connection_->run(begin_writing(connection_->dialect()));
            for (queued_job& queued : jobs) run_job(*connection_, queued);
            connection_->run("COMMIT");
            commits_.fetch_add(1, std::memory_order_relaxed);
            return nullptr;
        } catch (const soci::soci_error& error) {
            connection_.reset();
            return std::make_exception_ptr(reported("a commit failed", error));
        } catch (const unavailable& error) {
            connection_.reset();
            spdlog::error("database: a commit failed: {}", error.what());
            return std::current_exception();
        }
    }

    const database& database_;
    const std::size_t capacity_, batch_max_;

    mutable std::mutex mutex_;  // guards what follows, up to stopping_
    std::condition_variable filled_;
    std::deque<queued_job> queue_;
    std::size_t awaited_ = 0;  // jobs in the queue that somebody waits for
    bool stopping_ = false;

    std::atomic<std::uint64_t> commits_{0};
    std::unique_ptr<connection> connection_;  // the thread's
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
        if (!self_->push({std::move(job), complete, changes, nullptr})) {
            complete(std::make_exception_ptr(overloaded{"db-writer: the queue is full"}));
        }
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<io_executor>, void(std::exception_ptr)>(
        initiate, use_task
    );
}

bool writer::post(std::function<void(connection&)> work) {
    return self_->push(
        {std::make_shared<detail::returning_job<decltype(work)>>(std::move(work)),
         {},
         job_changes::several,
         nullptr}
    );
}

std::size_t writer::queue_length() const {
    return self_->queue_length();
}

std::uint64_t writer::commits() const noexcept {
    return self_->commits();
}

}  // namespace cookieshop::db
