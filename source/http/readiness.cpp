#include "http/readiness.hpp"

#include <boost/asio/post.hpp>

#include <sys/socket.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace cookieshop::http {
namespace {

descriptor make_epoll_set() {
    const int fd = ::epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0) throw std::system_error{errno, std::system_category(), "epoll_create1"};
    return descriptor{fd};
}

// A single buffer, the usual case, needs no message header copied into the kernel.
ssize_t send_without_signal(int socket, std::span<const iovec> buffers) noexcept {
    if (buffers.size() == 1) return ::send(socket, buffers[0].iov_base, buffers[0].iov_len, MSG_NOSIGNAL);
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(buffers.data());  // only read
    message.msg_iovlen = buffers.size();
    return ::sendmsg(socket, &message, MSG_NOSIGNAL);
}

void prefetch(const void* object) noexcept {
    constexpr std::size_t line = 64;
    for (std::size_t at = 0; at < sizeof(watched_socket); at += line)
        __builtin_prefetch(static_cast<const std::byte*>(object) + at);
}

bool would_block(int error) noexcept {
    return error == EAGAIN || error == EWOULDBLOCK;
}

}  // namespace

readiness::readiness(io_executor executor, deadlines& deadlines)
    : set_{executor, make_epoll_set().release()}, deadlines_{deadlines} {}

void readiness::start() {
    await_events();
}

void readiness::close() {
    set_.close();
}

void readiness::add(watched_socket& socket, int fd) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = &socket;
    if (::epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, fd, &event) < 0) {
        throw std::system_error{errno, std::system_category(), "epoll_ctl"};
    }
}

// Closing a socket takes it out of the set, but not out of a batch that was fetched already.
void readiness::forget(const watched_socket& socket) noexcept {
    for (std::size_t i = next_; i < count_; ++i) {
        if (batch_[i].data.ptr == &socket) batch_[i].data.ptr = nullptr;
    }
}

void readiness::await_events() {
    set_.async_wait(asio::posix::descriptor_base::wait_read, [this](error_code error) {
        if (!error) deliver_events();
    });
}

void readiness::deliver_events() {
    for (int round = 0; round < rounds_max; ++round) {
        if (!deliver_batch()) return await_events();
    }
    asio::post(set_.get_executor(), [this] {
        if (set_.is_open()) deliver_events();
    });
}

// False when there was nothing to deliver.
bool readiness::deliver_batch() {
    const int ready = ::epoll_wait(set_.native_handle(), batch_.data(), static_cast<int>(batch_.size()), 0);
    if (ready <= 0) return false;
    deadlines_.refresh();
    next_ = 0;
    count_ = static_cast<std::size_t>(ready);
    while (next_ < count_) {
        const epoll_event event = batch_[next_++];
        // With many connections the next one is not in the cache: it can come while this one is served.
        if (next_ < count_ && batch_[next_].data.ptr) prefetch(batch_[next_].data.ptr);
        if (event.data.ptr) static_cast<watched_socket*>(event.data.ptr)->on_events(event.events);
    }
    return true;
}

watched_socket::watched_socket(readiness& readiness, descriptor socket)
    : readiness_{readiness}, socket_{std::move(socket)} {
    readiness_.add(*this, socket_.get());
}

watched_socket::~watched_socket() {
    readiness_.forget(*this);
}

io_result watched_socket::receive(std::span<char> buffer) noexcept {
    const ssize_t n = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (n == 0) return {outcome::closed};
    if (n < 0) {
        readable_ = false;
        return {would_block(errno) ? outcome::blocked : outcome::closed};
    }
    const auto bytes = static_cast<std::size_t>(n);
    // Fewer than there was room for: the kernel has no more, and the next event will tell (epoll(7), question
    // 9).
    if (bytes < buffer.size() && !hung_up_) readable_ = false;
    return {outcome::done, bytes};
}

bool watched_socket::has_input() noexcept {
    char first{};
    const bool has = ::recv(socket_.get(), &first, sizeof first, MSG_PEEK | MSG_DONTWAIT) > 0;
    readable_ = readable_ || has;
    return has;
}

io_result watched_socket::discard(std::size_t bytes_max) noexcept {
    const ssize_t n = ::recv(socket_.get(), nullptr, bytes_max, MSG_TRUNC);  // TCP drops the bytes: tcp(7)
    if (n > 0) return {outcome::done, static_cast<std::size_t>(n)};
    if (n == 0 || !would_block(errno)) return {outcome::closed};
    readable_ = false;
    return {outcome::blocked};
}

io_result watched_socket::send(std::span<const iovec> buffers) noexcept {
    const ssize_t n = send_without_signal(socket_.get(), buffers);
    if (n >= 0) return {outcome::done, static_cast<std::size_t>(n)};
    if (!would_block(errno)) return {outcome::closed};
    writable_ = false;
    return {outcome::blocked};
}

void watched_socket::shut_down(int how) noexcept {
    ::shutdown(socket_.get(), how);  // fails only when the peer is gone, which the next operation tells
}

void watched_socket::drop_what_is_not_taken() noexcept {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void watched_socket::nudge() {
    readable_ = writable_ = true;
    if (waiter_) resume(wake::ready);
}

void watched_socket::time_out() {
    if (waiter_) resume(wake::timed_out);
}

void watched_socket::on_events(std::uint32_t events) {
    const bool failed = (events & (EPOLLERR | EPOLLHUP)) != 0;
    hung_up_ = hung_up_ || failed || (events & EPOLLRDHUP) != 0;
    readable_ = readable_ || hung_up_ || (events & EPOLLIN) != 0;
    writable_ = writable_ || failed || (events & EPOLLOUT) != 0;
    if (waiter_ && (wanted_ == direction::input ? readable_ : writable_)) resume(wake::ready);
}

void watched_socket::resume(wake reason) {
    waiter resumed = std::move(*waiter_);
    waiter_.reset();
    std::move(resumed)(reason);
}

}  // namespace cookieshop::http
