// The memory in which one request is read and answered.
//
// It is lent to a connection from the first byte that arrives until there is nothing left to do but to wait
// for more; an idle connection has none. The areas of an io thread are lent last in, first out: the one that
// is used is hot in the cache, and there are as many as there are requests under way at once, not as there
// are connections.

#pragma once

#include "cookieshop/http/exchange.hpp"
#include "http/request_parser.hpp"

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cookieshop::http {

class work_area {
public:
    explicit work_area(std::size_t input_size);

    // Bytes that were received and belong to no request that was answered.
    std::string_view unread() const noexcept { return {input_.get() + begin_, end_ - begin_}; }

    // Where to receive to. Moves the unread bytes to the front, so that no request may point to them.
    std::span<char> room() noexcept;
    void received(std::size_t bytes) noexcept { end_ += bytes; }

    // Replaces the unread bytes. Precondition: they fit.
    void load(std::string_view bytes) noexcept;

    // The request is answered: drops its bytes, and wipes its body, which may hold a password.
    void drop_request() noexcept;

    // What of the output is not sent yet.
    std::array<iovec, 2> unsent() const noexcept;
    void drop_output() noexcept;

    // Drops everything but the memory.
    void clear() noexcept;

    http::exchange exchange;
    request_head head;
    std::size_t request_size = 0;  // of head and body, as they were sent
    std::string decoded_path;
    std::string body;  // one that did not come with its header, or not in one piece

    std::string output;            // answers that are not sent yet
    std::string_view output_tail;  // a static body that follows them
    std::size_t sent = 0;          // how much of both is sent

private:
    void wipe(std::size_t offset, std::size_t size) noexcept;

    std::unique_ptr<char[]> input_;
    std::size_t input_size_;
    std::size_t begin_ = 0, end_ = 0;
};

class work_area_pool;

struct return_to_pool {
    work_area_pool* pool = nullptr;
    void operator()(work_area* area) const noexcept;
};

using work_area_loan = std::unique_ptr<work_area, return_to_pool>;

class work_area_pool {
public:
    explicit work_area_pool(std::size_t input_size);

    work_area_loan lend();

private:
    friend return_to_pool;

    static constexpr std::size_t kept_max = 64;
    static constexpr std::size_t text_kept_max = 64 * 1024;  // longer strings are not worth keeping

    void take_back(std::unique_ptr<work_area> area) noexcept;

    std::size_t input_size_;
    std::vector<std::unique_ptr<work_area>> free_;
};

}  // namespace cookieshop::http
