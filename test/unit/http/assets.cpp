#include "cookieshop/http/assets.hpp"

#include "unit/http/exchange_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>

using namespace cookieshop::http;

namespace {

struct fixture {
    assets files{{{"style.css", "body{}"}, {"logo.svg", "<svg/>"}}};

    std::string etag() {
        parsed_request p{get_request("/")};
        serve(p, "style.css");
        const std::string& headers = p.exchange.response.headers;
        const std::size_t begin = headers.find("ETag: ") + 6;
        return headers.substr(begin, headers.find('\r', begin) - begin);
    }

    void serve(parsed_request& p, std::string_view name) {
        p.exchange.params.values[0] = name;
        p.exchange.params.count = 1;
        files.serve(p.exchange);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(assets_, fixture)

BOOST_AUTO_TEST_CASE(a_file_is_served_for_ever_with_its_type) {
    parsed_request p{get_request("/")};
    serve(p, "style.css");
    BOOST_TEST(p.exchange.response.status == status::ok);
    BOOST_TEST(p.exchange.response.static_body == "body{}");
    BOOST_TEST(p.exchange.response.content_type == "text/css; charset=utf-8");
    BOOST_TEST((p.exchange.response.caching == caching::immutable));
}

BOOST_AUTO_TEST_CASE(an_unknown_name_is_404) {
    parsed_request p{get_request("/")};
    serve(p, "other.css");
    BOOST_TEST(p.exchange.response.status == status::not_found);
}

BOOST_AUTO_TEST_CASE(who_has_it_gets_304) {
    const std::string tag = etag();
    BOOST_TEST(tag.starts_with('"'));
    struct {
        std::string value;
        status expected;
    } const cases[] = {
        {tag, status::not_modified},
        {"*", status::not_modified},
        {"W/" + tag, status::not_modified},
        {"\"a\", " + tag + " ,\"b\"", status::not_modified},
        {"\"a\"", status::ok},
        {tag.substr(1, tag.size() - 2), status::ok},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT("RFC 9110 13.1.2: " << c.value) {
            parsed_request p{get_request("/", "If-None-Match: " + c.value + "\r\n")};
            serve(p, "style.css");
            BOOST_TEST(p.exchange.response.status == c.expected);
            BOOST_TEST(p.exchange.response.static_body.empty() == (c.expected == status::not_modified));
            BOOST_TEST(p.exchange.response.headers == "ETag: " + tag + "\r\n");
        }
    }
}

BOOST_AUTO_TEST_CASE(an_address_changes_with_the_content) {
    const assets other{{{"style.css", "body{color:red}"}}};
    BOOST_TEST(files.url("style.css").starts_with("/assets/style.css?v="));
    BOOST_TEST(files.url("style.css") != other.url("style.css"));
    BOOST_CHECK_THROW(files.url("nothing.css"), std::out_of_range);
}

BOOST_AUTO_TEST_CASE(a_file_of_unknown_type_is_refused_at_the_start) {
    BOOST_CHECK_THROW((assets{{{"program.exe", ""}}}), std::invalid_argument);
}

BOOST_AUTO_TEST_SUITE_END()
