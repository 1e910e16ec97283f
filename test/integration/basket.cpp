#include "support/shop.hpp"

#include <boost/test/unit_test.hpp>

using namespace cookieshop::test;

BOOST_AUTO_TEST_SUITE(basket)

BOOST_FIXTURE_TEST_CASE(a_visitor_has_a_basket, shop) {
    auto visitor = guest();
    const auto done =
        visitor.submit(visitor.get("/cookies"), "/basket", {{"cookie", "chocolate-chip"}, {"quantity", "2"}});
    BOOST_TEST(redirects(done, "/basket"));
    const auto page = visitor.follow(done);
    BOOST_TEST(quantity_of(page, "chocolate-chip") == 2);
    BOOST_TEST(shows(page, "Chocolate Chip"));
    BOOST_TEST(shows(page, "$25.00"));
}

BOOST_FIXTURE_TEST_CASE(the_same_cookie_again_adds_up, shop) {
    auto visitor = guest();
    add_to_basket(visitor, "linzer", 2);
    add_to_basket(visitor, "macaron", 1);
    add_to_basket(visitor, "linzer", 3);
    const auto page = visitor.get("/basket");
    BOOST_TEST(quantity_of(page, "linzer") == 5);
    BOOST_TEST(quantity_of(page, "macaron") == 1);
    BOOST_TEST(shows(page, "$90.50"));
}

BOOST_FIXTURE_TEST_CASE(a_quantity_that_is_none_is_refused, shop) {
    auto visitor = guest();
    for (const char* quantity :
         {"0", "100", "-1", "1.5", "", "two", "1e1", "0x10", "1 1", "99999999999999999999"}) {
        BOOST_TEST_CONTEXT('\'' << quantity << '\'') {
            const auto refused = visitor.post("/basket", {{"cookie", "linzer"}, {"quantity", quantity}});
            BOOST_TEST(has_status(refused, 422));
            BOOST_TEST(shows(refused, "The quantity must be between 1 and 99."));
        }
    }
    BOOST_TEST(has_status(visitor.post("/basket", {{"cookie", "linzer"}}), 422));
    BOOST_TEST(visitor.session().empty());
}

BOOST_FIXTURE_TEST_CASE(ninety_nine_of_each_is_the_most, shop) {
    auto visitor = guest();
    BOOST_TEST(redirects(add_to_basket(visitor, "linzer", 98), "/basket"));
    const auto refused = add_to_basket(visitor, "linzer", 2);
    BOOST_TEST(has_status(refused, 422));
    BOOST_TEST(shows(refused, "The quantity must be between 1 and 99."));
    BOOST_TEST(quantity_of(visitor.get("/basket"), "linzer") == 98);
    BOOST_TEST(redirects(add_to_basket(visitor, "linzer", 1), "/basket"));
    BOOST_TEST(redirects(add_to_basket(visitor, "macaron", 99), "/basket"));
    BOOST_TEST(quantity_of(visitor.get("/basket"), "linzer") == 99);
}

BOOST_FIXTURE_TEST_CASE(a_cookie_that_is_not_sold_is_refused, shop) {
    auto visitor = guest();
    for (const char* cookie : {"", "spekulatius", "Linzer", "linzer ", "../linzer"})
        BOOST_TEST(has_status(visitor.post("/basket", {{"cookie", cookie}, {"quantity", "1"}}), 422));
}

BOOST_FIXTURE_TEST_CASE(a_line_can_be_taken_out, shop) {
    auto visitor = guest();
    add_to_basket(visitor, "linzer", 2);
    add_to_basket(visitor, "macaron", 1);
    const auto done = visitor.post("/basket/remove", {{"cookie", "linzer"}});
    BOOST_TEST(redirects(done, "/basket"));
    const auto page = visitor.follow(done);
    BOOST_TEST(quantity_of(page, "linzer") == 0);
    BOOST_TEST(quantity_of(page, "macaron") == 1);
}

BOOST_FIXTURE_TEST_CASE(taking_out_twice_does_no_harm, shop) {
    auto visitor = guest();
    add_to_basket(visitor, "linzer", 2);
    for (int i = 0; i < 2; ++i)
        BOOST_TEST(redirects(visitor.post("/basket/remove", {{"cookie", "linzer"}}), "/basket"));
}

BOOST_FIXTURE_TEST_CASE(everybody_has_their_own, shop) {
    auto one = guest(), other = guest();
    add_to_basket(one, "linzer", 2);
    add_to_basket(other, "macaron", 1);
    BOOST_TEST(quantity_of(one.get("/basket"), "macaron") == 0);
    BOOST_TEST(quantity_of(other.get("/basket"), "linzer") == 0);
}

BOOST_FIXTURE_TEST_CASE(two_browsers_of_one_user_have_one_each, shop) {
    auto one = member(), other = login();
    add_to_basket(one, "linzer", 2);
    BOOST_TEST(quantity_of(other.get("/basket"), "linzer") == 0);
}

BOOST_AUTO_TEST_CASE(data_past_its_limit_is_refused_and_what_was_there_stays) {
    const shop shop{{{"--session-data-limit", "100"}}};
    auto visitor = shop.guest();
    BOOST_TEST(redirects(add_to_basket(visitor, "linzer", 2), "/basket"));
    answer last;
    for (const char* cookie :
         {"chocolate-chip", "oatmeal-raisin", "macaron", "ginger-snap", "fortune-cookie", "black-and-white",
          "stroopwafel", "vanilla-crescent"}) {
        last = add_to_basket(visitor, cookie);
        if (last.status != 303) break;
    }
    BOOST_TEST(has_status(last, 422));
    BOOST_TEST(quantity_of(visitor.get("/basket"), "linzer") == 2);
}

BOOST_AUTO_TEST_SUITE_END()
