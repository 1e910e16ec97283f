#include "http/request_parser.hpp"

#include "unit/http/exchange_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <string>

using namespace cookieshop::http;

BOOST_AUTO_TEST_SUITE(request_parser)

BOOST_AUTO_TEST_CASE(a_request_is_taken_apart) {
    const parsed_request p{
        "POST /orders/7?page=2 HTTP/1.1\r\nHost: shop:80\r\nContent-Length: 4\r\nX-Y:  a b \t\r\n\r\nbody"};
    const request& r = p.exchange.request;
    BOOST_TEST((p.head.verdict == verdict::complete));
    BOOST_TEST((r.method == verb::post));
    BOOST_TEST(r.method_text == "POST");
    BOOST_TEST(r.target == "/orders/7?page=2");
    BOOST_TEST(r.path == "/orders/7");
    BOOST_TEST(r.query == "page=2");
    BOOST_TEST(r.host == "shop:80");
    BOOST_TEST(r.version == 11u);
    BOOST_TEST(r.header("x-y") == "a b");
    BOOST_TEST(p.head.content_length == 4u);
    BOOST_TEST(p.head.size == p.bytes.size() - 4);
    BOOST_TEST(p.head.keep_alive);
}

BOOST_AUTO_TEST_CASE(what_is_refused) {
    struct {
        const char* rule;
        std::string bytes;
        status expected;
    } const cases[] = {
        {"RFC 9112 3: two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", status::bad_request},
        {"RFC 9112 3: space at the end", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", status::bad_request},
        {"RFC 9112 3: no version", "GET /\r\nHost: a\r\n\r\n", status::bad_request},
        {"RFC 9112 2.3: case of the version", "GET / http/1.1\r\nHost: a\r\n\r\n", status::bad_request},
        {"RFC 9110 15.6.6: HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
         status::http_version_not_supported},
        {"RFC 9110 15.6.6: HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n",
         status::http_version_not_supported},
        {"RFC 9112 2.2: a control character, whatever the version", "GET / HTTP/3.0\r\nX: \x01\r\n\r\n",
         status::bad_request},
        {"RFC 9110 9.1: method is case-sensitive", "get / HTTP/1.1\r\nHost: a\r\n\r\n",
         status::not_implemented},
        {"RFC 9110 9.1: unknown method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", status::not_implemented},
        {"RFC 9110 9.3.6: CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", status::not_implemented},
        {"RFC 9112 3.2: no target form", "GET shop HTTP/1.1\r\nHost: a\r\n\r\n", status::bad_request},
        {"RFC 9112 3.2.4: asterisk for GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", status::bad_request},
        {"RFC 9112 3.2: fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", status::bad_request},
        {"RFC 9112 3.2.2: user in the authority", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
         status::bad_request},
        {"RFC 9112 3.2.2: other scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", status::bad_request},
        {"RFC 3986 2.1: broken escape", "GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n", status::bad_request},
        {"RFC 3986 2.1: escape without digits", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", status::bad_request},
        {"encoded NUL", "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", status::bad_request},
        {"encoded line break", "GET /%0d%0a HTTP/1.1\r\nHost: a\r\n\r\n", status::bad_request},
        {"path is not UTF-8", "GET /%c3%28 HTTP/1.1\r\nHost: a\r\n\r\n", status::bad_request},
        {"overlong UTF-8", "GET /%c0%af HTTP/1.1\r\nHost: a\r\n\r\n", status::bad_request},
        {"RFC 9112 5.1: space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", status::bad_request},
        {"RFC 9112 5: empty field name", "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", status::bad_request},
        {"RFC 9112 5: no colon", "GET / HTTP/1.1\r\nHost: a\r\nabc\r\n\r\n", status::bad_request},
        {"RFC 9110 5.5: control character", "GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n",
         status::bad_request},
        {"RFC 9110 5.5: DEL", "GET / HTTP/1.1\r\nHost: a\r\nX: \x7f\r\n\r\n", status::bad_request},
        {"RFC 9112 3.2: Host missing", "GET / HTTP/1.1\r\n\r\n", status::bad_request},
        {"RFC 9112 3.2: Host twice", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", status::bad_request},
        {"RFC 9112 3.2: Host empty", "GET / HTTP/1.1\r\nHost:\r\n\r\n", status::bad_request},
        {"RFC 9112 3.2: Host malformed", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", status::bad_request},
        {"RFC 9112 3.2: a byte beyond ASCII", "GET /caf\xC3\xA9 HTTP/1.1\r\nHost: a\r\n\r\n",
         status::bad_request},
        {"RFC 3986 2.2: encoded slash", "GET /a%2Fb HTTP/1.1\r\nHost: a\r\n\r\n", status::not_found},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.rule) {
            const parsed_request p{c.bytes};
            BOOST_TEST((p.head.verdict == verdict::refused));
            BOOST_TEST(p.head.refusal.status == c.expected);
            BOOST_TEST(!p.head.keep_alive);
        }
    }
}

BOOST_AUTO_TEST_CASE(ambiguous_body_lengths_are_refused) {
    struct {
        const char* rule;
        const char* fields;
        status expected;
    } const cases[] = {
        {"RFC 9112 6.3: both", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", status::bad_request},
        {"RFC 9112 6.3: both, other order", "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
         status::bad_request},
        {"RFC 9112 6.3: two lengths", "Content-Length: 3\r\nContent-Length: 4\r\n", status::bad_request},
        {"RFC 9112 6.3: the same twice", "Content-Length: 3\r\nContent-Length: 3\r\n", status::bad_request},
        {"RFC 9110 8.6: list", "Content-Length: 3, 3\r\n", status::bad_request},
        {"RFC 9110 8.6: sign", "Content-Length: +3\r\n", status::bad_request},
        {"RFC 9110 8.6: negative", "Content-Length: -3\r\n", status::bad_request},
        {"RFC 9110 8.6: hexadecimal", "Content-Length: 0x3\r\n", status::bad_request},
        {"RFC 9110 8.6: empty", "Content-Length:\r\n", status::bad_request},
        {"RFC 9110 8.6: overflow", "Content-Length: 18446744073709551619\r\n", status::bad_request},
        {"RFC 9110 8.6: space inside", "Content-Length: 3 3\r\n", status::bad_request},
        {"RFC 9110 15.5.14: too large", "Content-Length: 65537\r\n", status::payload_too_large},
        {"RFC 9112 6.1: identity", "Transfer-Encoding: identity\r\n", status::bad_request},
        {"RFC 9112 6.1: twice in a list", "Transfer-Encoding: chunked, chunked\r\n", status::bad_request},
        {"RFC 9112 6.1: twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
         status::bad_request},
        {"RFC 9112 6.3: chunked not last", "Transfer-Encoding: chunked, gzip\r\n", status::bad_request},
        {"RFC 9112 6.3: identity last", "Transfer-Encoding: chunked, identity\r\n", status::bad_request},
        {"RFC 9112 6.1: empty", "Transfer-Encoding:\r\n", status::bad_request},
        {"RFC 9112 6.1: unknown coding", "Transfer-Encoding: gzip\r\n", status::not_implemented},
        {"RFC 9112 6.1: unknown coding first", "Transfer-Encoding: gzip, chunked\r\n",
         status::not_implemented},
        {"RFC 9112 6.1: not quite chunked", "Transfer-Encoding: xchunked\r\n", status::not_implemented},
        {"a tab before a length", "Content-Length:\t3\r\n", status::bad_request},
        {"a tab behind a length", "Content-Length: 3 \t\r\n", status::bad_request},
        {"a tab before a coding", "Transfer-Encoding: \tchunked\r\n", status::bad_request},
        {"a tab behind a coding", "Transfer-Encoding: chunked\t\r\n", status::bad_request},
        {"RFC 9112 6.1: vertical tab",
         "Transfer-Encoding: \x0b"
         "chunked\r\n",
         status::bad_request},
        {"RFC 9110 10.1.1: expectation", "Content-Length: 3\r\nExpect: 200-ok\r\n",
         status::expectation_failed},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.rule) {
            const parsed_request p{"POST / HTTP/1.1\r\nHost: a\r\n" + std::string{c.fields} + "\r\n"};
            BOOST_TEST((p.head.verdict == verdict::refused));
            BOOST_TEST(p.head.refusal.status == c.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(http_1_0_has_no_transfer_encoding) {
    const parsed_request p{"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"};
    BOOST_TEST(p.head.refusal.status == status::bad_request);
}

BOOST_AUTO_TEST_CASE(chunked_is_compared_without_case) {
    const parsed_request p{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n"};
    BOOST_TEST((p.head.verdict == verdict::complete));
    BOOST_TEST(p.head.chunked);
}

BOOST_AUTO_TEST_CASE(a_connection_is_kept_as_version_and_options_say) {
    struct {
        const char* version;
        const char* fields;
        bool kept;
    } const cases[] = {
        {"1.1", "", true},
        {"1.1", "Connection: close\r\n", false},
        {"1.1", "Connection: Keep-Alive\r\n", true},
        {"1.1", "Connection: keep-alive\r\nConnection: close\r\n", false},
        {"1.1", "Connection: close\r\nConnection: keep-alive\r\n", false},
        {"1.1", "Connection: foo, CLOSE\r\n", false},
        {"1.0", "", false},
        {"1.0", "Connection: keep-alive\r\n", true},
        {"1.0", "Connection: keep-alive, close\r\n", false},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT("RFC 9112 9.3: " << c.version << ' ' << c.fields) {
            const parsed_request p{
                "GET / HTTP/" + std::string{c.version} + "\r\nHost: a\r\n" + std::string{c.fields} + "\r\n"};
            BOOST_TEST((p.head.verdict == verdict::complete));
            BOOST_TEST(p.head.keep_alive == c.kept);
        }
    }
}

BOOST_AUTO_TEST_CASE(an_absolute_target_overrides_host) {
    const parsed_request p{"GET http://shop.example:81/a?b HTTP/1.1\r\nHost: other\r\n\r\n"};
    const request& r = p.exchange.request;
    BOOST_TEST((p.head.verdict == verdict::complete));
    BOOST_TEST(r.host == "shop.example:81");
    BOOST_TEST(r.target == "/a?b");
    BOOST_TEST(r.path == "/a");
    BOOST_TEST(r.query == "b");
}

BOOST_AUTO_TEST_CASE(an_absolute_target_without_path_means_the_root) {
    const parsed_request p{"GET http://shop HTTP/1.1\r\nHost: shop\r\n\r\n"};
    BOOST_TEST(p.exchange.request.path == "/");
}

BOOST_AUTO_TEST_CASE(an_absolute_target_may_have_a_query_and_no_path) {
    const parsed_request p{"GET http://shop?x=%41 HTTP/1.1\r\nHost: shop\r\n\r\n"};
    BOOST_TEST((p.head.verdict == verdict::complete));
    BOOST_TEST(p.exchange.request.target == "/?x=%41");
    BOOST_TEST(p.exchange.request.path == "/");
    BOOST_TEST(p.exchange.request.query == "x=%41");
}

BOOST_AUTO_TEST_CASE(an_absolute_target_does_not_replace_the_host_field) {
    const parsed_request p{"GET http://shop/ HTTP/1.1\r\n\r\n"};
    BOOST_TEST(p.head.refusal.status == status::bad_request);
}

BOOST_AUTO_TEST_CASE(a_path_is_decoded_once) {
    const parsed_request p{get_request("/caf%C3%A9/%2541?x=%41")};
    BOOST_TEST(p.exchange.request.path == "/caf\xC3\xA9/%41");
    BOOST_TEST(p.exchange.request.query == "x=%41");
}

BOOST_AUTO_TEST_CASE(options_may_ask_about_the_server) {
    const parsed_request p{"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"};
    BOOST_TEST((p.head.verdict == verdict::complete));
    BOOST_TEST(p.exchange.request.path == "*");
}

BOOST_AUTO_TEST_CASE(http_1_0_needs_no_host) {
    const parsed_request p{"GET / HTTP/1.0\r\n\r\n"};
    BOOST_TEST((p.head.verdict == verdict::complete));
    BOOST_TEST(p.exchange.request.version == 10u);
}

BOOST_AUTO_TEST_CASE(empty_lines_before_a_request_are_skipped) {
    const parsed_request p{"\r\n\r\n" + get_request("/a")};
    BOOST_TEST((p.head.verdict == verdict::complete));
    BOOST_TEST(p.exchange.request.path == "/a");
    BOOST_TEST(p.head.size == p.bytes.size());
}

BOOST_AUTO_TEST_CASE(other_hosts_than_the_allowed_ones_are_misdirected) {
    const std::array<std::string, 2> hosts{"shop.example", "[::1]"};
    const parser_limits limits{8192, 65536, hosts};
    for (const char* host : {"shop.example", "SHOP.example:8080", "[::1]:80"}) {
        BOOST_TEST_CONTEXT(host) {
            const parsed_request p{"GET / HTTP/1.1\r\nHost: " + std::string{host} + "\r\n\r\n", limits};
            BOOST_TEST((p.head.verdict == verdict::complete));
        }
    }
    for (const char* request :
         {"GET / HTTP/1.1\r\nHost: evil\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
          "GET http://evil/ HTTP/1.1\r\nHost: shop.example\r\n\r\n"}) {
        BOOST_TEST_CONTEXT(request) {
            const parsed_request p{request, limits};
            BOOST_TEST(p.head.refusal.status == status::misdirected_request);
        }
    }
}

BOOST_AUTO_TEST_CASE(methods_that_send_a_body_lack_a_length) {
    for (const char* method : {"POST", "PUT", "PATCH"}) {
        BOOST_TEST_CONTEXT("RFC 9110 15.5.12: " << method) {
            const std::string start = method + std::string{" / HTTP/1.1\r\nHost: a\r\n"};
            BOOST_TEST(parsed_request{start + "\r\n"}.head.lacks_length);
            BOOST_TEST(!parsed_request{start + "Content-Length: 0\r\n\r\n"}.head.lacks_length);
            BOOST_TEST(!parsed_request{start + "Transfer-Encoding: chunked\r\n\r\n"}.head.lacks_length);
        }
    }
    BOOST_TEST(!parsed_request{"DELETE / HTTP/1.1\r\nHost: a\r\n\r\n"}.head.lacks_length);
}

BOOST_AUTO_TEST_CASE(nobody_waits_for_100_continue_without_a_body) {
    const std::string start = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n";
    BOOST_TEST(!parsed_request{start + "Content-Length: 0\r\n\r\n"}.head.expects_continue);
    BOOST_TEST(parsed_request{start + "Content-Length: 1\r\n\r\n"}.head.expects_continue);
    BOOST_TEST(parsed_request{start + "Transfer-Encoding: chunked\r\n\r\n"}.head.expects_continue);
}

BOOST_AUTO_TEST_CASE(an_expectation_is_ignored_in_http_1_0) {
    const parsed_request p{"POST / HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"};
    BOOST_TEST((p.head.verdict == verdict::complete));
    BOOST_TEST(!p.head.expects_continue);
}

BOOST_AUTO_TEST_CASE(a_parser_leaves_nothing_of_the_request_before) {
    parsed_request p{get_request("/a", "X: y\r\n")};
    read_head("GET / HTTP/1.1", {8192, 65536, {}}, p.exchange.request, p.decoded_path);
    BOOST_TEST(p.exchange.request.headers().empty());
    BOOST_TEST(p.exchange.request.path.empty());
}

BOOST_AUTO_TEST_SUITE_END()
