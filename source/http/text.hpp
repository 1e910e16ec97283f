// Small rules about bytes that several parsers of this layer share.

#pragma once

#include <array>
#include <string>
#include <string_view>

namespace cookieshop::http {

inline constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
inline constexpr bool is_alpha(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// CTL of RFC 5234; a tab is one too.
inline constexpr bool is_control(char c) noexcept {
    return (c >= '\0' && c < ' ') || c == '\x7f';
}

// Small enough to stay in the cache: parsers ask it for every byte.
using char_table = std::array<bool, 256>;

constexpr char_table letters_digits_and(std::string_view punctuation) noexcept {
    char_table table{};
    for (unsigned char c = 0; c < 128; ++c) {
        const char letter = static_cast<char>(c);
        table[c] = is_alpha(letter) || is_digit(letter) || punctuation.find(letter) != std::string_view::npos;
    }
    return table;
}

// tchar of RFC 9110, 5.6.2.
bool is_token_char(char c) noexcept;

// The same but for the case of ASCII letters. Beast's function of that name reads a byte beyond its
// arguments.
bool iequals(std::string_view a, std::string_view b) noexcept;

// The value of a hexadecimal digit, or -1.
int unhex(char c) noexcept;

// Well-formed UTF-8 (Unicode 15, table 3-7): no overlong forms, no surrogates.
bool is_utf8(std::string_view text) noexcept;

// Without the spaces and tabs around it (OWS of RFC 9110, 5.6.3).
std::string_view trim(std::string_view text) noexcept;

// Takes the next part, up to `separator`, off the front of `rest`, trimmed. Precondition: `rest` is not
// empty.
std::string_view take_part(std::string_view& rest, char separator) noexcept;

// Appends `text` with its %XX decoded, and with `plus_is_space` its '+' too. False when an escape is broken.
bool percent_decode(std::string& out, std::string_view text, bool plus_is_space);

}  // namespace cookieshop::http
