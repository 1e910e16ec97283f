/// The coroutine type of this project, and the only place that names Asio's.
///
/// A task starts when it is awaited and runs on one io thread from then on: code between two `co_await` needs
/// no lock against other tasks of that thread. Its executor is the concrete one of `io_context`, not the
/// type-erased default, which saves an allocation and two virtual calls an operation.

#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/result.hpp>

namespace cookieshop {

namespace asio = boost::asio;

using boost::system::error_code;

using io_executor = asio::io_context::executor_type;

template <class T = void>
using task = asio::awaitable<T, io_executor>;

/// Completion token: `co_await` gives what the operation completes with, errors are thrown.
inline constexpr asio::use_awaitable_t<io_executor> use_task{};

/// Completion token: `co_await` gives a tuple that starts with the error code; nothing is thrown.
inline constexpr asio::as_tuple_t<asio::use_awaitable_t<io_executor>> use_task_tuple{use_task};

/// An expected failure is a value: see `errc`.
template <class T = void>
using result = boost::system::result<T>;

}  // namespace cookieshop
