#include "cookieshop/util/random.hpp"

#include <sodium/randombytes.h>
#include <sodium/utils.h>

#include <algorithm>

namespace cookieshop {

random_token random_token::generate() {
    std::array<unsigned char, 16> bytes;
    randombytes_buf(bytes.data(), bytes.size());
    std::array<char, size + 1> text;
    sodium_bin2base64(
        text.data(), text.size(), bytes.data(), bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING
    );
    random_token token;
    std::copy_n(text.begin(), size, token.text_.begin());
    return token;
}

std::optional<random_token> random_token::parse(std::string_view text) noexcept {
    const auto in_alphabet = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'
               || c == '_';
    };
    if (text.size() != size || !std::ranges::all_of(text, in_alphabet)) return std::nullopt;
    random_token token;
    std::ranges::copy(text, token.text_.begin());
    return token;
}

}  // namespace cookieshop
