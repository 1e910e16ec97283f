/// Runs a coroutine from a test that is none.

#pragma once

#include "cookieshop/util/task.hpp"

#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <variant>

namespace cookieshop::test {

/// Runs `io` until the task has ended, and gives what it returned or threw. A thread that gave the task its
/// result may not be done with `io` by then: `io` outlives whatever has threads. A task that waits for
/// something that never comes is an error, not a test that hangs: whether nothing is left to do, or something
/// is that does not happen.
template <class T>
T run_task(asio::io_context& io, task<T> work) {
    constexpr std::chrono::seconds at_most{30};
    std::exception_ptr error;
    std::optional<std::conditional_t<std::is_void_v<T>, std::monostate, T>> returned;
    bool ended = false;
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr e, auto... value) {  // none where T is void
        error = e;
        if (!e) (returned.emplace(std::move(value)), ...);
        ended = true;
    });
    io.restart();
    while (!ended && io.run_one_for(at_most) > 0) {}
    if (error) std::rethrow_exception(error);
    if (!ended) throw std::logic_error{"the task did not finish"};
    if constexpr (!std::is_void_v<T>) return std::move(*returned);
}

}  // namespace cookieshop::test
