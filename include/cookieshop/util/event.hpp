/// Something that happens once, and that coroutines of any io thread wait for.

#pragma once

#include "cookieshop/util/task.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace cookieshop {

/// What was written before `set` is seen by whoever waited. Any thread. Must not die before those who wait go
/// on.
class event {
public:
    /// Resumes, on the caller's own io thread, once `set` was called.
    task<> wait();

    void set();

private:
    struct waiter {
        virtual ~waiter() = default;
        virtual void resume() = 0;
    };
    template <class Handler>
    struct handler_waiter;

    std::mutex mutex_;
    bool set_ = false;
    std::vector<std::unique_ptr<waiter>> waiters_;
};

template <class Handler>
struct event::handler_waiter final : waiter {
    handler_waiter(Handler handler_, const io_executor& io) : handler{std::move(handler_)}, work{io} {}

    void resume() override { asio::post(work.get_executor(), std::move(handler)); }

    Handler handler;
    asio::executor_work_guard<io_executor> work;
};

inline task<> event::wait() {
    const io_executor io = co_await asio::this_coro::executor;
    auto initiate = [this, io](auto handler) {
        auto one = std::make_unique<handler_waiter<decltype(handler)>>(std::move(handler), io);
        {
            const std::lock_guard lock{mutex_};
            if (!set_) {
                waiters_.push_back(std::move(one));
                return;
            }
        }
        one->resume();
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<io_executor>, void()>(initiate, use_task);
}

inline void event::set() {
    std::vector<std::unique_ptr<waiter>> waiters;
    {
        const std::lock_guard lock{mutex_};
        set_ = true;
        waiters.swap(waiters_);
    }
    for (const auto& one : waiters) one->resume();
}

}  // namespace cookieshop
