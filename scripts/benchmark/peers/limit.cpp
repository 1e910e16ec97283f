// What a machine can do: the least that a server of session-authenticated pages has to.
//
//     limit ADDRESS:PORT RESPONSE COOKIES
//
// One thread, a bare epoll loop. The request's end and its cookie are found with memmem, the cookie is looked
// up in a hash table, and RESPONSE, a file with header and body, is sent as it is. One recv and one send a
// request, one epoll_wait for all that are ready. It checks nothing that this needs not, has no limits, no
// timeouts and no pages: a measure for others, not a server.

#include <boost/unordered/unordered_flat_set.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace {

constexpr std::string_view refusal = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";

struct client {
    int fd;
    std::size_t size = 0;
    std::array<char, 4096> input;
};

std::string read_file(const char* path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) throw std::system_error{errno, std::generic_category(), path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

int check(int result, const char* what) {
    if (result < 0) throw std::system_error{errno, std::generic_category(), what};
    return result;
}

int listen_on(const std::string& where) {
    const std::size_t colon = where.rfind(':');
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(where.substr(colon + 1))));
    if (inet_pton(AF_INET, where.substr(0, colon).c_str(), &address.sin_addr) != 1)
        throw std::invalid_argument{where + " is not ADDRESS:PORT"};
    const int listener = check(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");
    const int on = 1;
    check(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "setsockopt");
    check(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
    check(listen(listener, 4096), "listen");
    socklen_t size = sizeof address;
    check(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
    std::cout << "listening on http://127.0.0.1:" << ntohs(address.sin_port) << std::endl;
    return listener;
}

std::string_view find(const client& c, std::string_view what) {
    const void* found = memmem(c.input.data(), c.size, what.data(), what.size());
    if (!found) return {};
    const auto* begin = static_cast<const char*>(found);
    return {begin, static_cast<std::size_t>(c.input.data() + c.size - begin)};
}

class server {
public:
    server(std::string response, const std::string& cookies)
        : response_{std::move(response)}, cookies_text_{cookies} {
        for (std::string_view rest = cookies_text_; !rest.empty();) {
            const std::size_t end = std::min(rest.find('\n'), rest.size());
            cookies_.insert(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }

    [[noreturn]] void run(int listener) {
        epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
        check(epoll_ctl(epoll_, EPOLL_CTL_ADD, listener, &event), "epoll_ctl");
        std::array<epoll_event, 256> ready;
        while (true) {
            const int count = epoll_wait(epoll_, ready.data(), ready.size(), -1);
            for (int i = 0; i < count; ++i) {
                auto* c = static_cast<client*>(ready[static_cast<std::size_t>(i)].data.ptr);
                if (!c)
                    accept_all(listener);
                else if (!serve(*c))
                    close_client(c);
            }
        }
    }

private:
    void accept_all(int listener) {
        for (int fd; (fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
            const int on = 1;
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            epoll_event event{
                .events = EPOLLIN | EPOLLET, .data = {.ptr = new client{.fd = fd, .input = {}}}};
            check(epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
        }
    }

    static void close_client(client* c) {
        close(c->fd);
        delete c;
    }

    // False when the connection is over. The input has room for more than a request, so a recv that did not
    // fill it has drained the socket.
    bool serve(client& c) const {
        const ssize_t n = recv(c.fd, c.input.data() + c.size, c.input.size() - c.size, 0);
        if (n < 0) return errno == EAGAIN;
        if (n == 0) return false;
        c.size += static_cast<std::size_t>(n);
        if (find(c, "\r\n\r\n").empty()) return c.size < c.input.size();
        const std::string_view answer = knows(find(c, "session=")) ? std::string_view{response_} : refusal;
        c.size = 0;
        return send(c.fd, answer.data(), answer.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(answer.size());
    }

    bool knows(std::string_view cookie) const {
        if (cookie.empty()) return false;
        cookie.remove_prefix(std::strlen("session="));
        return cookies_.contains(cookie.substr(0, cookie.find_first_of("; \r")));
    }

    std::string response_, cookies_text_;
    boost::unordered_flat_set<std::string_view> cookies_;
    int epoll_ = check(epoll_create1(0), "epoll_create1");
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::cerr << "usage: limit ADDRESS:PORT RESPONSE COOKIES\n";
        return 2;
    }
    try {
        rlimit files{};
        getrlimit(RLIMIT_NOFILE, &files);
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
        server{read_file(argv[2]), read_file(argv[3])}.run(listen_on(argv[1]));
    } catch (const std::exception& error) {
        std::cerr << "limit: " << error.what() << '\n';
        return 1;
    }
}
