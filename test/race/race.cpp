// What goes wrong only when two threads meet. Worth most against a server that is built with ThreadSanitizer:
// then the first race that it sees ends it, and the status is not 0.

#include "support/at_once.hpp"
#include "support/shop.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <csignal>

using namespace cookieshop::test;
using namespace std::chrono_literals;

namespace {

constexpr int thread_count = 8;

options with_threads(options options) {
    options.emplace("--threads", "4");
    return options;
}

struct watched_shop : shop {
    explicit watched_shop(options options = {})
        : shop{
            with_threads(std::move(options)),
            {{"TSAN_OPTIONS", "halt_on_error=1 exitcode=66 suppressions=" COOKIESHOP_SUPPRESSIONS}}} {}

    ~watched_shop() {
        BOOST_TEST(server.stop() == 0, server.log());
        BOOST_TEST((server.log().find("ThreadSanitizer") == std::string::npos), server.log());
    }
};

/// Calls `round(i)` with a number of its own each time, for a few seconds.
template <class Round>
void for_a_while(Round round) {
    const auto end = std::chrono::steady_clock::now() + 6s;
    for (int i = 0; std::chrono::steady_clock::now() < end; ++i) round(i);
}

std::string email_of(int round) {
    return std::to_string(round) + "@example.com";
}

std::vector<client> tabs_of(const client& user, int count = thread_count) {
    std::vector<client> tabs;
    for (int i = 0; i < count; ++i) {
        tabs.push_back(user.another_tab());
        tabs.back().get("/healthz");
    }
    return tabs;
}

/// What people do most.
void browse(client& who, std::size_t number) {
    who.get("/cookies");
    add_to_basket(who, number % 2 == 0 ? "linzer" : "macaron");
    who.get("/basket");
    who.post("/basket/remove", {{"cookie", "macaron"}});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(race)

BOOST_FIXTURE_TEST_CASE(logout_against_requests_under_way, watched_shop) {
    for_a_while([&](int round) {
        auto user = member(email_of(round));
        auto tabs = tabs_of(user);
        at_once(tabs.size(), [&](std::size_t i) {
            if (i == 0)
                tabs[i].post("/logout", {});
            else
                browse(tabs[i], i);
        });
        BOOST_TEST(!is_alive(*this, user.session()));
    });
}

BOOST_FIXTURE_TEST_CASE(rotation_against_other_tabs, watched_shop) {
    for_a_while([&](int round) {
        auto visitor = guest();
        add_to_basket(visitor, "linzer");
        auto tabs = tabs_of(visitor);
        at_once(tabs.size(), [&](std::size_t i) {
            if (i == 0)
                post_registration(tabs[i], email_of(round));
            else
                browse(tabs[i], i);
        });
        BOOST_TEST(is_logged_in(tabs[0].get("/cookies"), email_of(round)));
        BOOST_TEST(!is_alive(*this, visitor.session()));
    });
}

BOOST_FIXTURE_TEST_CASE(revocation_against_logins, watched_shop) {
    for_a_while([&](int round) {
        auto user = member(email_of(round));
        auto visitors = tabs_of(guest());
        at_once(visitors.size(), [&](std::size_t i) {
            if (i < 2)
                user.another_tab().post("/settings/sessions/revoke", {{"all", "others"}});
            else
                post_login(visitors[i], email_of(round));
        });
        user.post("/settings/sessions/revoke", {{"all", "others"}});
        for (const auto& visitor : visitors)
            BOOST_TEST((visitor.session().empty() || !is_alive(*this, visitor.session())));
        BOOST_TEST(is_alive(*this, user.session()));
    });
}

BOOST_AUTO_TEST_CASE(password_change_against_logins) {
    constexpr int rounds_a_shop =
        25;  // the logins that come too late are failures, of which a source has 100
    for_a_while([&](int) {
        const watched_shop shop;
        for (int round = 0; round < rounds_a_shop; ++round) {
            auto user = shop.member(email_of(round));
            auto visitors = tabs_of(shop.guest(), 4);
            answer changed;
            at_once(visitors.size(), [&](std::size_t i) {
                if (i == 0)
                    changed = post_new_password(user, good_password, other_password);
                else
                    post_login(visitors[i], email_of(round));
            });
            BOOST_TEST(has_status(changed, 303));
            BOOST_TEST(is_alive(shop, user.session()));
            for (const auto& visitor : visitors)
                BOOST_TEST((visitor.session().empty() || !is_alive(shop, visitor.session())));
        }
    });
}

BOOST_AUTO_TEST_CASE(eviction_against_loading) {
    const watched_shop shop{{{"--session-cache", "64KiB"}}};
    std::vector<client> visitors;
    for (int i = 0; i < 200; ++i) {
        visitors.push_back(shop.guest());
        add_to_basket(visitors.back(), "linzer", 1 + i % 99);
    }
    for_a_while([&](int) {
        at_once(thread_count, [&](std::size_t thread) {
            for (std::size_t i = thread % 2; i < visitors.size(); i += 2)
                visitors[i].another_tab().get("/basket");
        });
    });
    for (std::size_t i = 0; i < visitors.size(); ++i)
        BOOST_TEST(quantity_of(visitors[i].get("/basket"), "linzer") == static_cast<int>(1 + i % 99));
}

BOOST_AUTO_TEST_CASE(stopping_under_load) {
    for (int round = 0; round < 5; ++round) {
        watched_shop shop;
        auto tabs = tabs_of(shop.member());
        at_once(tabs.size(), [&](std::size_t i) {
            if (i == 0) return shop.server.signal(SIGTERM);
            try {
                for (;;) browse(tabs[i], i);
            } catch (const connection_lost&) {
                // As it should be: the server is gone.
            }
        });
        BOOST_TEST(shop.server.wait().value_or(-1) == 0);
    }
}

BOOST_AUTO_TEST_SUITE_END()
