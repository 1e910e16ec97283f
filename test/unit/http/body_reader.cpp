#include "http/body_reader.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace cookieshop::http;
using progress = body_reader::progress;

BOOST_AUTO_TEST_SUITE(body_reader_)

BOOST_AUTO_TEST_CASE(a_counted_body_ends_where_it_says) {
    body_reader reader = body_reader::counted(5);
    BOOST_TEST(reader.read("hel") == 3u);
    BOOST_TEST((reader.state() == progress::incomplete));
    BOOST_TEST(reader.read("loGET /") == 2u);
    BOOST_TEST((reader.state() == progress::complete));
    BOOST_TEST(reader.body() == "hello");
}

BOOST_AUTO_TEST_CASE(chunks_are_joined_however_they_arrive) {
    const std::string coded = "5;a=\"b\"\r\nhello\r\n006\r\n world\r\n0\r\nX: y\r\nZ: w\r\n\r\n";
    for (std::size_t piece = 1; piece <= coded.size(); ++piece) {
        BOOST_TEST_CONTEXT("pieces of " << piece) {
            body_reader reader = body_reader::chunked(100);
            for (std::size_t at = 0; at < coded.size(); at += piece) {
                const std::string part = coded.substr(at, piece);
                BOOST_TEST(reader.read(part) == part.size());
            }
            BOOST_TEST((reader.state() == progress::complete));
            BOOST_TEST(reader.body() == "hello world");
        }
    }
}

BOOST_AUTO_TEST_CASE(what_follows_the_last_chunk_is_left) {
    body_reader reader = body_reader::chunked(100);
    BOOST_TEST(reader.read("0\r\n\r\nGET /") == 5u);
    BOOST_TEST((reader.state() == progress::complete));
}

BOOST_AUTO_TEST_CASE(malformed_chunks_are_refused) {
    struct {
        const char* rule;
        std::string coded;
        progress expected;
    } const cases[] = {
        {"RFC 9112 7.1: no size", "\r\n", progress::malformed},
        {"RFC 9112 7.1: not hexadecimal", "g\r\n", progress::malformed},
        {"RFC 9112 7.1: 0x", "0x5\r\n", progress::malformed},
        {"RFC 9112 7.1: sign", "+5\r\n", progress::malformed},
        {"RFC 9112 7.1: white space after the size", "5 \r\n", progress::malformed},
        {"RFC 9112 7.1: overflow", "10000000000000005\r\n", progress::malformed},
        {"RFC 9112 7.1: bare LF after the size", "5\n", progress::malformed},
        {"RFC 9112 7.1: bare LF in an extension", "5;a\n", progress::malformed},
        {"RFC 9112 7.1: CR without LF", "5\rh", progress::malformed},
        {"RFC 9112 7.1: chunk longer than its size", "5\r\nhello!", progress::malformed},
        {"RFC 9112 7.1: bare LF after the data", "5\r\nhello\n", progress::malformed},
        {"RFC 9112 7.1.2: folded trailer", "0\r\n x\r\n", progress::malformed},
        {"RFC 9112 5.1: a space before the colon of a trailer", "0\r\nX : y\r\n\r\n", progress::malformed},
        {"RFC 9112 7.1.2: a trailer that is a request", "0\r\nGET / HTTP/1.1\r\n\r\n", progress::malformed},
        {"RFC 9112 7.1.2: a trailer without a colon", "0\r\nX\r\n\r\n", progress::malformed},
        {"RFC 9112 7.1.2: a trailer", "0\r\nX: y\r\nEmpty:\r\n\r\n", progress::complete},
        {"RFC 9112 7.1.2: NUL in a trailer", std::string{"0\r\nX: \0", 7}, progress::malformed},
        {"RFC 9112 7.1.2: CR without LF at the end", "0\r\n\rG", progress::malformed},
        {"RFC 9112 7.1.1: endless extension", "5;" + std::string(5000, 'a'), progress::malformed},
        {"RFC 9112 7.1.2: endless trailer", "0\r\nX: " + std::string(5000, 'a'), progress::malformed},
        {"RFC 9110 15.5.14: too large", "65\r\n", progress::too_large},
        {"RFC 9110 15.5.14: too large together", "5\r\nhello\r\n60\r\n", progress::too_large},
        {"RFC 9110 15.5.14: largest size", "ffffffff\r\n", progress::too_large},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.rule) {
            body_reader reader = body_reader::chunked(100);
            reader.read(c.coded);
            BOOST_TEST((reader.state() == c.expected));
        }
    }
}

BOOST_AUTO_TEST_CASE(many_small_extensions_are_too_many) {
    body_reader reader = body_reader::chunked(65536);
    for (int i = 0; i < 100; ++i) reader.read("1;" + std::string(100, 'a') + "\r\nx\r\n");
    BOOST_TEST((reader.state() == progress::malformed));
}

BOOST_AUTO_TEST_SUITE_END()
