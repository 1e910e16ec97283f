/// Threads for what may not run on an io thread: computing argon2id, asking the database.
///
/// A fixed number of threads takes jobs from one bounded queue, first come first served. A full queue refuses
/// at once. The destructor finishes what is queued and joins the threads. `run` is called from io threads and
/// resumes the caller on its own; everything else may be called from anywhere.

#pragma once

#include "cookieshop/util/error.hpp"
#include "cookieshop/util/task.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace cookieshop {

/// Work for another thread. A job never points into the frame of the coroutine that waits for it, which it
/// may outlive when the server stops; what else it refers to outlives the pool.
class detached_job {
public:
    virtual ~detached_job() = default;
    virtual void run() noexcept = 0;
};

/// From here on the calling thread has a core when no other wants it.
void yield_to_others() noexcept;

class worker_pool {
public:
    /// Who has the cores when there are not enough of them: everybody alike, or the other threads first. The
    /// latter is for work that takes milliseconds of computing, beside io threads that want microseconds at a
    /// time.
    enum class priority { usual, low };

    /// `name`: what the threads and the error are called; at most 15 characters.
    worker_pool(
        std::string name, std::size_t threads, std::size_t capacity, priority priority = priority::usual
    );
    ~worker_pool();

    worker_pool(const worker_pool&) = delete;
    worker_pool& operator=(const worker_pool&) = delete;

    /// Runs `f()` on one of the threads. Throws `overloaded` when `capacity` jobs are waiting already, before
    /// `f` is touched; throws what `f` throws.
    template <class F>
    task<std::invoke_result_t<F&>> run(F f);

    /// Takes the job and returns true, or leaves it and returns false when the queue is full.
    bool try_post(std::unique_ptr<detached_job>& job);

    /// Jobs that wait, without those that run.
    std::size_t queue_length() const;

private:
    void work();
    void stop();

    const std::string name_;
    const std::size_t capacity_;
    mutable std::mutex mutex_;
    std::condition_variable filled_;
    std::deque<std::unique_ptr<detached_job>> queue_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

namespace detail {

// What a job brings back: a value (monostate for void), or the exception.
template <class T>
using job_value = std::conditional_t<std::is_void_v<T>, std::monostate, T>;
template <class T>
using job_outcome = std::variant<std::exception_ptr, job_value<T>>;

template <class F>
job_outcome<std::invoke_result_t<F&>> run_captured(F& f) noexcept {
    using value = std::invoke_result_t<F&>;
    try {
        if constexpr (std::is_void_v<value>) {
            f();
            return job_outcome<value>{std::in_place_index<1>};
        } else {
            return job_outcome<value>{std::in_place_index<1>, f()};
        }
    } catch (...) {
        return job_outcome<value>{std::in_place_index<0>, std::current_exception()};
    }
}

// Runs f, then hands its outcome to the handler on the handler's own executor, which is kept alive until
// then.
template <class F, class Handler>
class handler_job final : public detached_job {
public:
    handler_job(F f, Handler handler, const io_executor& io)
        : f_{std::move(f)}, handler_{std::move(handler)}, work_{io} {}

    void run() noexcept override { complete(run_captured(f_)); }

    void complete(job_outcome<std::invoke_result_t<F&>> outcome) noexcept {
        auto io = work_.get_executor();
        asio::post(io, [handler = std::move(handler_), outcome = std::move(outcome)]() mutable {
            std::move(handler)(std::move(outcome));
        });
        work_.reset();
    }

private:
    F f_;
    Handler handler_;
    asio::executor_work_guard<io_executor> work_;
};

template <class T>
T unwrap(job_outcome<T> outcome) {
    if (outcome.index() == 0) std::rethrow_exception(std::get<0>(outcome));
    if constexpr (!std::is_void_v<T>) return std::get<1>(std::move(outcome));
}

}  // namespace detail

/// Runs `f` on another thread and brings back what it returned or threw, to the io thread that awaits it.
///
/// `submit(std::unique_ptr<detached_job>&)` takes the job for that thread and returns true, or leaves it and
/// returns false: then this throws `overloaded{what}`.
template <class F, class Submit>
task<std::invoke_result_t<F&>> run_elsewhere(F f, Submit submit, std::string what) {
    using value = std::invoke_result_t<F&>;
    auto io = co_await asio::this_coro::executor;
    auto initiate = [&](auto handler) {
        using job = detail::handler_job<F, decltype(handler)>;
        auto owned = std::make_unique<job>(std::move(f), std::move(handler), io);
        std::unique_ptr<detached_job> queued = std::move(owned);
        if (!submit(queued)) {
            static_cast<job&>(*queued).complete(detail::job_outcome<value>{
                std::in_place_index<0>, std::make_exception_ptr(overloaded{what})});
        }
    };
    auto outcome = co_await asio::async_initiate<
        const asio::use_awaitable_t<io_executor>, void(detail::job_outcome<value>)>(initiate, use_task);
    co_return detail::unwrap<value>(std::move(outcome));
}

template <class F>
task<std::invoke_result_t<F&>> worker_pool::run(F f) {
    auto submit = [this](std::unique_ptr<detached_job>& job) { return try_post(job); };
    return run_elsewhere(std::move(f), submit, name_ + ": the queue is full");
}

}  // namespace cookieshop
