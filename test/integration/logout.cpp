#include "support/shop.hpp"

#include <boost/test/unit_test.hpp>

using namespace cookieshop::test;

namespace {

void check_logged_out(const shop& shop, const answer& done, const std::string& session) {
    BOOST_TEST(redirects(done, "/login"));
    BOOST_TEST(has_header(done, "Clear-Site-Data", "\"cache\""));
    BOOST_TEST(header_names(done, "Set-Cookie", "session=;"));
    BOOST_TEST(header_names(done, "Set-Cookie", "Max-Age=0"));
    BOOST_TEST(!is_alive(shop, session));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(logout)

BOOST_FIXTURE_TEST_CASE(the_button_ends_the_session, shop) {
    auto user = member();
    const auto session = user.session();
    check_logged_out(*this, user.submit(user.get("/cookies"), "/logout"), session);
    BOOST_TEST(user.session().empty());
    BOOST_TEST(is_guest(user.get("/cookies")));
}

BOOST_FIXTURE_TEST_CASE(an_ended_session_stays_ended_after_a_restart, shop) {
    auto user = member();
    const auto session = user.session();
    user.post("/logout", {});
    BOOST_TEST(server.stop() == 0);
    server.start();
    BOOST_TEST(!is_alive(*this, session));
}

BOOST_FIXTURE_TEST_CASE(a_link_on_this_site_ends_the_session, shop) {
    for (const auto& headers :
         {fields{{"Sec-Fetch-Site", "same-origin"}}, fields{{"Sec-Fetch-Site", "none"}}, fields{}}) {
        auto user =
            member(std::to_string(headers.empty() ? 0 : headers.front().second.size()) + "@example.com");
        const auto session = user.session();
        user.always = {{"Accept", "text/html"}};
        check_logged_out(*this, user.get("/logout", headers), session);
    }
}

BOOST_FIXTURE_TEST_CASE(without_sec_fetch_site_a_link_on_another_site_is_known_by_its_referer, shop) {
    auto user = member();
    const auto session = user.session();
    user.always = {{"Accept", "text/html"}, {"Host", "shop.example:8080"}};
    for (const fields& from :
         {fields{{"Referer", "http://evil.example/"}}, fields{{"Referer", "https://evil.example"}},
          fields{{"Referer", "http://evil.example/http://shop.example:8080/"}}, fields{{"Referer", "x"}},
          fields{{"Origin", "http://evil.example"}}}) {
        BOOST_TEST_CONTEXT(from.front().second) {
            const auto page = user.get("/logout", from);
            BOOST_TEST(has_status(page, 200));
            BOOST_TEST(is_alive(*this, session));
        }
    }
    check_logged_out(*this, user.get("/logout", {{"Referer", "http://shop.example:8080/settings"}}), session);
}

BOOST_FIXTURE_TEST_CASE(a_link_on_another_site_shows_a_page_with_a_button, shop) {
    auto user = member();
    for (const char* site : {"cross-site", "same-site"}) {
        const auto page = user.get("/logout", {{"Sec-Fetch-Site", site}});
        BOOST_TEST(has_status(page, 200));
        BOOST_TEST(find_form(page.body, "/logout").has_value());
        BOOST_TEST(is_alive(*this, user.session()));
    }
    const auto session = user.session();
    const auto page = user.get("/logout", {{"Sec-Fetch-Site", "cross-site"}});
    check_logged_out(*this, user.submit(page, "/logout"), session);
}

BOOST_FIXTURE_TEST_CASE(a_prefetching_head_ends_nothing, shop) {
    auto user = member();
    BOOST_TEST(has_status(user.send({"HEAD", "/logout", {}, {}}), 405));
    BOOST_TEST(is_alive(*this, user.session()));
}

BOOST_FIXTURE_TEST_CASE(a_visitor_may_log_out_too, shop) {
    auto visitor = guest();
    BOOST_TEST(redirects(visitor.post("/logout", {}), "/login"));
    BOOST_TEST(redirects(visitor.get("/logout"), "/login"));
}

BOOST_FIXTURE_TEST_CASE(a_visitors_basket_ends_with_the_session, shop) {
    auto visitor = guest();
    add_to_basket(visitor, "linzer");
    auto tab = visitor.another_tab();
    visitor.post("/logout", {});
    BOOST_TEST(quantity_of(tab.get("/basket"), "linzer") == 0);
}

BOOST_FIXTURE_TEST_CASE(the_other_sessions_of_the_user_live_on, shop) {
    auto user = member(), elsewhere = login();
    user.post("/logout", {});
    BOOST_TEST(is_alive(*this, elsewhere.session()));
}

BOOST_FIXTURE_TEST_CASE(a_dead_cookie_is_expired_in_the_browser_or_ignored, shop) {
    auto user = member();
    auto tab = user.another_tab();
    user.post("/logout", {});
    BOOST_TEST(is_guest(tab.get("/cookies")));
    BOOST_TEST(redirects(add_to_basket(tab, "linzer"), "/basket"));
    BOOST_TEST(tab.session() != "");
    BOOST_TEST(quantity_of(tab.get("/basket"), "linzer") == 1);
}

BOOST_AUTO_TEST_SUITE_END()
