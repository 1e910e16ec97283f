#include "cookieshop/auth/email.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <string>
#include <string_view>
#include <vector>

using cookieshop::auth::fold_email;
using cookieshop::auth::parse_email;

namespace {

std::string utf8(char32_t c) {
    const auto tail = [c](unsigned shift) { return static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
    if (c < 0x80) return {static_cast<char>(c)};
    if (c < 0x800) return {static_cast<char>(0xC0 | c >> 6), tail(0)};
    if (c < 0x10000) return {static_cast<char>(0xE0 | c >> 12), tail(6), tail(0)};
    return {static_cast<char>(0xF0 | c >> 18), tail(12), tail(6), tail(0)};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(email)

BOOST_AUTO_TEST_CASE(addresses_are_kept_as_they_were_typed) {
    for (const std::string_view typed : {
             "a@b",
             "Ada.Lovelace+shop@Example.ORG",
             "\"<b>\"@x.y",
             "o'brien&sons@example.com",
             "jos\u00E9@espa\u00F1a.example",
             "\u5C71\u7530@\u4F8B\u3048.jp",
             "\U0001F36A@cookies.example",
         }) {
        BOOST_TEST_CONTEXT(typed) {
            BOOST_TEST(parse_email(typed).value_or("none") == typed);
        }
    }
}

BOOST_AUTO_TEST_CASE(white_space_around_is_trimmed) {
    for (const std::string_view typed : {" a@b", "a@b  ", "\t\r\n\f a@b \n"}) {
        BOOST_TEST(parse_email(typed).value_or("none") == "a@b");
    }
}

BOOST_AUTO_TEST_CASE(exactly_one_at_sign_stands_between_two_parts) {
    for (const std::string_view typed :
         {"", " ", "a", "@", "a@", "@b", "a@b@c", "a@@b", "@a@b", " @ ", "a @", "a\uFF20b"}) {
        BOOST_TEST_CONTEXT('"' << typed << '"') {
            BOOST_TEST(!parse_email(typed));
        }
    }
}

BOOST_AUTO_TEST_CASE(at_most_254_bytes_after_trimming) {
    const std::string longest = std::string(252, 'a') + "@b";
    BOOST_TEST(parse_email(longest).has_value());
    BOOST_TEST(parse_email("  " + longest + "  ").has_value());
    BOOST_TEST(!parse_email('a' + longest));
    BOOST_TEST(!parse_email(std::string(251, 'a') + "\u00E9@"));
    BOOST_TEST(!parse_email(std::string(251, 'a') + "\u00E9@b"));
}

BOOST_AUTO_TEST_CASE(what_can_not_be_seen_is_refused_wherever_it_stands) {
    const std::vector<char32_t> unseen{
        0x00,    0x01,    0x09,    0x0A,    0x0D,    0x1B,    0x20,    0x7F,    0x80,   0x85,
        0x9F,    0xA0,    0xAD,    0x34F,   0x600,   0x61C,   0x6DD,   0x115F,  0x1160, 0x1680,
        0x17B4,  0x17B5,  0x180B,  0x180E,  0x180F,  0x2000,  0x200A,  0x200B,  0x200D, 0x200F,
        0x2028,  0x2029,  0x202A,  0x202E,  0x202F,  0x205F,  0x2060,  0x2065,  0x206F, 0x2800,
        0x3000,  0x3164,  0xFE00,  0xFE0F,  0xFEFF,  0xFFA0,  0xFFF0,  0xFFF9,  0xFFFB, 0x110BD,
        0x1D159, 0x1D173, 0xE0000, 0xE0001, 0xE0041, 0xE007F, 0xE0100, 0xE0FFF,
    };
    for (const char32_t c : unseen) {
        BOOST_TEST_CONTEXT("U+" << std::hex << static_cast<unsigned>(c)) {
            const std::string bytes = utf8(c);
            BOOST_TEST(!parse_email("a" + bytes + "b@example.org"));
            BOOST_TEST(!parse_email("ab@" + bytes + "example.org"));
        }
    }
}

BOOST_AUTO_TEST_CASE(an_unseen_character_that_is_no_ascii_white_space_is_not_trimmed) {
    for (const std::string_view c : {"\u00A0", "\u200B", "\uFEFF", "\u3000"}) {
        BOOST_TEST(!parse_email("a@b" + std::string{c}));
        BOOST_TEST(!parse_email(std::string{c} + "a@b"));
    }
}

BOOST_AUTO_TEST_CASE(neighbours_of_the_unseen_are_accepted) {
    for (const unsigned c : {0x21u,   0x7Eu,   0xA1u,   0xACu,   0xAEu,    0x350u,   0x606u,  0x1161u,
                             0x2010u, 0x2027u, 0x2030u, 0x205Eu, 0x2070u,  0x27FFu,  0x2801u, 0x3001u,
                             0x3165u, 0xFE10u, 0xFFA1u, 0xFFFDu, 0xE1000u, 0x10FFFFu}) {
        BOOST_TEST_CONTEXT("U+" << std::hex << c) {
            BOOST_TEST(parse_email(utf8(c) + "@b").has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_utf8_are_refused) {
    for (const std::string_view bytes : {
             "\x80", "\xBF",                                              // a continuation alone
             "\xC3", "\xE2\x82", "\xF0\x9F\x8D",                          // cut off
             "\xC3(", "\xE2(\xA1", "\xF0\x9F(\xAA",                       // interrupted
             "\xC0\xAF", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF",  // overlong
             "\xED\xA0\x80", "\xED\xBF\xBF",                              // surrogates
             "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF",              // past U+10FFFF
         }) {
        BOOST_TEST(!parse_email(std::string{bytes} + "@b"));
        BOOST_TEST(!parse_email("a@" + std::string{bytes}));
    }
}

BOOST_AUTO_TEST_CASE(any_bytes_have_an_answer) {
    std::mt19937 random{20260101};
    std::uniform_int_distribution<int> byte{0, 255}, length{0, 64};
    for (int i = 0; i < 20'000; ++i) {
        std::string bytes(static_cast<std::size_t>(length(random)), '@');
        for (char& c : bytes) c = static_cast<char>(byte(random));
        const auto email = parse_email(bytes);
        if (email) BOOST_TEST(parse_email(*email).value_or("none") == *email);
    }
}

BOOST_AUTO_TEST_CASE(addresses_that_differ_in_ascii_case_only_are_the_same) {
    BOOST_TEST(fold_email("Ada@Example.ORG") == "ada@example.org");
    BOOST_TEST(fold_email("[AZaz@^`{") == "[azaz@^`{");
    BOOST_TEST(fold_email("JOS\u00C9@B") == "jos\u00C9@b");
}

BOOST_AUTO_TEST_SUITE_END()
