#include "cookieshop/http/cookie.hpp"

#include "unit/http/exchange_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace cookieshop::http;

namespace {

std::vector<std::string> cookies(const std::string& fields, std::string_view name) {
    const parsed_request p{get_request("/", fields)};
    std::vector<std::string> values;
    for_each_cookie(p.exchange.request, name, [&](std::string_view value) {
        values.emplace_back(value);
        return false;
    });
    return values;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cookie)

BOOST_AUTO_TEST_CASE(every_cookie_of_the_name_is_visited_in_order) {
    const std::string fields = "Cookie: s=1; other=x;s=2 ; ; junk; xs=4; s= 5\r\nCookie: s=a=b\r\n";
    BOOST_TEST((cookies(fields, "s") == std::vector<std::string>{"1", "2", "5", "a=b"}));
    BOOST_TEST(cookies(fields, "S").empty());
    BOOST_TEST(cookies("", "s").empty());
}

BOOST_AUTO_TEST_CASE(a_visit_ends_when_it_returns_true) {
    const parsed_request p{get_request("/", "Cookie: s=1; s=2\r\nCookie: s=3\r\n")};
    int visits = 0;
    for_each_cookie(p.exchange.request, "s", [&](std::string_view) { return ++visits == 2; });
    BOOST_TEST(visits == 2);
}

BOOST_AUTO_TEST_CASE(a_cookie_is_out_of_reach_of_scripts_and_other_sites) {
    response r;
    set_cookie(r, "session", "abc", {});
    BOOST_TEST(r.headers == "Set-Cookie: session=abc; Path=/; HttpOnly; SameSite=Lax\r\n");
    BOOST_TEST((r.caching == caching::no_store));
}

BOOST_AUTO_TEST_CASE(attributes_are_added) {
    response r;
    set_cookie(r, "s", "v", {.secure = true, .max_age = std::chrono::seconds{60}});
    BOOST_TEST(r.headers == "Set-Cookie: s=v; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60\r\n");
}

BOOST_AUTO_TEST_CASE(an_expired_cookie_has_the_same_scope) {
    response r;
    expire_cookie(r, "s", true);
    BOOST_TEST(
        r.headers
        == "Set-Cookie: s=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0; "
           "Expires=Thu, 01 Jan 1970 00:00:00 GMT\r\n"
    );
}

BOOST_AUTO_TEST_SUITE_END()
