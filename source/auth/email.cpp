#include "cookieshop/auth/email.hpp"

#include "auth/ascii.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace cookieshop::auth {
namespace {

constexpr std::size_t email_bytes_max = 254;  // RFC 5321, 4.5.3.1.3: a path of 256 without its angle brackets

struct code_range {
    char32_t first, last;
};

// What can't be seen, or reads as a gap: two addresses that look the same must not differ in it. From the
// Unicode Character Database 15.0: the general categories Cc, Cf, Zs, Zl and Zp (DerivedGeneralCategory.txt),
// the property Default_Ignorable_Code_Point (DerivedCoreProperties.txt), and two glyphs that are blank:
// U+2800, U+1D159.
constexpr auto unseen = std::to_array<code_range>({
    {0x0000, 0x0020},   {0x007F, 0x00A0},   {0x00AD, 0x00AD},   {0x034F, 0x034F},   {0x0600, 0x0605},
    {0x061C, 0x061C},   {0x06DD, 0x06DD},   {0x070F, 0x070F},   {0x0890, 0x0891},   {0x08E2, 0x08E2},
    {0x115F, 0x1160},   {0x1680, 0x1680},   {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x2000, 0x200F},
    {0x2028, 0x202F},   {0x205F, 0x206F},   {0x2800, 0x2800},   {0x3000, 0x3000},   {0x3164, 0x3164},
    {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},   {0x110BD, 0x110BD},
    {0x110CD, 0x110CD}, {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3}, {0x1D159, 0x1D159}, {0x1D173, 0x1D17A},
    {0xE0000, 0xE0FFF},
});

bool is_unseen(char32_t c) noexcept {
    const auto candidate = std::ranges::lower_bound(unseen, c, {}, &code_range::last);
    return candidate != unseen.end() && candidate->first <= c;
}

// Bytes of a sequence by its first one, and the least code point that needs so many: a smaller one is an
// overlong form, which is not UTF-8 (RFC 3629, 3).
struct sequence {
    std::size_t size;
    char32_t lead_bits, least;
};

std::optional<sequence> sequence_of(unsigned char lead) noexcept {
    if (lead < 0x80) return sequence{1, lead, 0};
    if ((lead & 0xE0) == 0xC0) return sequence{2, lead & 0x1Fu, 0x80};
    if ((lead & 0xF0) == 0xE0) return sequence{3, lead & 0x0Fu, 0x800};
    if ((lead & 0xF8) == 0xF0) return sequence{4, lead & 0x07u, 0x10000};
    return std::nullopt;
}

// Takes a code point off `rest`; none where it is not UTF-8. Precondition: `rest` is not empty.
std::optional<char32_t> next_code_point(std::string_view& rest) noexcept {
    const auto expected = sequence_of(static_cast<unsigned char>(rest.front()));
    if (!expected || rest.size() < expected->size) return std::nullopt;
    char32_t code = expected->lead_bits;
    for (const char byte : rest.substr(1, expected->size - 1)) {
        if ((static_cast<unsigned char>(byte) & 0xC0) != 0x80) return std::nullopt;
        code = code << 6 | (static_cast<unsigned char>(byte) & 0x3Fu);
    }
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (code < expected->least || code > 0x10FFFF || surrogate) return std::nullopt;
    rest.remove_prefix(expected->size);
    return code;
}

bool is_visible_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto code = next_code_point(text);
        if (!code || is_unseen(*code)) return false;
    }
    return true;
}

// As browsers trim the value of an email field (WHATWG Infra, 'ASCII whitespace').
std::string_view trimmed(std::string_view text) noexcept {
    constexpr std::string_view white_space = " \t\n\f\r";
    const auto first = text.find_first_not_of(white_space);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(white_space) - first + 1);
}

}  // namespace

std::optional<std::string> parse_email(std::string_view typed) {
    const std::string_view email = trimmed(typed);
    if (email.empty() || email.size() > email_bytes_max) return std::nullopt;
    const auto at = email.find('@');
    const bool one_inside =
        at != std::string_view::npos && at == email.rfind('@') && at > 0 && at + 1 < email.size();
    if (!one_inside || !is_visible_utf8(email)) return std::nullopt;
    return std::string{email};
}

std::string fold_email(std::string_view email) {
    std::string folded{email};
    std::ranges::transform(folded, folded.begin(), ascii::to_lower);
    return folded;
}

}  // namespace cookieshop::auth
