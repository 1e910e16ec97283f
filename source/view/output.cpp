#include "cookieshop/view/output.hpp"

#include <bit>
#include <charconv>

namespace cookieshop::view {
namespace {

constexpr std::string_view specials = "&<>\"'";
constexpr std::array<std::string_view, specials.size()> escapes{"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};

// Small enough to stay in the cache: escaping asks it for every byte.
constexpr std::array<bool, 256> is_special = [] {
    std::array<bool, 256> result{};
    for (const char c : specials) result[static_cast<unsigned char>(c)] = true;
    return result;
}();

std::size_t plain_prefix(std::string_view text) noexcept {
    std::size_t plain = 0;
    while (plain < text.size() && !is_special[static_cast<unsigned char>(text[plain])]) ++plain;
    return plain;
}

// GCC's and Clang's vectors: one comparison looks at all bytes of a block.
using block = char __attribute__((vector_size(16)));

bool is_plain_block(const char* text) noexcept {
    block bytes;
    std::memcpy(&bytes, text, sizeof bytes);
    const auto special = (bytes == '&') | (bytes == '<') | (bytes == '>') | (bytes == '"') | (bytes == '\'');
    const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(special);
    return (halves[0] | halves[1]) == 0;
}

// Most texts are, and most are short: block by block, the last of which overlaps the one before it.
bool is_plain(std::string_view text) noexcept {
    if (text.size() < sizeof(block)) return plain_prefix(text) == text.size();
    const char* const last = text.data() + text.size() - sizeof(block);
    for (const char* at = text.data(); at < last; at += sizeof(block)) {
        if (!is_plain_block(at)) return false;
    }
    return is_plain_block(last);
}

}  // namespace

void output::append_escaped(std::string_view piece) {
    while (!is_plain(piece)) {
        const std::size_t plain = plain_prefix(piece);
        append(piece.substr(0, plain));
        append(escapes[specials.find(piece[plain])]);
        piece.remove_prefix(plain + 1);
    }
    append(piece);
}

void output::append_number(std::int64_t number) {
    std::array<char, 20> digits;
    const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    append({digits.data(), end});
}

void output::flush() {
    text_.append(block_.data(), used_);
    used_ = 0;
}

void output::append_past_block(std::string_view piece) {
    flush();
    if (piece.size() <= block_.size())
        append(piece);
    else
        text_.append(piece);
}

}  // namespace cookieshop::view
