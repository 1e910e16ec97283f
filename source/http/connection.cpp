#include "http/connection.hpp"

#include "cookieshop/http/error_page.hpp"
#include "cookieshop/http/forwarded.hpp"
#include "cookieshop/http/security_log.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <sys/socket.h>

#include <array>
#include <span>
#include <utility>

namespace cookieshop::http {
namespace {

// Answers to pipelined requests are gathered up to this size and then sent together.
constexpr std::size_t output_gathered_max = 64 * 1024;

// Then the other connections of the thread have their turn: a client that sends one request after the other
// without waiting would keep the loop to itself.
constexpr unsigned answers_in_a_turn = 32;

// A stop answers the pipelined requests that have come by then, up to this many a connection.
constexpr unsigned answers_while_draining_max = 1000;

// What is read and dropped after a refusal, or the last answer before a stop, so that the client gets to see
// it: closing a socket with unread bytes makes the kernel send a reset, which may overtake the answer (RFC
// 9112, 9.6).
constexpr std::size_t lingering_bytes_max = 1024 * 1024;

constexpr refusal too_slow{status::request_timeout, "The request took too long."};

constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

connection::connection(connection_services& services, descriptor socket, asio::ip::address client)
    : services_{services}, socket_{services.readiness, std::move(socket)}, client_{std::move(client)} {
    services_.deadlines.set(socket_, deadline::header);
}

task<> connection::serve(std::unique_ptr<connection> owned) {
    connection& self = *owned;
    step next{};
    unsigned answers = 0;
    while ((next = self.receive()) != step::end) {
        if (next == step::wait) {
            if (auto rest = self.flush()) co_await std::move(*rest);
            if (self.must_not_wait()) continue;
            self.become_idle();
            const wake reason = co_await self.socket_.ready(direction::input);
            if (reason == wake::ready) continue;
            next = self.time_out();
        }
        if (next == step::read_body) next = co_await self.read_body();
        if (next == step::handle) {
            if (auto rest = self.handle()) co_await self.await_handler(std::move(*rest));
            next = step::respond;
        }
        if (next == step::respond) {
            if (auto rest = self.respond()) co_await std::move(*rest);
            if (++answers % answers_in_a_turn == 0) co_await asio::post(self.services_.executor, use_task);
        }
    }
    if (auto rest = self.flush()) co_await std::move(*rest);
    if (!self.given_up_ && (self.lingers_ || self.has_unread())) co_await self.linger();
}

void connection::cut_off() {
    cut_off_ = true;
    closing_ = true;  // what else came is not even read: a handler would do what nobody is told
    socket_.shut_down(SHUT_RDWR);
    if (socket_.awaited())
        socket_.nudge();
    else
        cancel_.emit(asio::cancellation_type::terminal);
}

// --- reading ---

// Reads on until a request is whole or the socket has no more.
connection::step connection::receive() {
    while (!closing_) {
        if (area_ && !area_->unread().empty()) {
            const step next = parse();
            if (next != step::wait) return next;
        }
        if (socket_.may_receive() && fill()) continue;
        if (services_.draining && !has_unread()) closing_ = true;
        if (!closing_) return step::wait;
    }
    return step::end;
}

// False when nothing came: the socket is drained or, then `closing_` is set, at its end.
bool connection::fill() {
    work_area& input = area();
    const io_result result = socket_.receive(input.room());
    input.received(result.bytes);
    if (result.outcome == outcome::closed) closing_ = true;  // cut off, it stays so
    return result.outcome == outcome::done;
}

connection::step connection::parse() {
    work_area& input = area();
    request& request = input.exchange.request;
    const std::string_view bytes = input.unread();
    input.head = read_head(bytes, services_.limits, request, input.decoded_path);
    if (input.head.verdict == verdict::incomplete) return step::wait;
    if (input.head.verdict == verdict::refused) return refuse(input.head.refusal);
    // Before 100 or 411: a body would change nothing. None is read then, as nobody knows whether it comes.
    if ((input.head.expects_continue || input.head.lacks_length) && answer_early())
        return respond_and_close();
    if (input.head.lacks_length) return refuse({status::length_required, {}});

    const bool whole = !input.head.chunked && bytes.size() - input.head.size >= input.head.content_length;
    if (!whole) return step::read_body;
    request.body = bytes.substr(input.head.size, static_cast<std::size_t>(input.head.content_length));
    input.request_size = input.head.size + request.body.size();
    return step::handle;
}

// The slow way: a body in chunks, or one that has not come with its header. While this waits it keeps the
// bytes of the header and what there is of the body, and no work area; the header is parsed again when more
// has come.
task<connection::step> connection::read_body() {
    const request_head head = area_->head;
    const std::string header{area_->unread().substr(0, head.size)};
    body_reader reader = head.chunked ? body_reader::chunked(services_.limits.body_bytes_max)
                                      : body_reader::counted(head.content_length);

    area_->request_size = head.size + reader.read(area_->unread().substr(head.size));
    if (head.expects_continue && area_->unread().size() == head.size) area_->output += continue_line;
    if (auto rest = flush()) co_await std::move(*rest);
    services_.deadlines.set(socket_, deadline::body);
    while (reader.state() == body_reader::progress::incomplete && !closing_) {
        area_->drop_request();
        area_.reset();
        wake reason = wake::ready;
        if (!socket_.may_receive()) reason = co_await socket_.ready(direction::input);
        reload(header);
        if (reason == wake::timed_out) co_return refuse(too_slow);
        fill();
        area_->request_size = head.size + reader.read(area_->unread().substr(head.size));
    }
    co_return end_body(reader);
}

// A fresh work area with a request whose header was parsed before.
void connection::reload(std::string_view header) {
    work_area& input = area();
    input.load(header);
    input.head = read_head(input.unread(), services_.limits, input.exchange.request, input.decoded_path);
}

connection::step connection::end_body(body_reader& reader) {
    switch (reader.state()) {
    case body_reader::progress::incomplete: return step::end;
    case body_reader::progress::malformed: return refuse({status::bad_request, "The body is malformed."});
    case body_reader::progress::too_large: return refuse({status::payload_too_large, {}});
    case body_reader::progress::complete: break;
    }
    area_->body = std::move(reader.body());
    area_->exchange.request.body = area_->body;
    return step::handle;
}

// --- answering ---

http::exchange& connection::begin_exchange() {
    http::exchange& exchange = area_->exchange;
    exchange.response.clear();
    exchange.params = {};
    exchange.now = services_.clock.now();
    exchange.client = client_;
    exchange.secure = services_.over_tls;
    if (!services_.trusted_proxies.empty()) believe(services_.trusted_proxies, exchange);
    return exchange;
}

connection::step connection::refuse(const refusal& refusal) {
    http::exchange& exchange = begin_exchange();
    const std::string status = std::to_string(static_cast<unsigned>(refusal.status));
    log_refusal(exchange, {}, "request", "refused", {{"status", status}});
    fail(exchange, refusal.status, refusal.detail);
    return respond_and_close();
}

bool connection::answer_early() {
    http::exchange& exchange = begin_exchange();
    return services_.early && services_.early(exchange);
}

// Where such a request ends is not known, or not worth reading on for: the connection ends with the answer.
connection::step connection::respond_and_close() {
    area_->head.keep_alive = false;
    area_->request_size = 0;
    lingers_ = true;
    return step::respond;
}

pending connection::handle() {
    http::exchange& exchange = begin_exchange();
    try {
        return services_.root(exchange);
    } catch (...) {
        fail(exchange, std::current_exception());
        return std::nullopt;
    }
}

// Runs as a coroutine of its own so that it can be cancelled, and `serve` cannot.
task<> connection::await_handler(task<> handler) {
    services_.deadlines.clear(socket_);
    if (auto rest = flush()) co_await std::move(*rest);  // earlier answers don't wait for this one
    if (cut_off_) co_return;
    std::exception_ptr failure;
    try {
        auto cancellable = asio::bind_cancellation_slot(cancel_.slot(), use_task);
        co_await asio::co_spawn(services_.executor, std::move(handler), cancellable);
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) fail(area_->exchange, failure);
}

pending connection::respond() {
    // The one for the next request is put off when it is waited for; until then nothing waits, and so nothing
    // times out.
    if (!socket_.has(deadline::keep_alive)) services_.deadlines.clear(socket_);
    work_area& area = *area_;
    const http::exchange& exchange = area.exchange;
    const bool last = services_.draining && !more_was_received();
    const bool keep_alive = area.head.keep_alive && !exchange.response.close && !last;
    lingers_ = lingers_ || last;
    area.output_tail = services_.serializer.append(area.output, exchange, keep_alive);
    area.drop_request();
    answered_ = true;
    closing_ = closing_ || !keep_alive;
    if (area.output_tail.empty() && area.output.size() < output_gathered_max) return std::nullopt;
    return flush();
}

// While it drains: what had come before is answered, but a client that never pauses does not hold up the
// stop.
bool connection::more_was_received() {
    if (answers_while_draining_ == answers_while_draining_max) return false;
    ++answers_while_draining_;
    return area_->unread().size() > area_->request_size || socket_.has_input();
}

pending connection::flush() {
    if (!area_ || (area_->output.empty() && area_->output_tail.empty())) return std::nullopt;
    if (send() != outcome::blocked) return std::nullopt;
    return flush_when_writable();
}

// One deadline for all of it: a peer that takes a byte now and then would hold the memory for ever.
task<> connection::flush_when_writable() {
    services_.deadlines.set(socket_, deadline::write);
    do {
        const wake reason = co_await socket_.ready(direction::output);
        if (reason == wake::timed_out) {
            socket_.drop_what_is_not_taken();
            co_return give_up();
        }
    } while (send() == outcome::blocked);
    services_.deadlines.clear(socket_);
}

outcome connection::send() {
    work_area& area = *area_;
    while (area.sent < area.output.size() + area.output_tail.size()) {
        const std::array<iovec, 2> parts = area.unsent();
        const io_result result = socket_.send(std::span{parts}.first(parts[1].iov_len > 0 ? 2 : 1));
        if (result.outcome == outcome::blocked) return outcome::blocked;
        if (result.outcome == outcome::closed) {
            give_up();
            return outcome::closed;
        }
        area.sent += result.bytes;
    }
    area.drop_output();
    return outcome::done;
}

void connection::give_up() {
    closing_ = given_up_ = true;
    area_->drop_output();
}

// --- waiting ---

void connection::become_idle() {
    if (area_) kept_ = area_->unread();
    area_.reset();
    if (!kept_.empty()) {
        // Counts from the first byte: more of them don't extend it.
        if (!socket_.has(deadline::header)) services_.deadlines.set(socket_, deadline::header);
    } else if (answered_) {
        services_.deadlines.set(socket_, deadline::keep_alive);
    }
}

// Who sent nothing is not waiting for an answer.
connection::step connection::time_out() {
    if (!has_unread()) {
        closing_ = true;
        return step::end;
    }
    salvage(area().unread(), area().exchange.request);
    return refuse(too_slow);
}

task<> connection::linger() {
    socket_.shut_down(SHUT_WR);
    area_.reset();
    services_.deadlines.set(socket_, deadline::linger);
    for (std::size_t left = lingering_bytes_max; left > 0;) {
        const io_result result = socket_.discard(left);
        left -= result.bytes;
        if (result.outcome == outcome::closed) co_return;
        if (result.outcome == outcome::done) continue;
        const wake reason = co_await socket_.ready(direction::input);
        if (reason == wake::timed_out) co_return;
    }
}

work_area& connection::area() {
    if (!area_) {
        area_ = services_.areas.lend();
        area_->load(kept_);
        std::string{}.swap(kept_);
    }
    return *area_;
}

}  // namespace cookieshop::http
