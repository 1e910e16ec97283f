#include "http/listener.hpp"

#include <boost/system/system_error.hpp>
#include <spdlog/spdlog.h>

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <system_error>
#include <utility>

namespace cookieshop::http {
namespace {

using tcp = asio::ip::tcp;

constexpr int backlog = 4096;
constexpr int accepted_in_a_turn = 256;  // then the connections that are open have theirs
// What the kernel takes of an answer beyond what the client has room for. It would take up to 4 MB (tcp_wmem)
// for each client that does not read.
constexpr int unsent_max = 128 * 1024;

constexpr std::chrono::milliseconds pause_when_exhausted{100};

void set_option(int socket, int level, int option, int value, const char* name) {
    if (::setsockopt(socket, level, option, &value, sizeof value) < 0)
        throw boost::system::system_error{errno, boost::system::system_category(), name};
}

// An IPv4 client of an IPv6 listener is an IPv4 client: limits by address treat the two kinds differently.
asio::ip::address plain(const asio::ip::address& address) {
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

bool is_exhaustion(int error) noexcept {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

listener::listener(io_executor executor, acceptor accepted)
    : socket_{executor}, pause_{executor}, accepted_{std::move(accepted)} {}

void listener::open(const tcp::endpoint& endpoint) {
    socket_.open(endpoint.protocol());
    socket_.set_option(asio::socket_base::reuse_address{true});
    set_option(socket_.native_handle(), SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT");
    // Accepted sockets inherit these.
    socket_.set_option(tcp::no_delay{true});
    set_option(socket_.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, unsent_max, "TCP_NOTSENT_LOWAT");
    socket_.bind(endpoint);
    socket_.listen(backlog);
    socket_.native_non_blocking(true);
}

void listener::start() {
    await();
}

// Closing would reset those whom the kernel has taken already, with the requests that they have sent.
void listener::close() {
    for (int i = 0; i < backlog && accept_one() == attempt::accepted; ++i) {}
    error_code ignored;
    socket_.close(ignored);
    pause_.cancel();
}

void listener::await() {
    socket_.async_wait(tcp::acceptor::wait_read, [this](error_code error) {
        if (!error) accept_turn();
    });
}

void listener::accept_turn() {
    for (int i = 0; i < accepted_in_a_turn; ++i) {
        switch (accept_one()) {
        case attempt::accepted: break;
        case attempt::nobody: return await();
        case attempt::exhausted: return pause(errno);
        }
    }
    await();
}

listener::attempt listener::accept_one() {
    tcp::endpoint peer;
    auto size = static_cast<socklen_t>(peer.capacity());
    const int fd = ::accept4(socket_.native_handle(), peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && is_exhaustion(errno)) return attempt::exhausted;
    if (fd < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return attempt::nobody;
    if (fd < 0) return attempt::accepted;  // and broken before that: accept(2), 'Error handling'
    peer.resize(size);
    exhausted_ = false;
    hand_over(fd, peer.address());
    return attempt::accepted;
}

void listener::hand_over(int fd, const asio::ip::address& client) {
    try {
        accepted_(descriptor{fd}, plain(client));
    } catch (const std::exception& e) {
        spdlog::error("cannot serve a connection: {}", e.what());
    }
}

// Who waits in the backlog stays there until descriptors are free again.
void listener::pause(int error) {
    if (!std::exchange(exhausted_, true))
        spdlog::error("cannot accept connections: {}", std::strerror(error));
    pause_.expires_after(pause_when_exhausted);
    pause_.async_wait([this](error_code cancelled) {
        if (!cancelled) accept_turn();
    });
}

}  // namespace cookieshop::http
