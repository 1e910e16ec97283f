/// Where a page is written, in many small pieces.
///
/// They are gathered in a block on the stack before they go to the text: a piece costs a comparison and a
/// copy, which is less than `std::string::append` takes to find out that there is room. A value of one
/// thread; the text is the caller's, and complete after `flush`.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace cookieshop::view {

class output {
public:
    /// Appends to `text`.
    explicit output(std::string& text) noexcept : text_{text} {}
    output(const output&) = delete;
    output& operator=(const output&) = delete;

    void append(std::string_view piece) {
        if (piece.size() > block_.size() - used_) return append_past_block(piece);
        if (!piece.empty()) std::memcpy(block_.data() + used_, piece.data(), piece.size());
        used_ += piece.size();
    }

    void append(char c) { append({&c, 1}); }

    /// The same for the start of a longer text: `piece` is followed by `overrun` bytes that may be read. A
    /// copy of a fixed size is a few instructions; one of a size that is known only now is a call.
    static constexpr std::size_t overrun = 64;
    void append_start(std::string_view piece) {
        if (piece.size() > overrun || block_.size() - used_ < overrun) return append(piece);
        std::memcpy(block_.data() + used_, piece.data(), overrun);
        used_ += piece.size();
    }

    /// With the five characters that mean something in HTML replaced: & < > " '.
    void append_escaped(std::string_view piece);

    void append_number(std::int64_t number);

    /// At the end. Not left to a destructor: it may find no memory.
    void flush();

private:
    void append_past_block(std::string_view piece);

    std::string& text_;
    std::size_t used_ = 0;
    std::array<char, 2048> block_;  // left uninitialised: what is beyond `used_` is never read
};

}  // namespace cookieshop::view
