#include "cookieshop/http/request.hpp"

#include "unit/http/exchange_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace cookieshop::http;

BOOST_AUTO_TEST_SUITE(request_)

BOOST_AUTO_TEST_CASE(header_finds_the_first_line_of_a_name) {
    const parsed_request p{get_request("/", "Accept: a\r\nSec-Fetch-Site: none\r\nAccept: b\r\n")};
    const request& r = p.exchange.request;
    BOOST_TEST(r.header(field::accept) == "a");
    BOOST_TEST(r.header("sec-fetch-SITE") == "none");
    BOOST_TEST(r.header("Sec-Fetch").empty());
    BOOST_TEST(r.has(field::accept));
    BOOST_TEST(!r.has(field::cookie));
}

BOOST_AUTO_TEST_CASE(accepts_wants_the_type_by_name) {
    struct {
        const char* accept;
        bool html;
    } const cases[] = {
        {"", false},
        {"text/html", true},
        {"TEXT/HTML", true},
        {"application/json, text/html;q=0.9", true},
        {"text/html;level=1;q=0.5", true},
        {"text/*", false},
        {"*/*", false},
        {"text/html;q=0", false},
        {"text/html;Q=0.000", false},
        {"text/html;q=0.001", true},
        {"text/htmlx", false},
        {"application/xhtml+xml,,text/html", true},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.accept) {
            const parsed_request p{get_request("/", "Accept: " + std::string{c.accept} + "\r\n")};
            BOOST_TEST(accepts(p.exchange.request, "text/html") == c.html);
        }
    }
}

BOOST_AUTO_TEST_CASE(accept_may_be_on_several_lines) {
    const parsed_request p{get_request("/", "Accept: a/b\r\nAccept: text/html\r\n")};
    BOOST_TEST(accepts(p.exchange.request, "text/html"));
}

BOOST_AUTO_TEST_SUITE_END()
