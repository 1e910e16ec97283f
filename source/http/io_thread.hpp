// One io thread: its loop, its listener, its connections.
//
// Until `start`, and after `join`, everything is called by the thread that owns the server; in between
// `drain` and `join` are.

#pragma once

#include "cookieshop/http/server.hpp"
#include "http/connection.hpp"
#include "http/listener.hpp"

#include <boost/asio/io_context.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>

namespace cookieshop::http {

class io_thread {
public:
    // What they refer to outlives this. `open` counts the connections of all io threads.
    io_thread(
        const server_options& options, const handler& root, const early_answer& early,
        const wall_clock& clock, std::atomic<std::size_t>& open
    );

    // Throws `boost::system::system_error`. Returns what it listens on.
    asio::ip::tcp::endpoint listen(const asio::ip::tcp::endpoint& endpoint);

    void start(std::size_t number);

    // Stops accepting, lets the connections end, and cuts them off after `patience`.
    void drain(std::chrono::milliseconds patience);

    // Waits until the last connection, and whatever else runs on the executor, has ended. Only then may the
    // loop be destroyed: jobs on other threads that are to resume a coroutine here hold work on it, and so
    // are waited for.
    void join();

    io_executor executor() noexcept { return context_.get_executor(); }

private:
    void run();
    void accept(descriptor socket, asio::ip::address client);
    void turn_away(descriptor socket);
    void on_closed(std::exception_ptr failure);
    void sweep();
    void begin_drain(std::chrono::milliseconds patience);
    void cut_off_all();
    void end_if_drained();
    bool drained() const noexcept { return services_.draining && connections_.empty(); }

    const server_options& options_;
    std::atomic<std::size_t>& open_;
    asio::io_context context_{1};
    deadlines deadlines_;
    readiness readiness_;
    work_area_pool areas_;
    serializer serializer_;
    connection_services services_;
    connection_list connections_;
    listener listener_;
    steady_timer sweep_timer_;
    steady_timer drain_timer_;
    std::thread thread_;
};

}  // namespace cookieshop::http
