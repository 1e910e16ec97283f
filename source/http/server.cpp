#include "cookieshop/http/server.hpp"

#include "http/io_thread.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/system_error.hpp>

#include <atomic>
#include <utility>

namespace cookieshop::http {
namespace {

using tcp = asio::ip::tcp;

// SO_REUSEPORT lets another server of the same user share the port, which is never meant: asks without it
// first.
void require_free(const tcp::endpoint& endpoint) {
    asio::io_context context;
    const tcp::acceptor probe{context, endpoint};
}

}  // namespace

struct server::implementation {
    implementation(
        server_options given, handler root_handler, const wall_clock& clock, early_answer early_handler
    )
        : options{std::move(given)}, root{std::move(root_handler)}, early{std::move(early_handler)} {
        for (std::size_t i = 0; i < options.threads; ++i) {
            threads.push_back(std::make_unique<io_thread>(options, root, early, clock, connections_open));
        }
    }

    void listen() {
        tcp::endpoint endpoint{asio::ip::make_address(options.address), options.port};
        require_free(endpoint);
        // Port 0: the first listener picks one, the others take the same.
        for (const auto& thread : threads) endpoint = thread->listen(endpoint);
        port = endpoint.port();
    }

    void stop(std::chrono::milliseconds patience) {
        draining = true;
        if (!std::exchange(running, false)) return;
        for (const auto& thread : threads) thread->drain(patience);
        for (const auto& thread : threads) thread->join();
    }

    const server_options options;
    const handler root;
    const early_answer early;
    std::atomic<std::size_t> connections_open{0};
    std::atomic<bool> draining{false};
    bool running = false;
    std::uint16_t port = 0;
    std::vector<std::unique_ptr<io_thread>> threads;
};

server::server(server_options options, handler root, const wall_clock& clock, early_answer early)
    : self_{std::make_unique<implementation>(std::move(options), std::move(root), clock, std::move(early))} {}

server::~server() {
    self_->stop(std::chrono::milliseconds{0});
}

void server::start() {
    try {
        self_->listen();
    } catch (const boost::system::system_error& e) {
        const std::string where = self_->options.address + " port " + std::to_string(self_->options.port);
        // Without the place in Asio's sources that the code carries along.
        const error_code plain{e.code().value(), e.code().category()};
        throw boost::system::system_error{plain, "cannot listen on " + where};
    }
    self_->running = true;
    for (std::size_t i = 0; i < self_->threads.size(); ++i) self_->threads[i]->start(i);
}

void server::stop() {
    self_->stop(self_->options.drain_timeout);
}

bool server::draining() const noexcept {
    return self_->draining;
}

std::uint16_t server::port() const noexcept {
    return self_->port;
}

}  // namespace cookieshop::http
