// A server on a free port, and a client that says exactly what it is told to, byte by byte.

#pragma once

#include "cookieshop/http/server.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

namespace cookieshop::http {

struct reply {
    unsigned status = 0;
    std::string head;  // status line and fields
    std::string body;

    bool has(std::string_view line) const {
        return head.find("\r\n" + std::string{line} + "\r\n") != std::string::npos;
    }

    std::string field(std::string_view name) const {
        const std::size_t at = head.find("\r\n" + std::string{name} + ": ");
        if (at == std::string::npos) return {};
        const std::size_t begin = at + name.size() + 4;
        return head.substr(begin, head.find("\r\n", begin) - begin);
    }
};

class raw_client {
public:
    explicit raw_client(std::uint16_t port) : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
            throw std::runtime_error{"cannot connect"};
        }
        const timeval patience{10, 0};  // a test that would hang fails instead
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        const int on = 1;
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    ~raw_client() { ::close(fd_); }
    raw_client(const raw_client&) = delete;
    raw_client& operator=(const raw_client&) = delete;

    // False when the server has closed.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
        return true;
    }

    void shut_down_output() { ::shutdown(fd_, SHUT_WR); }

    // The next response; status 0 when the connection ends before it is whole.
    reply read(bool to_head = false) {
        reply r;
        std::size_t end = 0;
        while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
            if (!receive()) return r;
        }
        r.head = received_.substr(0, end + 2);
        received_.erase(0, end + 4);
        std::size_t length = 0;
        const std::string text = r.field("Content-Length");
        std::from_chars(text.data(), text.data() + text.size(), length);
        while (!to_head && received_.size() < length) {
            if (!receive()) return r;
        }
        if (!to_head) {
            r.body = received_.substr(0, length);
            received_.erase(0, length);
        }
        std::from_chars(r.head.data() + 9, r.head.data() + 12, r.status);
        return r;
    }

    reply ask(std::string_view request) {
        send(request);
        return read();
    }

    // True when there is something to read, or an end, before the time is over.
    bool wait_for_input(std::chrono::milliseconds time) {
        pollfd socket{fd_, POLLIN, 0};
        return ::poll(&socket, 1, static_cast<int>(time.count())) > 0;
    }

    // Receives until at least `bytes` have come, keeps none of them, and returns how many they were.
    std::size_t skip(std::size_t bytes) {
        std::array<char, 8192> buffer;
        std::size_t received = 0;
        while (received < bytes) {
            const ssize_t n = ::recv(fd_, buffer.data(), buffer.size(), 0);
            if (n <= 0) break;
            received += static_cast<std::size_t>(n);
        }
        return received;
    }

    // True when the server has closed and everything that it sent was read.
    bool at_end() { return received_.empty() && !receive() && !timed_out_; }

private:
    bool receive() {
        std::array<char, 16384> buffer;
        const ssize_t n = ::recv(fd_, buffer.data(), buffer.size(), 0);
        timed_out_ = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
        if (n <= 0) return false;
        received_.append(buffer.data(), static_cast<std::size_t>(n));
        return true;
    }

    int fd_;
    bool timed_out_ = false;
    std::string received_;
};

class test_server {
public:
    explicit test_server(handler root, server_options options = {}, early_answer early = {})
        : server_{on_free_port(std::move(options)), std::move(root), clock_, std::move(early)} {
        server_.start();
    }

    std::uint16_t port() const { return server_.port(); }
    server& operator*() { return server_; }
    server* operator->() { return &server_; }

private:
    static server_options on_free_port(server_options options) {
        options.port = 0;
        return options;
    }

    system_wall_clock clock_;
    server server_;
};

}  // namespace cookieshop::http
