#include "support/shop.hpp"

#include <boost/test/unit_test.hpp>

using namespace cookieshop::test;

namespace {

/// A client of the server's next life, with the cookies of the last one.
client after_restart(const shop& shop, const client& before) {
    auto who = shop.guest();
    who.cookies = before.cookies;
    return who;
}

void kill_and_start(shop& shop) {
    shop.server.kill();
    shop.server.start();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(persistence)

BOOST_FIXTURE_TEST_CASE(sessions_live_through_a_restart, shop) {
    auto user = member(), visitor = guest();
    add_to_basket(user, "linzer", 2);
    add_to_basket(visitor, "macaron", 3);
    BOOST_TEST(server.stop() == 0);
    server.start();
    auto user_again = after_restart(*this, user), visitor_again = after_restart(*this, visitor);
    BOOST_TEST(is_logged_in(user_again.get("/cookies"), anna));
    BOOST_TEST(quantity_of(user_again.get("/basket"), "linzer") == 2);
    BOOST_TEST(quantity_of(visitor_again.get("/basket"), "macaron") == 3);
}

BOOST_FIXTURE_TEST_CASE(a_registration_that_was_answered_survives_a_kill, shop) {
    const auto user = member();
    kill_and_start(*this);
    BOOST_TEST(is_logged_in(after_restart(*this, user).get("/cookies"), anna));
    BOOST_TEST(is_logged_in(login().get("/cookies"), anna));
}

BOOST_FIXTURE_TEST_CASE(a_login_that_was_answered_survives_a_kill, shop) {
    member();
    const auto user = login();
    kill_and_start(*this);
    BOOST_TEST(is_logged_in(after_restart(*this, user).get("/cookies"), anna));
}

BOOST_FIXTURE_TEST_CASE(a_logout_that_was_answered_survives_a_kill, shop) {
    auto user = member();
    const auto session = user.session();
    user.post("/logout", {});
    kill_and_start(*this);
    BOOST_TEST(!is_alive(*this, session));
}

BOOST_FIXTURE_TEST_CASE(a_basket_that_was_answered_survives_a_kill, shop) {
    auto visitor = guest();
    add_to_basket(visitor, "linzer", 2);
    kill_and_start(*this);
    auto again = after_restart(*this, visitor);
    BOOST_TEST(quantity_of(again.get("/basket"), "linzer") == 2);
    add_to_basket(again, "linzer", 1);
    again.post("/basket/remove", {{"cookie", "macaron"}});
    kill_and_start(*this);
    BOOST_TEST(quantity_of(after_restart(*this, again).get("/basket"), "linzer") == 3);
}

BOOST_FIXTURE_TEST_CASE(a_line_that_was_taken_out_stays_out_after_a_kill, shop) {
    auto visitor = guest();
    add_to_basket(visitor, "linzer", 2);
    visitor.post("/basket/remove", {{"cookie", "linzer"}});
    kill_and_start(*this);
    BOOST_TEST(quantity_of(after_restart(*this, visitor).get("/basket"), "linzer") == 0);
}

BOOST_FIXTURE_TEST_CASE(an_order_that_was_answered_survives_a_kill_and_its_basket_does_not, shop) {
    auto user = member();
    const auto order = place_order(user);
    kill_and_start(*this);
    auto again = after_restart(*this, user);
    BOOST_TEST(shows(again.get(order), "Linzer Heart"));
    BOOST_TEST(quantity_of(again.get("/basket"), "linzer") == 0);
}

BOOST_FIXTURE_TEST_CASE(a_password_change_that_was_answered_survives_a_kill, shop) {
    auto user = member();
    const auto elsewhere = login();
    const auto old = user.session();
    post_new_password(user, good_password, other_password);
    kill_and_start(*this);
    BOOST_TEST(is_logged_in(after_restart(*this, user).get("/cookies"), anna));
    BOOST_TEST(!is_alive(*this, old));
    BOOST_TEST(!is_alive(*this, elsewhere.session()));
    auto visitor = guest();
    BOOST_TEST(has_status(post_login(visitor, anna, good_password), 422));
    BOOST_TEST(redirects(post_login(visitor, anna, other_password), "/cookies"));
}

BOOST_FIXTURE_TEST_CASE(a_token_of_a_form_survives_a_restart, shop) {
    auto user = member();
    add_to_basket(user, "linzer");
    const auto page = user.get("/checkout");
    kill_and_start(*this);
    auto again = after_restart(*this, user);
    again.always = {{"Accept", "text/html"}};
    BOOST_TEST(has_status(again.submit(page, "/checkout"), 303));
}

BOOST_AUTO_TEST_SUITE_END()
