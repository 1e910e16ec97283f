#include "cookieshop/http/form.hpp"

#include "unit/http/exchange_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace cookieshop::http;

BOOST_AUTO_TEST_SUITE(form_)

BOOST_AUTO_TEST_CASE(fields_are_decoded) {
    const auto f = parse_form("email=a%40b.c&password=a+b%2Bc&&flag&empty=&eq=a=b&caf%C3%A9=1");
    BOOST_TEST_REQUIRE(f.has_value());
    BOOST_TEST((*f)["email"] == "a@b.c");
    BOOST_TEST((*f)["password"] == "a b+c");
    BOOST_TEST(f->has("flag"));
    BOOST_TEST((*f)["flag"].empty());
    BOOST_TEST(f->has("empty"));
    BOOST_TEST((*f)["eq"] == "a=b");
    BOOST_TEST((*f)["caf\xC3\xA9"] == "1");
    BOOST_TEST(!f->has("other"));
    BOOST_TEST((*f)["other"].empty());
}

BOOST_AUTO_TEST_CASE(a_nul_and_an_emoji_survive) {
    const auto f = parse_form("p=a%00b%F0%9F%8D%AA");
    BOOST_TEST_REQUIRE(f.has_value());
    BOOST_TEST((*f)["p"] == std::string("a\0b\xF0\x9F\x8D\xAA", 7));
}

BOOST_AUTO_TEST_CASE(malformed_forms_are_none) {
    struct {
        const char* why;
        const char* text;
    } const cases[] = {
        {"a name twice", "a=1&b=2&a=1"},
        {"a name twice, once encoded", "a=1&%61=2"},
        {"half an escape", "a=%4"},
        {"an escape without digits", "a=%zz"},
        {"a broken escape in a name", "%=1"},
        {"a lone continuation byte", "a=%80"},
        {"overlong slash", "a=%C0%AF"},
        {"a surrogate", "a=%ED%A0%80"},
        {"past U+10FFFF", "a=%F4%90%80%80"},
        {"cut off in a character", "a=%E2%82"},
        {"raw bytes that are not UTF-8", "a=\xFF"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.why) {
            BOOST_TEST(!parse_form(c.text).has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(there_are_at_most_fields_max_fields) {
    BOOST_TEST(parse_form("a=1&b=2", 2).has_value());
    BOOST_TEST(!parse_form("a=1&b=2&c=3", 2).has_value());
}

BOOST_AUTO_TEST_CASE(an_empty_form_is_a_form) {
    BOOST_TEST(parse_form("").has_value());
}

BOOST_AUTO_TEST_CASE(read_form_answers_what_it_cannot_read) {
    struct {
        const char* type;
        const char* body;
        status expected;
    } const cases[] = {
        {"Content-Type: application/x-www-form-urlencoded\r\n", "a=1", status::ok},
        {"Content-Type: Application/X-WWW-Form-Urlencoded; charset=utf-8\r\n", "a=1", status::ok},
        {"Content-Type: application/json\r\n", "a=1", status::unsupported_media_type},
        {"Content-Type: multipart/form-data; boundary=x\r\n", "a=1", status::unsupported_media_type},
        {"", "a=1", status::unsupported_media_type},
        {"Content-Type: application/x-www-form-urlencoded\r\n", "a=%", status::bad_request},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.type << c.body) {
            parsed_request p{
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n" + std::string{c.type} + "\r\n"
                + c.body};
            const auto f = read_form(p.exchange);
            BOOST_TEST(f.has_value() == (c.expected == status::ok));
            BOOST_TEST(p.exchange.response.status == c.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(query_values_are_percent_encoded) {
    std::string out = "/login?next=";
    append_query_value(out, "/a b?c=d&e~f-\xC3\xA9");
    BOOST_TEST(out == "/login?next=%2Fa%20b%3Fc%3Dd%26e~f-%C3%A9");
}

BOOST_AUTO_TEST_SUITE_END()
