#include "support/shop.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace cookieshop::test;

namespace {

std::string token_of(const answer& page, std::string_view action) {
    const auto form = find_form(page.body, action).value();
    for (const auto& [name, value] : form.values)
        if (name == "csrf_token") return value;
    return {};
}

answer add(client& who, const fields& headers, const std::string& token = {}) {
    fields form{{"cookie", "linzer"}, {"quantity", "1"}};
    if (!token.empty()) form.emplace_back("csrf_token", token);
    return who.post("/basket", form, headers);
}

/// A browser with a session, and nothing in its requests that says where they come from.
client old_browser(const shop& shop) {
    auto who = shop.member();
    who.always = {{"Accept", "text/html"}};
    return who;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(csrf)

BOOST_FIXTURE_TEST_CASE(the_browser_says_where_a_request_comes_from, shop) {
    struct {
        fields headers;
        int status;
    } const rows[] = {
        {{{"Sec-Fetch-Site", "same-origin"}}, 303},
        {{{"Sec-Fetch-Site", "none"}}, 303},
        {{{"Sec-Fetch-Site", "same-site"}}, 403},
        {{{"Sec-Fetch-Site", "cross-site"}}, 403},
        {{{"Sec-Fetch-Site", "whatever"}}, 403},
        {{{"Sec-Fetch-Site", ""}}, 403},
        {{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "http://localhost"}}, 403},
        {{{"Sec-Fetch-Site", "same-origin"}, {"Origin", "http://localhost"}}, 303},
        {{{"Origin", "http://localhost"}}, 303},
        {{{"Origin", "http://LOCALHOST"}}, 303},
        {{{"Origin", "http://localhost:80"}}, 303},
        {{{"Origin", "http://localhost:8080"}}, 403},
        {{{"Origin", "http://localhost.evil.example"}}, 403},
        {{{"Origin", "http://evil.example"}}, 403},
        {{{"Origin", "http://shop.localhost"}}, 403},
        {{{"Origin", "null"}}, 403},
        {{{"Origin", ""}}, 403},
        {{{"Origin", "http://shop.example:8080"}, {"Host", "shop.example:8080"}}, 303},
        {{{"Origin", "http://shop.example"}, {"Host", "shop.example:8080"}}, 403},
    };
    auto user = old_browser(*this);
    for (const auto& row : rows) {
        const auto answer = add(user, row.headers);
        BOOST_TEST(has_status(answer, row.status));
    }
}

BOOST_FIXTURE_TEST_CASE(a_token_does_not_help_a_request_from_another_site, shop) {
    auto user = old_browser(*this);
    const auto token = token_of(user.get("/cookies"), "/basket");
    BOOST_TEST(!token.empty());
    BOOST_TEST(has_status(add(user, {{"Sec-Fetch-Site", "cross-site"}}, token), 403));
    BOOST_TEST(has_status(add(user, {{"Origin", "null"}}, token), 403));
}

BOOST_FIXTURE_TEST_CASE(where_a_browser_says_nothing_the_token_of_the_session_is_needed, shop) {
    auto user = old_browser(*this);
    auto eve = member("eve@example.com");
    const auto token = token_of(user.get("/cookies"), "/basket");
    auto damaged = token;
    damaged.front() = damaged.front() == 'A' ? 'B' : 'A';
    BOOST_TEST(has_status(add(user, {}), 403));
    BOOST_TEST(has_status(add(user, {}, damaged), 403));
    BOOST_TEST(has_status(add(user, {}, token.substr(1)), 403));
    BOOST_TEST(has_status(add(user, {}, token_of(eve.get("/cookies"), "/basket")), 403));
    BOOST_TEST(quantity_of(user.get("/basket"), "linzer") == 0);
    BOOST_TEST(has_status(add(user, {}, token), 303));
}

BOOST_FIXTURE_TEST_CASE(every_form_of_a_session_carries_the_token, shop) {
    auto user = member();
    login();
    add_to_basket(user, "linzer");
    for (const char* path : {"/cookies", "/basket", "/checkout", "/settings", "/settings/sessions"}) {
        for (const auto& form : forms(user.get(path).body)) {
            const bool has_token =
                std::ranges::count(form.values, "csrf_token", &fields::value_type::first) == 1;
            BOOST_TEST((has_token || form.method != "POST"), path << ": " << form.action);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(a_visitor_without_a_session_needs_no_token, shop) {
    auto visitor = guest();
    visitor.always = {{"Accept", "text/html"}};
    BOOST_TEST(redirects(post_registration(visitor, anna), "/cookies"));
    auto other = guest();
    other.always = {{"Accept", "text/html"}};
    BOOST_TEST(redirects(post_login(other, anna), "/cookies"));
}

BOOST_FIXTURE_TEST_CASE(the_token_survives_the_change_of_the_id, shop) {
    member();
    auto visitor = guest();
    add_to_basket(visitor, "linzer");
    const auto token = token_of(visitor.get("/cookies"), "/basket");
    post_login(visitor, anna);
    visitor.always = {{"Accept", "text/html"}};
    BOOST_TEST(has_status(add(visitor, {}, token), 303));
}

BOOST_FIXTURE_TEST_CASE(the_token_dies_with_the_session, shop) {
    auto user = member();
    const auto token = token_of(user.get("/cookies"), "/basket");
    user.post("/logout", {});
    post_login(user, anna);
    user.always = {{"Accept", "text/html"}};
    BOOST_TEST(has_status(add(user, {}, token), 403));
}

BOOST_FIXTURE_TEST_CASE(the_token_is_not_the_cookie_nor_a_part_of_it, shop) {
    auto user = member();
    const auto token = token_of(user.get("/cookies"), "/basket");
    BOOST_TEST(token.size() >= 16U);
    BOOST_TEST(user.session().find(token) == std::string::npos);
    BOOST_TEST(!is_alive(*this, token));
}

BOOST_FIXTURE_TEST_CASE(a_form_that_was_opened_before_login_still_works_after_it, shop) {
    member();
    auto visitor = guest();
    const auto form = visitor.get("/cookies");
    post_login(visitor, anna);
    BOOST_TEST(redirects(visitor.submit(form, "/basket", {{"cookie", "linzer"}}), "/basket"));
}

BOOST_FIXTURE_TEST_CASE(every_form_is_closed_to_other_sites, shop) {
    auto user = member(), elsewhere = login();
    add_to_basket(user, "linzer");
    const std::string fresh{other_password};
    const std::pair<const char*, fields> posts[] = {
        {"/basket", {{"cookie", "macaron"}, {"quantity", "1"}}},
        {"/basket/remove", {{"cookie", "linzer"}}},
        {"/register", {{"email", "eve@example.com"}, {"password", fresh}, {"password_confirmation", fresh}}},
        {"/login", {{"email", std::string{anna}}, {"password", std::string{good_password}}}},
        {"/logout", {}},
        {"/checkout", {}},
        {"/settings/password",
         {{"current_password", std::string{good_password}},
          {"password", fresh},
          {"password_confirmation", fresh}}},
        {"/settings/sessions/revoke", {{"all", "others"}}},
    };
    for (const auto& [path, form] : posts) {
        const auto refused = user.post(path, form, {{"Sec-Fetch-Site", "cross-site"}});
        BOOST_TEST(has_status(refused, 403));
        BOOST_TEST(lacks_header(refused, "Set-Cookie"));
    }
    BOOST_TEST(is_alive(*this, elsewhere.session()));
    BOOST_TEST(quantity_of(user.get("/basket"), "linzer") == 1);
    BOOST_TEST(quantity_of(user.get("/basket"), "macaron") == 0);
}

BOOST_FIXTURE_TEST_CASE(logging_somebody_in_from_another_site_is_refused_too, shop) {
    member();
    auto victim = guest();
    const auto refused = victim.post(
        "/login", {{"email", std::string{anna}}, {"password", std::string{good_password}}},
        {{"Sec-Fetch-Site", "cross-site"}}
    );
    BOOST_TEST(has_status(refused, 403));
    BOOST_TEST(lacks_header(refused, "Set-Cookie"));
}

BOOST_FIXTURE_TEST_CASE(a_link_from_another_site_may_lead_here, shop) {
    auto user = member();
    BOOST_TEST(is_logged_in(user.get("/settings", {{"Sec-Fetch-Site", "cross-site"}}), anna));
}

BOOST_AUTO_TEST_SUITE_END()
