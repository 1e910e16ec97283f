#include "http/framing.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace cookieshop::http;

BOOST_AUTO_TEST_SUITE(framing)

BOOST_AUTO_TEST_CASE(a_header_block_ends_with_its_empty_line) {
    const std::string block = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const header_block found = find_header_block(block + "GET", 8192);
    BOOST_TEST((found.verdict == verdict::complete));
    BOOST_TEST(found.end == block.size());
}

BOOST_AUTO_TEST_CASE(every_prefix_of_a_header_block_is_incomplete) {
    const std::string block = "\r\nGET /a?b=c HTTP/1.1\r\nHost: a\r\nX: \t y\r\n\r\n";
    for (std::size_t size = 0; size < block.size(); ++size) {
        BOOST_TEST_CONTEXT("size " << size) {
            BOOST_TEST((find_header_block(block.substr(0, size), 8192).verdict == verdict::incomplete));
        }
    }
}

BOOST_AUTO_TEST_CASE(what_can_never_become_a_request_is_refused_before_its_end) {
    struct {
        const char* rule;
        std::string bytes;
        status expected;
    } const cases[] = {
        {"RFC 9112 2.2: bare CR", "GET / HTTP/1.1\rHost: a", status::bad_request},
        {"RFC 9112 2.2: bare LF", "GET / HTTP/1.1\nHost: a\n\n", status::bad_request},
        {"RFC 9112 2.2: LF after CR LF", "GET / HTTP/1.1\r\nHost: a\r\n\n", status::bad_request},
        {"RFC 9112 5.2: folded line", "GET / HTTP/1.1\r\nX: a\r\n b\r\n", status::bad_request},
        {"RFC 9112 2.2: white space before the first field", "GET / HTTP/1.1\r\n X: a\r\n",
         status::bad_request},
        {"RFC 9110 5.5: NUL", std::string{"GET / HTTP/1.1\r\nX: a\0", 21}, status::bad_request},
        {"RFC 9112 3: TLS instead of HTTP", "\x16\x03\x01\x02", status::bad_request},
        {"RFC 9112 2.2: empty lines without end", "\r\n\r\n\r\n\r\n\r\n", status::bad_request},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.rule) {
            const header_block block = find_header_block(c.bytes, 8192);
            BOOST_TEST((block.verdict == verdict::refused));
            BOOST_TEST(block.refusal.status == c.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_request_line_over_the_limit_is_414_and_fields_over_it_431) {
    const std::string line = "GET /" + std::string(200, 'a');
    BOOST_TEST(find_header_block(line, 100).refusal.status == status::uri_too_long);
    BOOST_TEST(find_header_block(line + " HTTP/1.1\r\n\r\n", 100).refusal.status == status::uri_too_long);
    const std::string fields = "GET / HTTP/1.1\r\nX: " + std::string(200, 'a');
    BOOST_TEST(find_header_block(fields, 100).refusal.status == status::request_header_fields_too_large);
    BOOST_TEST(
        find_header_block(fields + "\r\n\r\n", 100).refusal.status == status::request_header_fields_too_large
    );
}

BOOST_AUTO_TEST_CASE(a_header_block_may_be_as_large_as_the_limit) {
    const std::string block = "GET / HTTP/1.1\r\nX: y\r\n\r\n";
    BOOST_TEST((find_header_block(block, block.size()).verdict == verdict::complete));
    BOOST_TEST((find_header_block(block, block.size() - 1).verdict == verdict::refused));
    BOOST_TEST((find_header_block("\r\n" + block, block.size()).verdict == verdict::complete));
}

BOOST_AUTO_TEST_CASE(there_are_at_most_header_lines_max_fields) {
    std::string block = "GET / HTTP/1.1\r\n";
    for (std::size_t i = 0; i < header_lines_max; ++i) block += "X: y\r\n";
    BOOST_TEST((find_header_block(block + "\r\n", 8192).verdict == verdict::complete));
    BOOST_TEST(
        find_header_block(block + "X: y\r\n\r\n", 8192).refusal.status
        == status::request_header_fields_too_large
    );
}

BOOST_AUTO_TEST_CASE(which_limit_or_character_is_refused_does_not_depend_on_how_much_has_come) {
    std::string many = "GET /\x01 HTTP/1.1\r\n";
    for (std::size_t i = 0; i <= header_lines_max; ++i) many += "X: y\r\n";
    for (const std::string& block :
         {"GET /\x01" + std::string(200, 'a') + " HTTP/1.1\r\n\r\n",
          "GET / HTTP/1.1\r\nX: \x01" + std::string(200, 'a') + "\r\n\r\n", many + "\r\n"}) {
        BOOST_TEST(find_header_block(block, 100).refusal.status == status::bad_request);
        BOOST_TEST(find_header_block(block.substr(0, 25), 100).refusal.status == status::bad_request);
    }
}

BOOST_AUTO_TEST_CASE(an_authority_is_a_host_with_or_without_port) {
    for (const char* good :
         {"a", "shop.example", "shop.example:8080", "127.0.0.1:80", "[::1]", "[::1]:8080", "a:"}) {
        BOOST_TEST_CONTEXT(good) {
            BOOST_TEST(is_authority(good));
        }
    }
    for (const char* bad :
         {"", ":80", "a b", "a/b", "user@a", "a:b", "a:65536", "a:123456", "[::1", "[a]", "[]", "::1", "a,b",
          "a\x80", "[fe80::1%eth0]"}) {
        BOOST_TEST_CONTEXT(bad) {
            BOOST_TEST(!is_authority(bad));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_host_name_has_no_port) {
    BOOST_TEST(host_name("shop.example:8080") == "shop.example");
    BOOST_TEST(host_name("shop.example") == "shop.example");
    BOOST_TEST(host_name("[::1]:8080") == "[::1]");
}

BOOST_AUTO_TEST_SUITE_END()
