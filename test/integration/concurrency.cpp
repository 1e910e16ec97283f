#include "support/at_once.hpp"
#include "support/shop.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <set>
#include <vector>

using namespace cookieshop::test;

namespace {

/// Clients with a connection each, so that only the request itself is left to do.
std::vector<client> tabs_of(const client& user, std::size_t count) {
    std::vector<client> tabs;
    for (std::size_t i = 0; i < count; ++i) {
        tabs.push_back(user.another_tab());
        tabs.back().get("/healthz");
    }
    return tabs;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(concurrency)

BOOST_FIXTURE_TEST_CASE(of_fifty_registrations_with_one_address_one_succeeds, shop) {
    constexpr std::size_t count = 50;
    auto visitors = tabs_of(guest(), count);
    std::vector<answer> answers(count);
    at_once(count, [&](std::size_t i) {
        answers[i] = post_registration(visitors[i], i % 2 == 0 ? "anna@example.com" : "ANNA@example.com");
    });
    BOOST_TEST(std::ranges::count(answers, 303, &answer::status) == 1);
    for (const auto& answer : answers)
        if (answer.status != 303) BOOST_TEST(shows(answer, "The email address is already registered."));
}

BOOST_FIXTURE_TEST_CASE(tabs_that_fill_a_basket_together_lose_nothing, shop) {
    constexpr std::size_t count = 20, adds = 4;
    auto user = member();
    add_to_basket(user, "macaron", 1);
    auto tabs = tabs_of(user, count);
    std::atomic<std::size_t> added = 0;
    at_once(count, [&](std::size_t i) {
        for (std::size_t n = 0; n < adds; ++n)
            added += add_to_basket(tabs[i], "linzer", 1).status == 303 ? 1U : 0U;
    });
    BOOST_TEST(added == count * adds);
    BOOST_TEST(quantity_of(user.get("/basket"), "linzer") == int{count * adds});
    BOOST_TEST(quantity_of(user.get("/basket"), "macaron") == 1);
    server.kill();
    server.start();
    auto later = guest();
    later.set_session(user.session());
    BOOST_TEST(quantity_of(later.get("/basket"), "linzer") == int{count * adds});
}

BOOST_FIXTURE_TEST_CASE(tabs_never_put_more_into_a_basket_than_it_takes, shop) {
    constexpr std::size_t count = 20;
    auto user = member();
    add_to_basket(user, "linzer", 90);
    auto tabs = tabs_of(user, count);
    std::atomic<std::size_t> added = 0;
    at_once(count, [&](std::size_t i) {
        added += add_to_basket(tabs[i], "linzer", 1).status == 303 ? 1U : 0U;
    });
    BOOST_TEST(added == 9U);
    BOOST_TEST(quantity_of(user.get("/basket"), "linzer") == 99);
}

BOOST_FIXTURE_TEST_CASE(a_logout_wins_over_what_is_under_way, shop) {
    constexpr std::size_t count = 12;
    for (int round = 0; round < 10; ++round) {
        auto user = member(std::to_string(round) + "@example.com");
        auto tabs = tabs_of(user, count);
        at_once(count, [&](std::size_t i) {
            if (i == 0)
                tabs[i].post("/logout", {});
            else
                add_to_basket(tabs[i], "linzer", 1);
        });
        BOOST_TEST(!is_alive(*this, user.session()));
        auto late = user.another_tab();
        BOOST_TEST(quantity_of(late.get("/basket"), "linzer") == 0);
    }
}

BOOST_FIXTURE_TEST_CASE(a_checkout_sent_many_times_at_once_makes_one_order, shop) {
    constexpr std::size_t count = 12;
    auto user = member();
    add_to_basket(user, "linzer", 2);
    const auto page = user.get("/checkout");
    auto tabs = tabs_of(user, count);
    std::vector<answer> answers(count);
    at_once(count, [&](std::size_t i) { answers[i] = tabs[i].submit(page, "/checkout"); });
    std::set<std::string> orders;
    for (const auto& answer : answers) {
        BOOST_TEST(has_status(answer, 303));
        orders.emplace(answer.header("Location"));
    }
    BOOST_TEST(orders.size() == 1U);
    BOOST_TEST(orders.begin()->starts_with("/orders/"));
    BOOST_TEST(
        std::ranges::count_if(
            links(user.get("/orders").body), [](const auto& link) { return link.starts_with("/orders/"); }
        )
        == 1
    );
}

BOOST_FIXTURE_TEST_CASE(no_login_with_the_old_password_outlives_its_change, shop) {
    constexpr std::size_t count = 4;  // fewer than the failures that are free
    for (int round = 0; round < 10; ++round) {
        const auto email = std::to_string(round) + "@example.com";
        auto user = member(email);
        auto visitors = tabs_of(guest(), count);
        at_once(count, [&](std::size_t i) {
            if (i == 0)
                post_new_password(user, good_password, other_password);
            else
                post_login(visitors[i], email, good_password);
        });
        BOOST_TEST(is_alive(*this, user.session()));
        for (const auto& visitor : visitors)
            BOOST_TEST((visitor.session().empty() || !is_alive(*this, visitor.session())));
    }
}

BOOST_FIXTURE_TEST_CASE(of_logins_sent_at_once_each_succeeds_and_one_takes_the_basket_along, shop) {
    constexpr std::size_t count = 4;
    for (int round = 0; round < 10; ++round) {
        const auto email = std::to_string(round) + "@example.com";
        member(email);
        auto visitor = guest();
        add_to_basket(visitor, "linzer", 1);
        auto tabs = tabs_of(visitor, count);
        std::vector<answer> answers(count);
        at_once(count, [&](std::size_t i) { answers[i] = post_login(tabs[i], email); });
        for (const auto& answer : answers) BOOST_TEST(redirects(answer, "/cookies"));
        BOOST_TEST(!is_alive(*this, visitor.session()));
        for (auto& tab : tabs) BOOST_TEST(is_alive(*this, tab.session()));
        BOOST_TEST(
            std::ranges::count_if(
                tabs, [](client& tab) { return quantity_of(tab.get("/basket"), "linzer") == 1; }
            )
            == 1
        );
    }
}

BOOST_FIXTURE_TEST_CASE(a_session_that_is_ended_by_its_handle_ends_whatever_its_id_becomes_meanwhile, shop) {
    for (int round = 0; round < 20; ++round) {
        const auto email = std::to_string(round) + "@example.com";
        auto user = member(email);
        const auto handle = session_handles(user.get("/settings/sessions")).at(0);
        auto tabs = tabs_of(user, 2);
        answer ended;
        at_once(2, [&](std::size_t i) {
            if (i == 0)
                post_login(tabs[i], email);
            else
                ended = tabs[i].post("/settings/sessions/revoke", {{"session", handle}});
        });
        if (ended.header("Location") != "/settings/sessions") continue;  // the login was faster
        auto elsewhere = login(email);
        const auto left = session_handles(elsewhere.get("/settings/sessions"));
        BOOST_TEST(std::ranges::count(left, handle) == 0);
    }
}

BOOST_FIXTURE_TEST_CASE(a_tab_that_reads_while_another_logs_in_is_not_logged_out, shop) {
    constexpr std::size_t count = 8;
    auto user = member();
    auto tabs = tabs_of(user, count);
    at_once(count, [&](std::size_t i) {
        for (int n = 0; n < 10; ++n)
            if (i == 0)
                add_to_basket(tabs[i], "linzer", 1);
            else
                tabs[i].get("/cookies");
    });
    for (auto& tab : tabs) BOOST_TEST(is_logged_in(tab.get("/cookies"), anna));
}

BOOST_AUTO_TEST_SUITE_END()
