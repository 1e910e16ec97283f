#include "http/body_reader.hpp"

#include "http/text.hpp"

#include <sodium/utils.h>

#include <algorithm>

namespace cookieshop::http {
namespace {

constexpr unsigned size_digits_max = 8;  // 4 GiB less one: over any limit on bodies, far from overflow
constexpr std::size_t overhead_bytes_max = 4096;  // of all extensions and trailers together

}  // namespace

body_reader body_reader::counted(std::uint64_t length) noexcept {
    body_reader reader{length};
    reader.remaining_ = length;
    reader.place_ = place::data;
    if (length == 0) reader.progress_ = progress::complete;
    return reader;
}

body_reader body_reader::chunked(std::uint64_t bytes_max) noexcept {
    body_reader reader{bytes_max};
    reader.chunked_ = true;
    return reader;
}

std::size_t body_reader::read(std::string_view bytes) {
    std::size_t used = 0;
    while (progress_ == progress::incomplete && used < bytes.size()) {
        if (place_ == place::data)
            used += take_data(bytes.substr(used));
        else
            take_framing(bytes[used++]);
    }
    return used;
}

std::size_t body_reader::take_data(std::string_view bytes) {
    const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, bytes.size()));
    make_room(size);
    body_.append(bytes.substr(0, size));
    remaining_ -= size;
    if (remaining_ > 0) return size;
    if (chunked_)
        place_ = place::data_return;
    else
        progress_ = progress::complete;
    return size;
}

body_reader::~body_reader() {
    wipe();
}

void body_reader::wipe() noexcept {
    body_.resize(body_.capacity());
    sodium_memzero(body_.data(), body_.size());
}

// Not as a string grows, which leaves what it held to whoever gets that memory next.
void body_reader::make_room(std::size_t size) {
    if (body_.capacity() - body_.size() >= size) return;
    std::string larger;
    larger.reserve(std::max(2 * body_.capacity(), body_.size() + size));
    larger = body_;
    wipe();
    body_.swap(larger);
}

/*
    chunked-body   = *chunk last-chunk trailer-section CRLF
    chunk          = chunk-size [ chunk-ext ] CRLF chunk-data CRLF
    last-chunk     = 1*"0" [ chunk-ext ] CRLF
    trailer-section = *( field-line CRLF )                  (RFC 9112, 7.1)
*/
void body_reader::take_framing(char c) noexcept {
    switch (place_) {
    case place::size: return take_size(c);
    case place::extension: return skip_line(c, place::size_feed);
    case place::size_feed: expect(c, '\n', place::data); return begin_data();
    case place::data:  // take_data
    case place::done: return;
    case place::data_return: return expect(c, '\r', place::data_feed);
    case place::data_feed: return expect(c, '\n', place::size);
    case place::trailer:
        // One begins with its name: what is folded or has no name is as ambiguous here as in a header.
        if (!is_token_char(c)) return expect(c, '\r', place::last_feed);
        place_ = place::trailer_name;
        return take_trailer_name(c);
    case place::trailer_name: return take_trailer_name(c);
    case place::trailer_value: return skip_line(c, place::trailer_feed);
    case place::trailer_feed: return expect(c, '\n', place::trailer);
    case place::last_feed:
        expect(c, '\n', place::done);
        if (progress_ == progress::incomplete) progress_ = progress::complete;
        return;
    }
}

void body_reader::take_size(char c) noexcept {
    const int digit = unhex(c);
    if (digit >= 0 && size_digits_ < size_digits_max) {
        ++size_digits_;
        remaining_ = remaining_ * 16 + static_cast<unsigned>(digit);
    } else if (size_digits_ == 0 || digit >= 0) {
        progress_ = progress::malformed;
    } else if (c == ';') {
        place_ = place::extension;
    } else {
        expect(c, '\r', place::size_feed);
    }
}

void body_reader::begin_data() noexcept {
    size_digits_ = 0;
    if (progress_ != progress::incomplete) return;
    if (remaining_ == 0)
        place_ = place::trailer;
    else if (remaining_ > bytes_max_ - body_.size())
        progress_ = progress::too_large;
}

void body_reader::expect(char c, char wanted, place next) noexcept {
    if (c == wanted)
        place_ = next;
    else
        progress_ = progress::malformed;
}

void body_reader::take_trailer_name(char c) noexcept {
    if (c == ':')
        place_ = place::trailer_value;
    else if (!is_token_char(c) || ++overhead_ > overhead_bytes_max)
        progress_ = progress::malformed;
}

void body_reader::skip_line(char c, place feed) noexcept {
    if (c == '\r')
        place_ = feed;
    else if ((is_control(c) && c != '\t') || ++overhead_ > overhead_bytes_max)
        progress_ = progress::malformed;
}

}  // namespace cookieshop::http
