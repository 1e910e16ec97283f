#include "cookieshop/http/error_page.hpp"

#include "cookieshop/util/error.hpp"
#include "unit/http/exchange_fixture.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include <exception>
#include <stdexcept>
#include <string>

using namespace cookieshop;
using namespace cookieshop::http;

BOOST_AUTO_TEST_SUITE(error_page)

BOOST_AUTO_TEST_CASE(errors_come_as_html_or_json) {
    struct {
        const char* path;
        const char* accept;
        bool json;
    } const cases[] = {
        {"/a", "", false},
        {"/a", "Accept: */*\r\n", false},
        {"/a", "Accept: text/html\r\n", false},
        {"/a", "Accept: application/json\r\n", true},
        {"/a", "Accept: application/problem+json\r\n", true},
        {"/a", "Accept: application/json, text/html;q=0.5\r\n", false},
        {"/api/a", "", true},
        {"/api/a", "Accept: */*\r\n", true},
        {"/api/a", "Accept: text/html\r\n", false},
        {"/apis", "", false},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.path << ' ' << c.accept) {
            parsed_request p{get_request(c.path, c.accept)};
            fail(p.exchange, status::not_found);
            BOOST_TEST((p.exchange.response.content_type == "application/problem+json") == c.json);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_problem_has_the_members_of_rfc_9457) {
    parsed_request p{get_request("/api/x")};
    fail(p.exchange, status::unprocessable_entity, "The \"quantity\" is wrong.");
    const auto problem = boost::json::parse(p.exchange.response.body);
    BOOST_TEST(problem.at("type").as_string() == "about:blank");
    BOOST_TEST(problem.at("title").as_string() == "Unprocessable Entity");
    BOOST_TEST(problem.at("status").as_int64() == 422);
    BOOST_TEST(problem.at("detail").as_string() == "The \"quantity\" is wrong.");
}

BOOST_AUTO_TEST_CASE(a_detail_that_is_not_utf8_is_replaced_by_the_usual_one) {
    parsed_request p{get_request("/api/x")};
    fail(p.exchange, status::not_found, "caf\xC3");
    boost::json::error_code error;
    const auto problem = boost::json::parse(p.exchange.response.body, error);
    BOOST_TEST_REQUIRE(!error);
    BOOST_TEST(problem.at("detail").as_string() == "There is nothing at this address.");
}

BOOST_AUTO_TEST_CASE(html_is_escaped) {
    parsed_request p{get_request("/")};
    fail(p.exchange, status::bad_request, "<script>\"&'");
    const std::string& body = p.exchange.response.body;
    BOOST_TEST(body.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
    BOOST_TEST(body.find("<title>Bad Request</title>") != std::string::npos);
    BOOST_TEST(body.find("&lt;script&gt;&quot;&amp;&#39;") != std::string::npos);
    BOOST_TEST(body.find("<script>") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_error_replaces_what_was_there) {
    parsed_request p{get_request("/")};
    p.exchange.response.set("Set-Cookie", "a=b");
    p.exchange.response.body = "secret";
    p.exchange.response.static_body = "more";
    fail(p.exchange, status::not_found);
    BOOST_TEST(p.exchange.response.headers.empty());
    BOOST_TEST(p.exchange.response.static_body.empty());
    BOOST_TEST(p.exchange.response.body.find("secret") == std::string::npos);
    BOOST_TEST((p.exchange.response.caching == caching::no_store));
}

BOOST_AUTO_TEST_CASE(exceptions_become_500_or_503_and_stay_inside) {
    struct {
        std::exception_ptr exception;
        status expected;
        const char* headers;
    } const cases[] = {
        {std::make_exception_ptr(std::runtime_error{"inside"}), status::internal_server_error, ""},
        {std::make_exception_ptr(unavailable{"inside"}), status::service_unavailable, "Retry-After: 5\r\n"},
        {std::make_exception_ptr(overloaded{"inside", std::chrono::seconds{3}}), status::service_unavailable,
         "Retry-After: 3\r\n"},
        {std::make_exception_ptr(42), status::internal_server_error, ""},
    };
    for (const auto& c : cases) {
        parsed_request p{get_request("/")};
        fail(p.exchange, c.exception);
        BOOST_TEST(p.exchange.response.status == c.expected);
        BOOST_TEST(p.exchange.response.headers == c.headers);
        BOOST_TEST(p.exchange.response.body.find("inside") == std::string::npos);
    }
}

BOOST_AUTO_TEST_SUITE_END()
