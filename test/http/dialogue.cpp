#include "http/dialogue.hpp"

#include "support/process.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <optional>
#include <stdexcept>
#include <system_error>

namespace cookieshop::test {

namespace {

template <class Address>
int connect_to(const Address& address, int family) {
    const int socket = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::system_error{errno, std::generic_category(), "connect"};
    return socket;
}

int connect_to(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int socket = connect_to(address, AF_INET);
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return socket;
}

int connect_to(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string& name = path.native();
    if (name.size() >= sizeof address.sun_path) throw std::length_error{name};
    std::ranges::copy(name, address.sun_path);
    return connect_to(address, AF_UNIX);
}

class client {
public:
    explicit client(dialogue& dialogue)
        : dialogue_{dialogue},
          unsent_{dialogue.bytes},
          socket_{std::visit([](const auto& where) { return connect_to(where); }, dialogue.server)} {
        half_close_if_sent();
    }
    ~client() { ::close(socket_); }
    client(const client&) = delete;
    client& operator=(const client&) = delete;

    bool ended() const { return ended_; }

    pollfd waits_for() const {
        const int events = unsent_.empty() ? POLLIN : POLLIN | POLLOUT;
        return {ended_ ? -1 : socket_, static_cast<short>(events), 0};
    }

    void go_on(short events) {
        if ((events & ~POLLOUT) != 0) receive();
        if ((events & POLLOUT) != 0 && !ended_) send();
    }

private:
    void send() {
        const auto piece = unsent_.substr(0, dialogue_.piece);
        const auto count = ::send(socket_, piece.data(), piece.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count >= 0)
            unsent_.remove_prefix(static_cast<std::size_t>(count));
        else if (errno != EAGAIN)
            unsent_ = {};  // it reads no more; what it said is still there
        half_close_if_sent();
    }

    void half_close_if_sent() {
        if (unsent_.empty() && dialogue_.half_close) ::shutdown(socket_, SHUT_WR);
    }

    void receive() {
        std::array<char, 16384> buffer;
        const auto count = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (count > 0)
            dialogue_.received.append(buffer.data(), static_cast<std::size_t>(count));
        else
            ended_ = count == 0 || errno != EAGAIN;
    }

    dialogue& dialogue_;
    std::string_view unsent_;
    int socket_;
    bool ended_ = false;
};

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view answer_to_next = "ok\n";

/// The value of a field as servers write it; empty when there is none.
std::string_view field(std::string_view head, std::string_view name) {
    const auto at = head.find(std::string{line_end}.append(name).append(": "));
    if (at == head.npos) return {};
    const auto value = head.substr(at + line_end.size() + name.size() + 2);
    return value.substr(0, value.find(line_end));
}

struct one_answer {
    int status;
    std::string_view content;
};

/// Takes the first answer off; none when it is not whole.
std::optional<one_answer> take_answer(std::string_view& rest, bool without_content) {
    constexpr std::string_view version = "HTTP/1.1 ", end = "\r\n\r\n";
    const auto head_end = rest.find(end);
    if (!rest.starts_with(version) || head_end == rest.npos) return std::nullopt;
    const auto head = rest.substr(0, head_end + line_end.size());
    one_answer answer{};
    std::from_chars(head.data() + version.size(), head.data() + head.size(), answer.status);
    rest.remove_prefix(head_end + end.size());
    if (without_content || answer.status < 200 || answer.status == 204 || answer.status == 304) return answer;

    const auto length = field(head, "Content-Length");
    std::size_t size = rest.size() + 1;
    std::from_chars(length.data(), length.data() + length.size(), size);
    if (size > rest.size()) return std::nullopt;
    answer.content = rest.substr(0, size);
    rest.remove_prefix(size);
    return answer;
}

}  // namespace

void converse(std::vector<dialogue>& dialogues) {
    std::vector<std::unique_ptr<client>> clients;
    for (auto& dialogue : dialogues) clients.push_back(std::make_unique<client>(dialogue));
    std::vector<pollfd> waiting(clients.size());
    while (!std::ranges::all_of(clients, &client::ended, &std::unique_ptr<client>::operator*)) {
        std::ranges::transform(clients, waiting.begin(), [](const auto& c) { return c->waits_for(); });
        const auto limit = static_cast<int>(std::chrono::milliseconds{patience}.count());
        if (::poll(waiting.data(), waiting.size(), limit) <= 0)
            throw std::runtime_error{"neither side says anything more, and neither closes"};
        for (std::size_t i = 0; i < clients.size(); ++i) clients[i]->go_on(waiting[i].revents);
    }
}

outcome read_answers(std::string_view received, bool head) {
    outcome outcome;
    while (!received.empty()) {
        outcome.next = false;
        const auto answer = take_answer(received, head && outcome.answers.empty());
        if (!answer) {
            outcome.answers.push_back(0);
            break;
        }
        if (answer->status < 200) {
            outcome.interim = true;
            continue;
        }
        outcome.answers.push_back(answer->status);
        outcome.next = answer->status == 200 && answer->content == answer_to_next;
    }
    return outcome;
}

std::string describe(const outcome& outcome) {
    std::string text;
    const auto end = outcome.answers.end() - (outcome.next ? 1 : 0);
    for (auto at = outcome.answers.begin(); at != end;) {
        const auto last = std::find_if(at, end, [&](int status) { return status != *at; });
        text += *at == 0 ? "garbled" : std::to_string(*at);
        if (last - at > 1) text += " x " + std::to_string(last - at);
        text += ' ';
        at = last;
    }
    if (outcome.next) text += "next ";
    if (text.empty()) text = "- ";
    text.pop_back();
    return text;
}

bool refused(const outcome& outcome) {
    return !outcome.next && (outcome.answers.empty() || outcome.answers.back() >= 400);
}

}  // namespace cookieshop::test
