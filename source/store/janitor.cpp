#include "cookieshop/store/janitor.hpp"

#include <boost/asio/steady_timer.hpp>
#include <spdlog/spdlog.h>

#include <exception>

namespace cookieshop::store {

namespace {

using timer = asio::basic_waitable_timer<
    std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, io_executor>;

// True: there may be more.
task<bool> sweep_batch(session::session_store& store, const wall_clock& clock, std::size_t batch) {
    try {
        co_return co_await store.erase_expired(clock.now(), batch) == batch;
    } catch (const unavailable&) {
        // The writer has told.
    } catch (const std::exception& error) {
        spdlog::warn("expired sessions were not swept: {}", error.what());
    }
    co_return false;
}

}  // namespace

task<> sweep_expired(session::session_store& store, const wall_clock& clock, janitor_options options) {
    // Cancelling ends the wait, or the loop after a sweep that is under way; it is no error.
    co_await asio::this_coro::throw_if_cancelled(false);
    auto cancellation = co_await asio::this_coro::cancellation_state;
    timer pause{co_await asio::this_coro::executor};
    while (cancellation.cancelled() == asio::cancellation_type::none) {
        const bool more = co_await sweep_batch(store, clock, options.batch);
        if (cancellation.cancelled() != asio::cancellation_type::none) break;
        pause.expires_after(more ? options.pause : options.every);
        co_await pause.async_wait(use_task_tuple);
    }
}

}  // namespace cookieshop::store
