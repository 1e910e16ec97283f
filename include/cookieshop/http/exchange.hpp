/// One request and the response to it: what a handler is given.

#pragma once

#include "cookieshop/http/request.hpp"
#include "cookieshop/http/response.hpp"
#include "cookieshop/util/clock.hpp"
#include "cookieshop/util/task.hpp"

#include <boost/asio/ip/address.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace cookieshop::http {

/// The parts of a path that a route left open: "/orders/{id}" gives `params[0]`.
struct path_params {
    static constexpr std::size_t max = 4;

    std::array<std::string_view, max> values;
    std::size_t count = 0;

    std::string_view operator[](std::size_t i) const { return i < count ? values[i] : std::string_view{}; }
};

struct exchange {
    http::request request;
    http::response response;
    path_params params;
    time_point now{};          ///< when the request was read
    asio::ip::address client;  ///< whom limits and lists are about
    bool secure = false;       ///< it came over TLS, or a trusted proxy says that it did
};

/// What is left to do for an exchange: nothing, or a task. A handler that needs not wait returns nothing, and
/// the connection goes on without a suspension or a coroutine frame; that is the hot path.
using pending = std::optional<task<>>;

/// Fills in the response, now or later. An exception becomes a 500, `unavailable` and `overloaded` a 503.
using handler = std::function<pending(exchange&)>;

/// Fills in the response when the request's header alone decides on it, whatever its body is; false: a
/// handler has to see it. Asked before the body is read.
using early_answer = std::function<bool(exchange&)>;

/// A handler in one of two forms, and it can be asked which: a function that returns at once, or a coroutine.
/// `Args` beyond the exchange are what wrappers provide: a session, a user. A handler that needs one of them
/// can't be routed without the wrapper that brings it: the types forbid it.
template <class... Args>
class basic_handler {
public:
    using immediate_form = std::function<void(exchange&, Args...)>;
    using coroutine_form = std::function<task<>(exchange&, Args...)>;

    template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, basic_handler>)
        basic_handler(F f) {  // implicit: routes read as a table of functions
        if constexpr (std::is_void_v<std::invoke_result_t<F&, exchange&, Args...>>)
            immediate_ = std::move(f);
        else
            coroutine_ = std::move(f);
    }

    bool immediate() const noexcept { return static_cast<bool>(immediate_); }

    /// Precondition: `immediate()`.
    void call(exchange& ex, Args... args) const { immediate_(ex, std::forward<Args>(args)...); }

    /// Either form, as a part of a coroutine: `if (auto rest = h(ex, …)) co_await std::move(*rest);`. What
    /// `args` refer to must live until then.
    pending operator()(exchange& ex, Args... args) const {
        if (!immediate_) return coroutine_(ex, std::forward<Args>(args)...);
        immediate_(ex, std::forward<Args>(args)...);
        return std::nullopt;
    }

private:
    immediate_form immediate_;
    coroutine_form coroutine_;
};

}  // namespace cookieshop::http
