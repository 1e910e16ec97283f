#include "http/serialize.hpp"

#include "unit/http/exchange_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace cookieshop;
using namespace cookieshop::http;

namespace {

struct fixture {
    serializer out;

    std::string text(const exchange& exchange, bool keep_alive = true) {
        std::string bytes;
        const std::string_view tail = out.append(bytes, exchange, keep_alive);
        return bytes + std::string{tail};
    }
};

bool has_line(const std::string& text, std::string_view line) {
    return text.find("\r\n" + std::string{line} + "\r\n") != std::string::npos;
}

bool has_field(const std::string& text, std::string_view name) {
    return text.find("\r\n" + std::string{name} + ":") != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(serialize, fixture)

BOOST_AUTO_TEST_CASE(a_page_has_what_every_response_has) {
    parsed_request p{get_request("/")};
    p.exchange.now = time_point{std::chrono::seconds{784111777}};
    p.exchange.response.body = "hello";
    p.exchange.response.set("X-Own", "1");
    const std::string r = text(p.exchange);
    BOOST_TEST(r.starts_with("HTTP/1.1 200 OK\r\n"));
    BOOST_TEST(r.ends_with("\r\n\r\nhello"));
    for (const char* line :
         {"Date: Sun, 06 Nov 1994 08:49:37 GMT", "Content-Type: text/html; charset=utf-8",
          "Content-Length: 5", "X-Own: 1", "Vary: Cookie", "X-Content-Type-Options: nosniff",
          "Referrer-Policy: same-origin", "Cross-Origin-Opener-Policy: same-origin",
          "X-Frame-Options: DENY"}) {
        BOOST_TEST_CONTEXT(line) {
            BOOST_TEST(has_line(r, line));
        }
    }
    BOOST_TEST(r.find("\r\nContent-Security-Policy: default-src 'self';") != std::string::npos);
    BOOST_TEST(has_field(r, "Permissions-Policy"));
    for (const char* name :
         {"Server", "Connection", "Strict-Transport-Security", "Access-Control-Allow-Origin"}) {
        BOOST_TEST_CONTEXT(name) {
            BOOST_TEST(!has_field(r, name));
        }
    }
}

BOOST_AUTO_TEST_CASE(the_date_follows_the_clock) {
    parsed_request p{get_request("/")};
    p.exchange.now = time_point{std::chrono::seconds{784111777}};
    text(p.exchange);
    p.exchange.now += std::chrono::hours{24};
    BOOST_TEST(has_line(text(p.exchange), "Date: Mon, 07 Nov 1994 08:49:37 GMT"));
}

BOOST_AUTO_TEST_CASE(caching_decides_on_cache_control_and_vary) {
    parsed_request p{get_request("/")};
    p.exchange.response.caching = caching::no_store;
    BOOST_TEST(text(p.exchange).find("\r\nCache-Control: no-store\r\nVary: Cookie\r\n") != std::string::npos);
    p.exchange.response.caching = caching::shared_page;
    BOOST_TEST(text(p.exchange).find("\r\nCache-Control: no-cache\r\nVary: Cookie\r\n") != std::string::npos);
    p.exchange.response.caching = caching::immutable;
    BOOST_TEST(has_line(text(p.exchange), "Cache-Control: public, max-age=31536000, immutable"));
    BOOST_TEST(!has_field(text(p.exchange), "Vary"));
}

BOOST_AUTO_TEST_CASE(head_is_answered_as_get_without_the_body) {
    parsed_request get{get_request("/")};
    parsed_request head{"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"};
    get.exchange.response.body = head.exchange.response.body = "hello";
    BOOST_TEST(text(get.exchange) == text(head.exchange) + "hello");
    head.exchange.response.static_body = "static";
    BOOST_TEST(text(head.exchange).ends_with("\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(statuses_without_content_have_neither_length_nor_body) {
    for (const status s : {status::no_content, status::not_modified}) {
        parsed_request p{get_request("/")};
        p.exchange.response.status = s;
        p.exchange.response.body = "x";
        const std::string r = text(p.exchange);
        BOOST_TEST(!has_field(r, "Content-Length"));
        BOOST_TEST(r.ends_with("\r\n\r\n"));
    }
}

BOOST_AUTO_TEST_CASE(the_connection_field_says_what_the_version_does_not) {
    parsed_request new_client{get_request("/")};
    parsed_request old_client{"GET / HTTP/1.0\r\n\r\n"};
    BOOST_TEST(has_line(text(new_client.exchange, false), "Connection: close"));
    BOOST_TEST(has_line(text(old_client.exchange, false), "Connection: close"));
    BOOST_TEST(has_line(text(old_client.exchange, true), "Connection: keep-alive"));
}

BOOST_AUTO_TEST_CASE(over_tls_browsers_are_told_to_stay_there) {
    parsed_request p{get_request("/")};
    p.exchange.secure = true;
    BOOST_TEST(has_line(text(p.exchange), "Strict-Transport-Security: max-age=31536000; includeSubDomains"));
}

BOOST_AUTO_TEST_CASE(what_is_no_page_can_not_act_as_one) {
    const auto policy_of = [this](const exchange& exchange) {
        const std::string all = text(exchange);
        const std::size_t begin = all.find("Content-Security-Policy: ");
        return all.substr(begin, all.find("\r\n", begin) - begin);
    };
    parsed_request p{get_request("/")};
    BOOST_TEST(policy_of(p.exchange).ends_with("frame-ancestors 'none'"));
    for (const std::string_view type :
         {"image/svg+xml", "text/css; charset=utf-8", "application/problem+json"}) {
        p.exchange.response.content_type = type;
        BOOST_TEST(policy_of(p.exchange).ends_with("frame-ancestors 'none'; sandbox"));
    }
    p.exchange.response.content_type = {};
    p.exchange.response.status = status::not_modified;
    BOOST_TEST(policy_of(p.exchange).ends_with("; sandbox"));
    p.exchange.response.status = status::see_other;
    BOOST_TEST(policy_of(p.exchange).ends_with("frame-ancestors 'none'"));
}

BOOST_AUTO_TEST_CASE(a_static_body_is_not_copied) {
    parsed_request p{get_request("/")};
    static constexpr std::string_view content = "content";
    p.exchange.response.static_body = content;
    std::string bytes;
    const std::string_view tail = out.append(bytes, p.exchange, true);
    BOOST_TEST(static_cast<const void*>(tail.data()) == static_cast<const void*>(content.data()));
    BOOST_TEST(has_line(bytes, "Content-Length: 7"));
}

BOOST_AUTO_TEST_SUITE_END()
