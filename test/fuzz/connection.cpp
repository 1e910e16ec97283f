// A connection, from its bytes to its answers. The first line says how the client sends the rest, a letter a
// step:
//
//     a … z   1 … 26 bytes              .   reads what there is
//     A … Z   32, 64, … 832 bytes       -   sends nothing more
//     !       all deadlines pass        ~   the server drains     #   the server cuts off
//
// After the last step what is left is sent at once. The connection is the server's own, over a pair of
// sockets, on this thread; no clock is waited for.

#include "http/connection.hpp"

#include "cookieshop/util/error.hpp"
#include "http/text.hpp"

#include "fuzz/fuzz.hpp"
#include "support/manual_clock.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <spdlog/spdlog.h>

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// The pair of sockets is not TCP's: there what was sent may arrive later, and room for more comes with the
// kernel's delayed acknowledgements. But only TCP drops received bytes for which there is no buffer (tcp(7)),
// as a connection that lingers has it do. Here this does.
// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name)
extern "C" ssize_t recv(int socket, void* buffer, std::size_t size, int flags) {
    if (buffer != nullptr) return ::recvfrom(socket, buffer, size, flags, nullptr, nullptr);
    std::array<char, 4096> dropped;
    return ::recvfrom(
        socket, dropped.data(), std::min(size, dropped.size()), flags & ~MSG_TRUNC, nullptr, nullptr
    );
}

namespace cookieshop::http {
namespace {

using fuzz::demand;

// Small, so that short inputs reach them.
constexpr parser_limits limits{.header_bytes_max = 512, .body_bytes_max = 1024, .allowed_hosts = {}};
constexpr int send_buffer = 4096;
constexpr int steps_max = 20'000;  // far more than any input takes

constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

const std::string large(16 * 1024, 'x');

// What was asked of the handler.
struct asked {
    bool head;
    bool waits = false;                 // for ever
    std::optional<std::string> answer;  // none: not known to the handler
};

// --- the server's side ---

class server_side {
public:
    server_side() {
        spdlog::set_level(spdlog::level::off);
        readiness_.start();
    }

    // Returns the client's end.
    descriptor open() {
        std::array<int, 2> ends{};
        demand(
            ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0,
            "a socket pair"
        );
        ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
        asked_.clear();
        services_.draining = false;
        auto opened = std::make_unique<connection>(services_, descriptor{ends[0]}, asio::ip::address{});
        connection_ = opened.get();
        asio::co_spawn(context_, connection::serve(std::move(opened)), [this](std::exception_ptr failure) {
            demand(!failure, "a connection ends without an exception");
            connection_ = nullptr;
        });
        run();
        return descriptor{ends[1]};
    }

    // Until nothing is left to do.
    void run() {
        for (int steps = 0; context_.poll_one() > 0; ++steps)
            demand(steps < steps_max, "the server comes to rest");
    }

    void let_time_pass() {
        deadlines_.sweep([](deadline_item& item) { static_cast<watched_socket&>(item).time_out(); });
        run();
    }

    void drain() {
        services_.draining = true;
        if (connection_) connection_->drain();
        run();
    }

    // Comes after draining: a server cuts off when its patience is over.
    void cut_off() {
        drain();
        if (connection_) connection_->cut_off();
        run();
    }

    bool ended() const { return connection_ == nullptr; }
    const std::vector<asked>& all_asked() const { return asked_; }

private:
    static deadlines::durations over_at_once() {
        deadlines::durations durations;
        durations.fill(-std::chrono::hours{1});
        return durations;
    }

    static task<> answer_later(exchange& ex) {
        co_await asio::post(co_await asio::this_coro::executor, use_task);
        ex.response.body = "later";
    }

    static task<> answer_never(exchange&) {
        asio::basic_waitable_timer<
            std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, io_executor>
            timer{co_await asio::this_coro::executor, std::chrono::steady_clock::time_point::max()};
        co_await timer.async_wait(use_task);
    }

    pending answer(exchange& ex) {
        const request& r = ex.request;
        check(r);
        asked& now = asked_.emplace_back(asked{.head = r.method == verb::head});
        if (r.path == "/fail") throw std::runtime_error{"inside"};
        if (r.path == "/busy") throw overloaded{"inside"};
        now.waits = r.path == "/never";
        if (now.waits) return answer_never(ex);
        if (r.path == "/later") {
            now.answer = "later";
            return answer_later(ex);
        }
        if (r.path == "/close") ex.response.close = true;
        if (r.path == "/large") {
            ex.response.static_body = large;
            now.answer = large;
            return std::nullopt;
        }
        if (r.path == "/none") ex.response.status = status::no_content;
        ex.response.body.append(r.method_text).append(" ").append(r.path).append("?").append(r.query);
        ex.response.body.append(" of ").append(r.host).append(": ").append(r.body);
        now.answer = r.path == "/none" ? "" : ex.response.body;
        return std::nullopt;
    }

    bool answer_early(exchange& ex) {
        if (ex.request.path != "/early") return false;
        asked_.push_back({.head = ex.request.method == verb::head});
        ex.response.status = status::forbidden;
        return true;
    }

    // What a handler may rely on.
    static void check(const request& r) {
        demand(r.method != verb::unknown, "a handler knows the method");
        demand(r.path == "*" || r.path.starts_with('/'), "a path begins with a slash");
        demand(std::ranges::none_of(r.path, is_control), "a path has no control characters");
        demand(is_utf8(r.path), "a path is UTF-8");
        demand(r.body.size() <= limits.body_bytes_max, "a body is not larger than it may be");
        for (const header_line& line : r.headers()) {
            demand(
                !line.name_text.empty() && std::ranges::all_of(line.name_text, is_token_char),
                "a name is a token"
            );
            demand(
                std::ranges::none_of(line.value, [](char c) { return is_control(c) && c != '\t'; }),
                "a value has no control characters"
            );
        }
    }

    asio::io_context context_{1};
    test::manual_clock clock_;
    deadlines deadlines_{over_at_once()};
    readiness readiness_{context_.get_executor(), deadlines_};
    work_area_pool areas_{limits.header_bytes_max + 256};
    serializer serializer_;
    handler root_{[this](exchange& ex) { return answer(ex); }};
    early_answer early_{[this](exchange& ex) { return answer_early(ex); }};
    // Whoever connects is one: what it says of its client is read.
    const std::vector<address_range> proxies_{
        *address_range::parse("0.0.0.0/0"), *address_range::parse("2001:db8::/32")};
    connection_services services_{
        .executor = context_.get_executor(),
        .root = root_,
        .early = early_,
        .clock = clock_,
        .limits = limits,
        .deadlines = deadlines_,
        .readiness = readiness_,
        .areas = areas_,
        .serializer = serializer_,
        .trusted_proxies = proxies_};
    std::vector<asked> asked_;
    connection* connection_ = nullptr;
};

server_side& server() {
    static server_side instance;
    return instance;
}

// --- the client's side ---

class client {
public:
    client() : socket_{server().open()} {}

    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n > 0)
                bytes.remove_prefix(static_cast<std::size_t>(n));
            else if (errno != EAGAIN || !read())
                return;  // the server takes no more
            server().run();
        }
    }

    // False when there was nothing.
    bool read() {
        std::array<char, 16 * 1024> buffer;
        const std::size_t before = received_.size();
        for (ssize_t n = 0; (n = ::recv(socket_.get(), buffer.data(), buffer.size(), 0)) > 0; server().run())
            received_.append(buffer.data(), static_cast<std::size_t>(n));
        return received_.size() > before;
    }

    void send_no_more() {
        ::shutdown(socket_.get(), SHUT_WR);
        server().run();
    }

    const std::string& finish() {
        send_no_more();
        while (read()) {}
        return received_;
    }

private:
    descriptor socket_;
    std::string received_;
};

// --- what was answered ---

std::size_t to_number(std::string_view text) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    demand(error == std::errc{} && end == text.data() + text.size(), "a number is a number");
    return number;
}

struct answer {
    std::size_t status = 0;
    std::size_t size = 0;  // of its body
    bool close = false;
};

void read_field(answer& to, std::string_view line) {
    const std::size_t colon = line.find(": ");
    demand(colon != std::string_view::npos, "a field has a name and a value");
    const std::string_view name = line.substr(0, colon), value = line.substr(colon + 2);
    demand(!name.empty() && std::ranges::all_of(name, is_token_char), "a name is a token");
    demand(std::ranges::none_of(value, is_control), "a value has no control characters");
    if (name == "Content-Length") to.size = to_number(value);
    if (name == "Connection") to.close = value == "close";
}

answer read_answer_head(std::string_view head) {
    fuzz::input lines{reinterpret_cast<const std::uint8_t*>(head.data()), head.size()};
    const std::string_view first = lines.take("\r\n");
    demand(first.starts_with("HTTP/1.1 ") && first.size() > 13 && first[12] == ' ', "a status line");
    answer read{.status = to_number(first.substr(9, 3))};
    bool dated = false;
    std::size_t lengths = 0;
    while (!lines.empty()) {
        const std::string_view line = lines.take("\r\n");
        read_field(read, line);
        dated = dated || line.starts_with("Date: ");
        lengths += line.starts_with("Content-Length: ") ? 1 : 0;
    }
    demand(dated, "an answer has its date");
    demand(lengths == (read.status == 204 ? 0 : 1), "an answer says how long it is, once");
    return read;
}

// Takes the answers apart and returns them, less those that only say 'continue'; of a refusal the status, as
// the rest depends on how much of the request had come. `whole`: the last one must not be cut off.
std::string read_answers(std::string_view bytes, const std::vector<asked>& requests, bool whole) {
    std::string answers;
    std::size_t count = 0;
    bool closed = false;
    for (; !bytes.empty(); ++count) {
        demand(!closed, "nothing comes after the last answer");
        while (bytes.starts_with(continue_line)) bytes.remove_prefix(continue_line.size());
        const std::size_t head_end = bytes.find("\r\n\r\n");
        if (head_end == std::string_view::npos) {
            demand(!whole || bytes.empty(), "an answer is whole");
            break;
        }
        demand(count <= requests.size(), "nothing is answered but requests, and one that is refused");
        const answer next = read_answer_head(bytes.substr(0, head_end));
        const bool refused = count == requests.size();
        demand(!refused || (next.status >= 400 && next.close), "a refusal ends the connection");
        closed = next.close;
        std::string_view body = bytes.substr(head_end + 4);
        const bool without_body = refused ? body.empty() : requests[count].head;
        const std::size_t size = without_body ? 0 : next.size;
        if (body.size() < size) {
            demand(!whole, "a body is whole");
            break;
        }
        body = body.substr(0, size);
        if (!refused && requests[count].answer && !without_body)
            demand(body == *requests[count].answer, "the handler's answer goes to who asked");
        answers.append(refused ? std::to_string(next.status) : bytes.substr(0, head_end + 4 + size));
        bytes.remove_prefix(head_end + 4 + size);
    }
    const auto due = std::ranges::count(requests, false, &asked::waits);
    demand(!whole || count >= static_cast<std::size_t>(due), "every request is answered");
    return answers;
}

// --- the two runs ---

// Whatever was going on, the server can end it.
void end_all() {
    server().cut_off();
    demand(server().ended(), "a connection that is cut off ends");
}

std::string answers_to(std::string_view bytes) {
    std::string received;
    {
        client client;
        client.send(bytes);
        received = client.finish();
        end_all();
    }
    return read_answers(received, server().all_asked(), true);
}

struct play {
    std::string answers;
    bool disturbed = false;  // by more than how the bytes were cut
};

play answers_to(std::string_view bytes, std::string_view steps) {
    play result;
    std::string received;
    {
        client client;
        for (const char step : steps) {
            std::size_t size = 0;
            if (step >= 'a' && step <= 'z') size = static_cast<std::size_t>(step - 'a') + 1;
            if (step >= 'A' && step <= 'Z') size = 32 * (static_cast<std::size_t>(step - 'A') + 1);
            client.send(bytes.substr(0, size));
            bytes.remove_prefix(std::min(size, bytes.size()));
            if (step == '.') client.read();
            if (step == '-') client.send_no_more();
            if (step == '!') server().let_time_pass();
            if (step == '~') server().drain();
            if (step == '#') server().cut_off();
            result.disturbed =
                result.disturbed || std::string_view{"-!~#"}.find(step) != std::string_view::npos;
        }
        client.send(bytes);
        received = client.finish();
        end_all();
    }
    result.answers = read_answers(received, server().all_asked(), !result.disturbed);
    return result;
}

void check(std::string_view steps, std::string_view bytes) {
    const std::string whole = answers_to(bytes);
    const play cut = answers_to(bytes, steps);
    if (cut.disturbed || cut.answers == whole) return;
    std::fprintf(stderr, "--- whole\n%s\n--- in pieces\n%s\n", whole.c_str(), cut.answers.c_str());
    demand(false, "the answers do not depend on how the bytes are cut");
}

}  // namespace
}  // namespace cookieshop::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    cookieshop::fuzz::input input{bytes, size};
    const std::string_view steps = input.line();
    cookieshop::http::check(steps, input.rest());
    return 0;
}
