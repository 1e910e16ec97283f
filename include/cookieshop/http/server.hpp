/// Listens, accepts, and runs one coroutine a connection.
///
/// Every io thread has its own `io_context` and its own listener on the same port (SO_REUSEPORT); a
/// connection stays on the thread that accepted it. `start`, `stop` and the destructor are called on the
/// thread that made the server.

#pragma once

#include "cookieshop/http/exchange.hpp"
#include "cookieshop/http/forwarded.hpp"
#include "cookieshop/util/clock.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cookieshop::http {

struct server_options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8080;  ///< 0: a free one
    std::size_t threads = 1;
    std::vector<std::string> allowed_hosts;  ///< empty: any; without ports, compared without regard to case
    std::vector<address_range> trusted_proxies;  ///< believed about their clients: `believe`
    bool over_tls = false;  ///< every client speaks TLS, to a proxy in front: `exchange::secure`
    std::size_t max_connections = 100'000;   ///< past that a new one gets 503 and is closed
    std::size_t max_header_size = 8 * 1024;  ///< request line and header lines together
    std::size_t max_body_size = 64 * 1024;
    std::chrono::milliseconds header_timeout{10'000};      ///< from the first byte, or the accept
    std::chrono::milliseconds body_timeout{30'000};        ///< also for a response that is not read
    std::chrono::milliseconds keep_alive_timeout{75'000};  ///< between two requests
    std::chrono::milliseconds drain_timeout{10'000};       ///< how long `stop` waits for what is under way
};

class server {
public:
    /// `root` and `early` are called on every io thread; `clock` outlives the server. `early` is asked about
    /// requests that wait for 100 Continue, or do not say how long their body is: before these get 100 or
    /// 411.
    server(server_options options, handler root, const wall_clock& clock, early_answer early = {});

    /// Stops at once if nobody called `stop`.
    ~server();

    /// Binds, listens, starts the threads. Throws `boost::system::system_error` when it can't bind.
    void start();

    /// Accepts nothing more, closes idle connections, lets what is under way be answered with `Connection:
    /// close`, and after `drain_timeout` cuts off the rest: their sockets are shut down and their handlers
    /// cancelled. Returns when the threads are joined, which a handler whose job is running on another thread
    /// delays until that is done.
    void stop();

    /// True from `stop` on.
    bool draining() const noexcept;

    /// The port that it listens on.
    std::uint16_t port() const noexcept;

private:
    struct implementation;
    std::unique_ptr<implementation> self_;
};

}  // namespace cookieshop::http
