#include "support/wire.hpp"

#include "support/process.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/algorithm/string/predicate.hpp>
#include <boost/algorithm/string/trim.hpp>

#include <array>
#include <cerrno>
#include <charconv>
#include <ostream>
#include <system_error>

namespace cookieshop::test {

namespace {

bool is_ready(int socket, short what, std::chrono::milliseconds limit) {
    pollfd state{socket, what, 0};
    return ::poll(&state, 1, static_cast<int>(limit.count())) > 0;
}

std::size_t number(std::string_view text, int base) {
    std::size_t value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (result.ec != std::errc{} || result.ptr != text.data() + text.size())
        throw std::runtime_error{"not a number in a response: " + std::string{text}};
    return value;
}

bool has_no_body(int status) {
    return status < 200 || status == 204 || status == 304;
}

}  // namespace

std::string_view answer::header(std::string_view name) const {
    for (const auto& [key, value] : headers)
        if (boost::iequals(key, name)) return value;
    return {};
}

std::vector<std::string> answer::all(std::string_view name) const {
    std::vector<std::string> values;
    for (const auto& [key, value] : headers)
        if (boost::iequals(key, name)) values.push_back(value);
    return values;
}

std::ostream& operator<<(std::ostream& out, const answer& answer) {
    constexpr std::size_t shown = 4000;
    out << "\n>>> " << answer.request.substr(0, shown) << "\n<<< " << answer.status << ' ' << answer.reason
        << '\n';
    for (const auto& [name, value] : answer.headers) out << name << ": " << value << '\n';
    return out << '\n' << answer.body.substr(0, shown) << '\n';
}

wire::wire(std::uint16_t port) : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr generic;
    static_assert(sizeof generic == sizeof address);
    std::copy_n(reinterpret_cast<const char*>(&address), sizeof address, reinterpret_cast<char*>(&generic));
    if (::connect(socket_, &generic, sizeof generic) != 0) {
        const int error = errno;
        ::close(socket_);
        throw not_connected{"connect: " + std::generic_category().message(error)};
    }
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

wire::~wire() {
    if (socket_ >= 0) ::close(socket_);
}

void wire::send(std::string_view bytes) {
    sent_.append(bytes);
    while (!bytes.empty()) {
        if (!is_ready(socket_, POLLOUT, patience))
            throw std::runtime_error{"the server does not read: " + sent_};
        const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0) throw connection_lost{"the server does not take all of " + sent_.substr(0, 1000)};
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

bool wire::is_reset(std::chrono::milliseconds limit) const {
    return is_ready(socket_, 0, limit);
}

void wire::finish() {
    ::shutdown(socket_, SHUT_WR);
}

void wire::reset() {
    const linger none{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    ::close(socket_);
    socket_ = -1;
}

bool wire::is_readable(std::chrono::milliseconds limit) const {
    return !read_.empty() || is_ready(socket_, POLLIN, limit);
}

bool wire::is_closed(std::chrono::milliseconds limit) {
    return read_.empty() && is_ready(socket_, POLLIN, limit) && !read_more();
}

bool wire::read_more() {
    if (!is_ready(socket_, POLLIN, patience)) throw std::runtime_error{"the server does not answer " + sent_};
    std::array<char, 16384> buffer;
    const auto count = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (count <= 0) return false;
    read_.append(buffer.data(), static_cast<std::size_t>(count));
    return true;
}

std::string wire::take(std::size_t count) {
    while (read_.size() < count)
        if (!read_more()) throw connection_lost{"no complete answer to " + sent_};
    auto result = read_.substr(0, count);
    read_.erase(0, count);
    return result;
}

std::string wire::take_line() {
    for (;;) {
        const auto end = read_.find("\r\n");
        if (end == read_.npos) {
            if (!read_more()) throw connection_lost{"no complete answer to " + sent_};
            continue;
        }
        auto line = take(end);
        take(2);
        return line;
    }
}

std::string wire::take_chunks() {
    std::string body;
    while (const auto size = number(take_line(), 16)) {
        body += take(size);
        take_line();
    }
    while (!take_line().empty()) {}
    return body;
}

answer wire::receive(bool to_head) {
    answer result;
    const auto status_line = take_line();
    if (!status_line.starts_with("HTTP/1.1 ") || status_line.size() < 13)
        throw std::runtime_error{"not a status line: " + status_line};
    result.status = static_cast<int>(number(std::string_view{status_line}.substr(9, 3), 10));
    result.reason = status_line.substr(13);
    for (auto line = take_line(); !line.empty(); line = take_line()) {
        const auto colon = line.find(':');
        if (colon == line.npos) throw std::runtime_error{"not a header: " + line};
        result.headers.emplace_back(line.substr(0, colon), boost::trim_copy(line.substr(colon + 1)));
    }
    if (to_head || has_no_body(result.status)) {
        result.body.clear();
    } else if (boost::iequals(result.header("Transfer-Encoding"), "chunked")) {
        result.body = take_chunks();
    } else if (result.has("Content-Length")) {
        result.body = take(number(result.header("Content-Length"), 10));
    } else {
        while (read_more()) {}
        result.body = std::exchange(read_, {});
    }
    result.request = result.status < 200 ? sent_ : std::exchange(sent_, {});
    return result;
}

}  // namespace cookieshop::test
