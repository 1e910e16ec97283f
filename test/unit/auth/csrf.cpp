#include "cookieshop/auth/csrf.hpp"

#include "unit/auth/visitor.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace cookieshop;
using auth::from_this_site;
using auth::origin;
using auth::origin_of;

namespace {

http::request request_with(
    std::string_view fetch_site, std::string_view origin_field, std::string_view host
) {
    http::request request;
    request.method = http::verb::post;
    request.host = host;
    if (!fetch_site.empty()) request.add({http::field::unknown, "Sec-Fetch-Site", fetch_site});
    if (!origin_field.empty()) request.add({http::field::origin, "Origin", origin_field});
    return request;
}

bool passes(const session::session& session, const std::string& body, std::string_view fetch_site = {}) {
    http::exchange exchange;
    exchange.request = request_with(fetch_site, {}, "shop.example");
    const auto form = http::parse_form(body);
    return from_this_site(exchange, session, form.value());
}

std::string token_field(const session::session& session) {
    return "csrf_token=" + std::string{session.csrf_token()};
}

}  // namespace

namespace cookieshop::auth {
static std::ostream& operator<<(std::ostream& out, origin o) {
    return out << (o == origin::same ? "same" : o == origin::other ? "other" : "unknown");
}
}  // namespace cookieshop::auth

BOOST_AUTO_TEST_SUITE(csrf)

BOOST_AUTO_TEST_CASE(what_is_said_twice_is_said_by_another) {
    for (const std::string_view again : {"same-origin", "cross-site", ""}) {
        http::request request = request_with("same-origin", {}, "shop.example");
        request.add({http::field::unknown, "sec-fetch-site", again});
        BOOST_TEST(origin_of(request) == origin::other, again);
    }
    for (const std::string_view again : {"http://shop.example", "http://evil.example", ""}) {
        http::request request = request_with({}, "http://shop.example", "shop.example");
        request.add({http::field::origin, "Origin", again});
        BOOST_TEST(origin_of(request) == origin::other, again);
    }
}

BOOST_AUTO_TEST_CASE(what_the_browser_says_of_the_site_decides) {
    const struct {
        std::string_view fetch_site;
        origin expected;
    } cases[] = {
        {"same-origin", origin::same},   {"none", origin::same},         {"same-site", origin::other},
        {"cross-site", origin::other},   {"Same-Origin", origin::other}, {"same-origin, none", origin::other},
        {"same-origin2", origin::other}, {"?", origin::other},
    };
    for (const auto& [fetch_site, expected] : cases) {
        BOOST_TEST_CONTEXT(fetch_site) {
            for (const std::string_view field : {"", "null", "http://shop.example", "http://evil.example"}) {
                BOOST_TEST(origin_of(request_with(fetch_site, field, "shop.example")) == expected);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(without_it_the_origin_must_name_the_host) {
    const struct {
        std::string_view origin_field, host;
        origin expected;
    } cases[] = {
        {"http://shop.example", "shop.example", origin::same},
        {"https://shop.example", "shop.example", origin::same},
        {"HTTP://Shop.Example", "sHOP.eXAMPLE", origin::same},
        {"http://shop.example:80", "shop.example", origin::same},
        {"http://shop.example", "shop.example:80", origin::same},
        {"https://shop.example", "shop.example:443", origin::same},
        {"https://shop.example:443", "shop.example", origin::same},
        {"http://127.0.0.1:8080", "127.0.0.1:8080", origin::same},
        {"http://[::1]:8080", "[::1]:8080", origin::same},
        {"http://shop.example:8080", "shop.example", origin::other},
        {"http://shop.example", "shop.example:8080", origin::other},
        {"http://shop.example:8080", "shop.example:8081", origin::other},
        {"http://shop.example:443", "shop.example", origin::other},
        {"https://shop.example", "shop.example:80", origin::other},
        {"http://evil.example", "shop.example", origin::other},
        {"http://shop.example.evil.example", "shop.example", origin::other},
        {"http://evilshop.example", "shop.example", origin::other},
        {"http://sub.shop.example", "shop.example", origin::other},
        {"http://shop.example@evil.example", "shop.example", origin::other},
        {"http://shop.example http://evil.example", "shop.example", origin::other},
        {"http://shop.example/", "shop.example", origin::other},
        {"null", "shop.example", origin::other},
        {"null", "null", origin::other},
        {"shop.example", "shop.example", origin::other},
        {"//shop.example", "shop.example", origin::other},
        {"ftp://shop.example", "shop.example", origin::other},
        {"file://", "", origin::other},
        {"http://", "", origin::other},
        {"http://:80", "", origin::other},
        {"http", "http", origin::other},
    };
    for (const auto& [origin_field, host, expected] : cases) {
        BOOST_TEST_CONTEXT(origin_field << " at " << host) {
            BOOST_TEST(origin_of(request_with({}, origin_field, host)) == expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(without_either_header_the_origin_is_unknown) {
    BOOST_TEST(origin_of(request_with({}, {}, "shop.example")) == origin::unknown);
}

BOOST_AUTO_TEST_CASE(an_unknown_origin_needs_the_token_of_the_session) {
    test::visitor ada{"ada@x"};
    const std::string token{ada.session().csrf_token()};
    BOOST_TEST(passes(ada.session(), token_field(ada.session())));
    for (const std::string& body :
         {std::string{}, std::string{"csrf_token="}, "csrf_token=" + token.substr(1),
          "csrf_token=" + token + "A", "csrf_token=A" + token.substr(1) + "A",
          token_field(test::visitor{"eve@x"}.session()), "token=" + token}) {
        BOOST_TEST_CONTEXT(body) {
            BOOST_TEST(!passes(ada.session(), body));
        }
    }
}

BOOST_AUTO_TEST_CASE(the_session_of_a_guest_has_a_token_too) {
    test::visitor guest;
    BOOST_TEST(passes(guest.session(), token_field(guest.session())));
    BOOST_TEST(!passes(guest.session(), ""));
}

BOOST_AUTO_TEST_CASE(an_unknown_origin_without_a_session_needs_no_token) {
    test::visitor nobody{test::without_session};
    BOOST_TEST(passes(nobody.session(), ""));
    BOOST_TEST(passes(nobody.session(), "csrf_token=anything"));
}

BOOST_AUTO_TEST_CASE(a_known_origin_decides_whatever_the_token) {
    test::visitor ada{"ada@x"};
    BOOST_TEST(passes(ada.session(), "", "same-origin"));
    BOOST_TEST(!passes(ada.session(), token_field(ada.session()), "cross-site"));
}

BOOST_AUTO_TEST_SUITE_END()
