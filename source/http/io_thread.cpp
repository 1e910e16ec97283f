#include "http/io_thread.hpp"

#include "cookieshop/http/error_page.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include <pthread.h>
#include <sys/socket.h>

#include <cstdlib>
#include <exception>
#include <string>
#include <utility>

namespace cookieshop::http {
namespace {

constexpr std::chrono::milliseconds lingering_time{2000};

// Beyond a full header, for the body that comes with it.
constexpr std::size_t input_beyond_header = 8 * 1024;

deadlines::durations durations_of(const server_options& options) {
    deadlines::durations durations;
    const auto at = [&](deadline kind) -> auto& {
        return durations[static_cast<std::size_t>(kind)];
    };
    at(deadline::header) = options.header_timeout;
    at(deadline::body) = options.body_timeout;
    at(deadline::write) = options.body_timeout;
    at(deadline::keep_alive) = options.keep_alive_timeout;
    at(deadline::linger) = lingering_time;
    return durations;
}

// Visits every connection of a list from which the visit may take the visited one.
template <class F>
void for_each_safely(connection_list& connections, F f) {
    for (auto it = connections.begin(); it != connections.end();) f(*it++);
}

}  // namespace

io_thread::io_thread(
    const server_options& options, const handler& root, const early_answer& early, const wall_clock& clock,
    std::atomic<std::size_t>& open
)
    : options_{options},
      open_{open},
      deadlines_{durations_of(options)},
      readiness_{executor(), deadlines_},
      areas_{options.max_header_size + input_beyond_header},
      services_{
          .executor = executor(),
          .root = root,
          .early = early,
          .clock = clock,
          .limits = {options.max_header_size, options.max_body_size, options.allowed_hosts},
          .deadlines = deadlines_,
          .readiness = readiness_,
          .areas = areas_,
          .serializer = serializer_,
          .trusted_proxies = options.trusted_proxies,
          .over_tls = options.over_tls},
      listener_{
          executor(),
          [this](descriptor socket, asio::ip::address client) {
              accept(std::move(socket), std::move(client));
          }},
      sweep_timer_{executor()},
      drain_timer_{executor()} {}

asio::ip::tcp::endpoint io_thread::listen(const asio::ip::tcp::endpoint& endpoint) {
    listener_.open(endpoint);
    return listener_.local_endpoint();
}

void io_thread::start(std::size_t number) {
    listener_.start();
    readiness_.start();
    sweep();
    thread_ = std::thread{[this] { run(); }};
    pthread_setname_np(thread_.native_handle(), ("io-" + std::to_string(number)).c_str());
}

void io_thread::drain(std::chrono::milliseconds patience) {
    asio::post(context_, [this, patience] { begin_drain(patience); });
}

void io_thread::join() {
    if (thread_.joinable()) thread_.join();  // it is not when the system had no more threads
}

// Handlers' exceptions end in their connections. What arrives here has left a part of the loop without its
// next step: a thread that accepts and answers no more is worse than none.
void io_thread::run() {
    try {
        context_.run();
    } catch (const std::exception& e) {
        spdlog::critical("an exception reached the event loop: {}", e.what());
        spdlog::shutdown();
        std::abort();
    }
}

void io_thread::accept(descriptor socket, asio::ip::address client) {
    if (open_.load(std::memory_order_relaxed) >= options_.max_connections)
        return turn_away(std::move(socket));
    deadlines_.refresh();
    auto accepted = std::make_unique<connection>(services_, std::move(socket), std::move(client));
    connections_.push_back(*accepted);
    open_.fetch_add(1, std::memory_order_relaxed);
    asio::co_spawn(context_, connection::serve(std::move(accepted)), [this](std::exception_ptr failure) {
        on_closed(failure);
    });
}

// One attempt, without waiting: a server at its limit owes no more.
void io_thread::turn_away(descriptor socket) {
    exchange exchange;
    exchange.now = services_.clock.now();
    exchange.secure = options_.over_tls;
    fail(exchange, status::service_unavailable, "The server is busy. Please try again in a moment.");
    exchange.response.set("Retry-After", "1");
    std::string answer;
    serializer_.append(answer, exchange, false);
    ::send(socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::shutdown(socket.get(), SHUT_WR);
    // Unread bytes would cause a reset, which may overtake the answer.
    ::recv(socket.get(), nullptr, input_beyond_header, MSG_TRUNC | MSG_DONTWAIT);
}

void io_thread::on_closed(std::exception_ptr failure) {
    open_.fetch_sub(1, std::memory_order_relaxed);
    end_if_drained();
    if (!failure) return;
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& e) {
        spdlog::error("a connection ended with an exception: {}", e.what());
    }
}

void io_thread::sweep() {
    deadlines_.sweep([](deadline_item& item) { static_cast<watched_socket&>(item).time_out(); });
    if (drained()) return;  // a timer that has expired already can't be cancelled any more
    sweep_timer_.expires_after(deadlines::sweep_interval);
    sweep_timer_.async_wait([this](error_code cancelled) {
        if (!cancelled) sweep();
    });
}

void io_thread::begin_drain(std::chrono::milliseconds patience) {
    listener_.close();
    services_.draining = true;
    drain_timer_.expires_after(patience);
    drain_timer_.async_wait([this](error_code cancelled) {
        if (!cancelled) cut_off_all();
    });
    for_each_safely(connections_, [](connection& c) { c.drain(); });
    end_if_drained();
}

void io_thread::cut_off_all() {
    for_each_safely(connections_, [](connection& c) { c.cut_off(); });
}

// Takes away what keeps the loop running.
void io_thread::end_if_drained() {
    if (!drained()) return;
    drain_timer_.cancel();
    sweep_timer_.cancel();
    readiness_.close();
}

}  // namespace cookieshop::http
