// Tells the connections of one io thread when their sockets can be read or written.
//
// The sockets are in an epoll set of their own, and that set is a single descriptor in Asio's loop. A socket
// is registered once, edge-triggered, for both directions; what the kernel said is remembered, so that a
// system call is made only when it will achieve something: under load a request costs one recv and one send,
// and a batch of up to `batch_max` events one epoll_wait. Asio's own sockets cost a failing recv more for
// every request.
//
// Everything here is used on that io thread alone.

#pragma once

#include "cookieshop/util/task.hpp"
#include "http/deadlines.hpp"
#include "http/descriptor.hpp"

#include <boost/asio/deferred.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <sys/epoll.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <optional>
#include <span>

namespace cookieshop::http {

class watched_socket;

class readiness {
public:
    // `deadlines` gets the time refreshed before every batch.
    readiness(io_executor executor, deadlines& deadlines);

    // From here on events are delivered, until `close`.
    void start();
    void close();

private:
    friend watched_socket;

    static constexpr std::size_t batch_max = 256;
    static constexpr int rounds_max = 8;  // then the other work of the io thread has its turn

    void add(watched_socket& socket, int fd);
    void forget(const watched_socket& socket) noexcept;
    void await_events();
    void deliver_events();
    bool deliver_batch();

    asio::posix::basic_stream_descriptor<io_executor> set_;
    deadlines& deadlines_;
    std::array<epoll_event, batch_max> batch_;
    std::size_t next_ = 0, count_ = 0;  // what of the batch is not delivered yet
};

enum class wake { ready, timed_out };
enum class direction { input, output };

enum class outcome { done, blocked, closed };

struct io_result {
    http::outcome outcome;
    std::size_t bytes = 0;  // 0 unless done
};

// A connected, non-blocking socket. Its operations never wait; a coroutine that was told `blocked` awaits
// `ready`.
class watched_socket : public deadline_item {
public:
    watched_socket(readiness& readiness, descriptor socket);
    ~watched_socket();
    watched_socket(const watched_socket&) = delete;
    watched_socket& operator=(const watched_socket&) = delete;

    // False when a `receive` would be told `blocked` for sure.
    bool may_receive() const noexcept { return readable_; }

    io_result receive(std::span<char> buffer) noexcept;
    // Asks the kernel: something has come that was not received yet.
    bool has_input() noexcept;

    io_result discard(std::size_t bytes_max) noexcept;
    io_result send(std::span<const iovec> buffers) noexcept;

    void shut_down(int how) noexcept;

    // When it is closed, what the peer has not taken is dropped, and the peer is told with a reset. Else the
    // kernel keeps it, and offers it for minutes.
    void drop_what_is_not_taken() noexcept;

    // For `co_await`: resumes when the direction is ready or the deadline of the item has passed; one
    // coroutine at a time. Deferred, so that what waits is the caller itself and not one more coroutine
    // around this.
    auto ready(direction wanted) {
        auto initiate = [this, wanted](waiter handler) {
            wanted_ = wanted;
            waiter_.emplace(std::move(handler));
        };
        return asio::async_initiate<const asio::deferred_t, void(wake)>(initiate, asio::deferred);
    }

    bool awaited() const noexcept { return waiter_.has_value(); }

    // Resumes whoever waits, so that it looks again. The coroutine may destroy this object: touch it no more.
    void nudge();
    void time_out();

private:
    friend readiness;
    // Of a coroutine that awaits a deferred operation. Asio has no public name for it.
    using waiter = asio::detail::awaitable_async_op_handler<void(wake), io_executor>;

    void on_events(std::uint32_t events);
    void resume(wake reason);

    readiness& readiness_;
    descriptor socket_;
    bool readable_ = false;
    bool writable_ = true;
    bool hung_up_ = false;  // the peer sends nothing more: reads go on to the end, without another event
    direction wanted_ = direction::input;
    std::optional<waiter> waiter_;
};

}  // namespace cookieshop::http
