#include "cookieshop/http/response.hpp"

#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string_view>

using namespace cookieshop::http;

BOOST_AUTO_TEST_SUITE(response_)

BOOST_AUTO_TEST_CASE(set_adds_a_line) {
    response r;
    r.set("X-A", "1");
    r.set("X-A", "2");
    BOOST_TEST(r.headers == "X-A: 1\r\nX-A: 2\r\n");
}

BOOST_AUTO_TEST_CASE(a_line_break_cannot_split_a_response) {
    using namespace std::string_view_literals;
    for (const std::string_view bad : {"a\rb"sv, "a\nb"sv, "a\0b"sv, "a\r\nSet-Cookie: x=y"sv}) {
        response r;
        BOOST_CHECK_THROW(r.set("Location", bad), std::invalid_argument);
        BOOST_CHECK_THROW(r.set(bad, "a"), std::invalid_argument);
        BOOST_TEST(r.headers.empty());
    }
}

BOOST_AUTO_TEST_CASE(see_other_has_a_location_and_no_body) {
    response r;
    r.body = "left over";
    see_other(r, "/cookies");
    BOOST_TEST(r.status == status::see_other);
    BOOST_TEST(r.headers == "Location: /cookies\r\n");
    BOOST_TEST(r.body.empty());
    BOOST_TEST(r.content_type.empty());
}

BOOST_AUTO_TEST_CASE(clear_leaves_nothing_but_the_memory) {
    response r;
    plain_text(r, "text", status::not_found);
    r.set("X", "y");
    r.close = true;
    r.caching = caching::no_store;
    r.clear();
    BOOST_TEST(r.status == status::ok);
    BOOST_TEST(r.body.empty());
    BOOST_TEST(r.headers.empty());
    BOOST_TEST(!r.close);
    BOOST_TEST((r.caching == caching::shared_page));
    BOOST_TEST(r.content_type == "text/html; charset=utf-8");
}

BOOST_AUTO_TEST_SUITE_END()
