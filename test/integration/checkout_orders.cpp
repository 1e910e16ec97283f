#include "support/shop.hpp"

#include <boost/test/unit_test.hpp>

#include <sqlite3.h>

using namespace cookieshop::test;

namespace {

std::size_t order_count(client& who) {
    std::size_t count = 0;
    for (const auto& link : links(who.get("/orders").body)) count += link.starts_with("/orders/") ? 1 : 0;
    return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(checkout_orders)

BOOST_FIXTURE_TEST_CASE(checkout_shows_the_basket_and_its_total, shop) {
    auto user = member();
    add_to_basket(user, "chocolate-chip", 2);
    add_to_basket(user, "linzer", 1);
    const auto page = user.get("/checkout");
    BOOST_TEST(has_status(page, 200));
    BOOST_TEST(shows(page, "Chocolate Chip"));
    BOOST_TEST(shows(page, "Linzer Heart"));
    BOOST_TEST(shows(page, "$25.00"));
    BOOST_TEST(shows(page, "$39.50"));
}

BOOST_FIXTURE_TEST_CASE(an_order_is_stored_and_empties_the_basket, shop) {
    auto user = member();
    add_to_basket(user, "chocolate-chip", 2);
    const auto done = user.submit(user.get("/checkout"), "/checkout");
    BOOST_TEST(has_status(done, 303));
    BOOST_TEST(done.header("Location").starts_with("/orders/"));
    const auto order = user.follow(done);
    BOOST_TEST(has_status(order, 200));
    BOOST_TEST(shows(order, "Chocolate Chip"));
    BOOST_TEST(shows(order, "$25.00"));
    BOOST_TEST(quantity_of(user.get("/basket"), "chocolate-chip") == 0);
    BOOST_TEST(order_count(user) == 1U);
    BOOST_TEST(shows(user.get("/orders"), "$25.00"));
}

BOOST_FIXTURE_TEST_CASE(the_same_form_sent_twice_makes_one_order_and_leads_to_it, shop) {
    auto user = member();
    add_to_basket(user, "linzer");
    const auto page = user.get("/checkout");
    const auto first = user.submit(page, "/checkout");
    const auto second = user.submit(page, "/checkout");
    BOOST_TEST(has_status(first, 303));
    BOOST_TEST(redirects(second, first.header("Location")));
    BOOST_TEST(order_count(user) == 1U);
}

BOOST_FIXTURE_TEST_CASE(the_same_form_sent_again_later_does_not_order_what_was_added_since, shop) {
    auto user = member();
    add_to_basket(user, "linzer");
    const auto page = user.get("/checkout");
    const auto first = user.submit(page, "/checkout");
    add_to_basket(user, "macaron");
    BOOST_TEST(redirects(user.submit(page, "/checkout"), first.header("Location")));
    BOOST_TEST(order_count(user) == 1U);
    BOOST_TEST(quantity_of(user.get("/basket"), "macaron") == 1);
}

BOOST_FIXTURE_TEST_CASE(the_same_basket_ordered_anew_is_another_order, shop) {
    auto user = member();
    BOOST_TEST(place_order(user) != place_order(user));
    BOOST_TEST(order_count(user) == 2U);
}

BOOST_FIXTURE_TEST_CASE(an_empty_basket_can_not_be_ordered, shop) {
    auto user = member();
    BOOST_TEST(redirects(user.get("/checkout"), "/basket"));
    BOOST_TEST(redirects(user.post("/checkout", {}), "/basket"));
    BOOST_TEST(order_count(user) == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_visitor_logs_in_on_the_way_and_orders_what_was_in_the_basket, shop) {
    member();
    auto visitor = guest();
    add_to_basket(visitor, "linzer", 2);
    const auto login = visitor.follow(visitor.get("/checkout"));
    const auto back = visitor.submit(
        login, "/login", {{"email", std::string{anna}}, {"password", std::string{good_password}}}
    );
    BOOST_TEST(redirects(back, "/checkout"));
    const auto order = visitor.follow(visitor.submit(visitor.follow(back), "/checkout"));
    BOOST_TEST(shows(order, "$29.00"));
}

BOOST_FIXTURE_TEST_CASE(another_users_order_is_not_found, shop) {
    auto user = member(), eve = member("eve@example.com");
    const auto order = place_order(user);
    BOOST_TEST(has_status(user.get(order), 200));
    const auto hidden = eve.get(order);
    BOOST_TEST(has_status(hidden, 404));
    BOOST_TEST(hides(hidden, "Linzer"));
    BOOST_TEST(order_count(eve) == 0U);
}

BOOST_FIXTURE_TEST_CASE(an_order_that_never_was_is_not_found, shop) {
    auto user = member();
    place_order(user);
    for (const char* path :
         {"/orders/0", "/orders/-1", "/orders/x", "/orders/1x", "/orders/01x", "/orders/4711",
          "/orders/99999999999999999999", "/orders/1/x"})
        BOOST_TEST(has_status(user.get(path), 404));
}

BOOST_FIXTURE_TEST_CASE(many_orders_are_shown_a_page_at_a_time_the_newest_first, shop) {
    constexpr std::size_t a_page = 50;
    auto user = member();
    const auto first = place_order(user);
    for (std::size_t i = 1; i < a_page; ++i) place_order(user);
    BOOST_TEST(order_count(user) == a_page);
    BOOST_TEST(hides(user.get("/orders"), "Older orders"));
    const auto last = place_order(user);
    const auto newest = links(user.get("/orders").body);
    BOOST_TEST(std::ranges::count(newest, last) == 1);
    BOOST_TEST(std::ranges::count(newest, first) == 0);
    const auto older =
        std::ranges::find_if(newest, [](const auto& link) { return link.starts_with("/orders?before="); });
    BOOST_REQUIRE(older != newest.end());
    const auto rest = user.get(*older);
    BOOST_TEST(std::ranges::count(links(rest.body), first) == 1);
    BOOST_TEST(std::ranges::count(links(rest.body), last) == 0);
    BOOST_TEST(hides(rest, "Older orders"));
}

BOOST_FIXTURE_TEST_CASE(all_browsers_of_a_user_see_the_orders, shop) {
    auto one = member(), other = login();
    BOOST_TEST(has_status(other.get(place_order(one)), 200));
}

BOOST_FIXTURE_TEST_CASE(after_a_thousand_orders_in_an_hour_an_account_has_to_wait, shop) {
    auto user = member(), other = member("other@example.com");
    place_order(user);
    sqlite3* database = nullptr;
    BOOST_REQUIRE(sqlite3_open(server.database().c_str(), &database) == SQLITE_OK);
    const int done = sqlite3_exec(
        database,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999)"
        " INSERT INTO orders (user_id, placed_at, total_cents, token)"
        " SELECT user_id, placed_at, total_cents, token || i FROM orders, n",
        nullptr, nullptr, nullptr
    );
    sqlite3_close(database);
    BOOST_REQUIRE(done == SQLITE_OK);
    add_to_basket(user, "linzer");
    const auto refused = user.submit(user.get("/checkout"), "/checkout");
    BOOST_TEST(has_status(refused, 429));
    BOOST_TEST(refused.header("Retry-After") == "60");
    BOOST_TEST(quantity_of(user.get("/basket"), "linzer") == 1);
    place_order(other);
}

BOOST_AUTO_TEST_SUITE_END()
