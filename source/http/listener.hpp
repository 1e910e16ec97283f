// Accepts connections for one io thread.
//
// Every io thread has its own listener on the same port (SO_REUSEPORT): the kernel spreads the connections,
// and nothing is handed from thread to thread.

#pragma once

#include "cookieshop/util/task.hpp"
#include "http/descriptor.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <functional>

namespace cookieshop::http {

using steady_timer = asio::basic_waitable_timer<
    std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, io_executor>;

class listener {
public:
    using acceptor = std::function<void(descriptor, asio::ip::address)>;

    // `accepted` gets non-blocking sockets.
    listener(io_executor executor, acceptor accepted);

    // Binds and listens. Throws `boost::system::system_error`.
    void open(const asio::ip::tcp::endpoint& endpoint);
    asio::ip::tcp::endpoint local_endpoint() const { return socket_.local_endpoint(); }

    void start();

    // Accepts those who wait, then nobody.
    void close();

private:
    void await();
    enum class attempt { accepted, nobody, exhausted };
    attempt accept_one();
    void accept_turn();
    void hand_over(int fd, const asio::ip::address& client);
    void pause(int error);

    asio::basic_socket_acceptor<asio::ip::tcp, io_executor> socket_;
    steady_timer pause_;
    acceptor accepted_;
    bool exhausted_ = false;  // since the last connection that could be accepted
};

}  // namespace cookieshop::http
