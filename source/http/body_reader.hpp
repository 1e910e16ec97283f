// A request's body as it arrives: counted or chunked, collected whole. It may hold a password: no copy of it
// is left behind.

#pragma once

#include "cookieshop/http/response.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cookieshop::http {

// Chunk extensions and trailers are read over and dropped, and are bounded: nobody needs them, and without a
// limit they would keep a connection busy with nothing.
class body_reader {
public:
    enum class progress { incomplete, complete, malformed, too_large };

    body_reader(body_reader&&) = default;
    body_reader& operator=(body_reader&&) = delete;
    ~body_reader();

    static body_reader counted(std::uint64_t length) noexcept;
    static body_reader chunked(std::uint64_t bytes_max) noexcept;

    // Takes what belongs to the body off the front of `bytes` and returns how many bytes that were; after
    // `complete` the rest is the next request's.
    std::size_t read(std::string_view bytes);

    progress state() const noexcept { return progress_; }

    // Precondition: complete.
    std::string& body() noexcept { return body_; }

private:
    // Where in the chunked coding the next byte stands (RFC 9112, 7.1).
    enum class place {
        size,
        extension,
        size_feed,
        data,
        data_return,
        data_feed,
        trailer,
        trailer_name,
        trailer_value,
        trailer_feed,
        last_feed,
        done,
    };

    explicit body_reader(std::uint64_t bytes_max) noexcept : bytes_max_{bytes_max} {}

    void wipe() noexcept;
    void make_room(std::size_t size);
    std::size_t take_data(std::string_view bytes);
    void take_framing(char c) noexcept;
    void take_size(char c) noexcept;
    void begin_data() noexcept;
    void expect(char c, char wanted, place next) noexcept;
    void skip_line(char c, place feed) noexcept;
    void take_trailer_name(char c) noexcept;

    std::string body_;
    std::uint64_t bytes_max_;
    std::uint64_t remaining_ = 0;  // of the chunk, or of the counted body
    unsigned size_digits_ = 0;
    std::size_t overhead_ = 0;  // bytes of extensions and trailers
    bool chunked_ = false;
    place place_ = place::size;
    progress progress_ = progress::incomplete;
};

}  // namespace cookieshop::http
