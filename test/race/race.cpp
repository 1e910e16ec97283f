// What goes wrong only when two threads meet. Worth most against a server that is built with ThreadSanitizer:
// then the first race that it sees ends it, and the status is not 0.

#include "support/at_once.hpp"
#include "support/shop.hpp"
#include "support/source_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>

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
        try {
            BOOST_TEST(server.stop() == 0, server.log());
        } catch (const std::exception& e) {
            BOOST_ERROR(e.what());  // it does not stop; thrown on, this would end all tests
        }
        BOOST_TEST((server.log().find("ThreadSanitizer") == std::string::npos), server.log());
    }
};

/// Calls `round(i)` with a number of its own each time, for a few seconds.
template <class Round>
void for_a_while(Round round) {
    const auto end = std::chrono::steady_clock::now() + 4s;
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

/// What people do most. How many linzer hearts it put into the basket of the session that it came with.
int browse(client& who) {
    const std::string session = who.session();
    who.get("/cookies");
    const int added = add_to_basket(who, "linzer").status == 303 && who.session() == session ? 1 : 0;
    who.get("/basket");
    who.post("/basket/remove", {{"cookie", "macaron"}});
    return added;
}

bool is_dead(const shop& shop, const std::string& session) {
    return session.empty() || !is_alive(shop, session);
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
                browse(tabs[i]);
        });
        BOOST_TEST(is_dead(*this, user.session()));
        for (auto& tab : tabs) BOOST_TEST(is_guest(tab.get("/cookies")));
    });
}

BOOST_FIXTURE_TEST_CASE(registration_against_other_tabs, watched_shop) {
    for_a_while([&](int round) {
        auto visitor = guest();
        add_to_basket(visitor, "linzer");
        auto tabs = tabs_of(visitor);
        std::atomic<int> added = 1;
        at_once(tabs.size(), [&](std::size_t i) {
            if (i == 0)
                post_registration(tabs[i], email_of(round));
            else
                added += browse(tabs[i]);
        });
        BOOST_TEST(is_logged_in(tabs[0].get("/cookies"), email_of(round)));
        BOOST_TEST(quantity_of(tabs[0].get("/basket"), "linzer") == added);
        BOOST_TEST(is_dead(*this, visitor.session()));
        for (std::size_t i = 1; i < tabs.size(); ++i) BOOST_TEST(tabs[i].session() == visitor.session());
    });
}

BOOST_FIXTURE_TEST_CASE(a_new_password_against_tabs_and_other_browsers, watched_shop) {
    for_a_while([&](int round) {
        auto user = member(email_of(round));
        auto elsewhere = login(email_of(round));
        add_to_basket(user, "linzer");
        auto tabs = tabs_of(user);
        answer changed;
        std::atomic<int> added = 1;
        at_once(tabs.size(), [&](std::size_t i) {
            if (i == 0)
                changed = post_new_password(tabs[i], good_password, other_password);
            else if (i < 3)
                elsewhere.another_tab().get("/settings");
            else
                added += browse(tabs[i]);
        });
        BOOST_TEST(redirects(changed, "/settings"));
        BOOST_TEST(is_logged_in(tabs[0].get("/cookies"), email_of(round)));
        BOOST_TEST(quantity_of(tabs[0].get("/basket"), "linzer") == added);
        BOOST_TEST(is_dead(*this, user.session()));
        BOOST_TEST(is_dead(*this, elsewhere.session()));
    });
}

BOOST_AUTO_TEST_CASE(revocation_against_logins) {
    // A login that comes too late is a failure: an account and source has 5 of them, a source 100.
    constexpr int logins = 4, rounds_a_shop = 24;
    for_a_while([&](int) {
        const watched_shop shop;
        for (int round = 0; round < rounds_a_shop; ++round) {
            auto user = shop.member(email_of(round));
            auto visitors = tabs_of(shop.guest(), 2 + logins);
            at_once(visitors.size(), [&](std::size_t i) {
                if (i < 2)
                    user.another_tab().post("/settings/sessions/revoke", {{"all", "others"}});
                else
                    post_login(visitors[i], email_of(round));
            });
            BOOST_TEST(
                redirects(user.post("/settings/sessions/revoke", {{"all", "others"}}), "/settings/sessions")
            );
            for (const auto& visitor : visitors) BOOST_TEST(is_dead(shop, visitor.session()));
            BOOST_TEST(is_alive(shop, user.session()));
            BOOST_TEST(is_alive(shop, shop.login(email_of(round)).session()));
        }
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
            for (const auto& visitor : visitors) BOOST_TEST(is_dead(shop, visitor.session()));
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

BOOST_AUTO_TEST_CASE(revocation_of_one_against_loading_it) {
    const watched_shop shop{{{"--session-cache", "64KiB"}}};
    std::vector<client> crowd;  // in whose company nobody stays in memory for long
    for (int i = 0; i < 200; ++i) {
        crowd.push_back(shop.guest());
        add_to_basket(crowd.back(), "linzer");
    }
    auto owner = shop.member();
    for_a_while([&](int) {
        const auto before = session_handles(owner.get("/settings/sessions"));
        const auto stolen = shop.login();
        auto tabs = tabs_of(stolen);
        auto handles = session_handles(owner.get("/settings/sessions"));
        std::erase_if(handles, [&](const std::string& one) { return std::ranges::count(before, one) > 0; });
        BOOST_TEST_REQUIRE(handles.size() == 1U);
        at_once(tabs.size(), [&](std::size_t i) {
            if (i < 2) {
                owner.another_tab().post("/settings/sessions/revoke", {{"session", handles[0]}});
            } else if (i < 5) {
                for (std::size_t n = i; n < crowd.size(); n += 10) crowd[n].another_tab().get("/basket");
            } else {
                for (int n = 0; n < 5; ++n) browse(tabs[i]);
            }
        });
        BOOST_TEST(is_dead(shop, stolen.session()));
    });
    BOOST_TEST(is_alive(shop, owner.session()));
}

// With this timeout a session that was not seen for a quarter of a second is touched.
BOOST_AUTO_TEST_CASE(being_seen_against_endings) {
    const watched_shop shop{{{"--idle-timeout", "1s"}}};
    for_a_while([&](int round) {
        auto user = shop.member(email_of(round));
        auto other = shop.login(email_of(round));
        auto tabs = tabs_of(user);
        const auto until = std::chrono::steady_clock::now() + 600ms;
        answer revoked;
        at_once(tabs.size(), [&](std::size_t i) {
            client& who = i % 2 == 0 ? tabs[i] : other;
            auto tab = who.another_tab();
            while (std::chrono::steady_clock::now() < until) tab.get("/cookies");
            if (i == 0) revoked = tab.post("/settings/sessions/revoke", {{"all", "others"}});
            if (i == 2) tab.post("/logout", {});
            for (int n = 0; n < 20; ++n) tab.get("/cookies");
        });
        BOOST_TEST(is_dead(shop, user.session()));
        if (redirects(revoked, "/settings/sessions")) BOOST_TEST(is_dead(shop, other.session()));
    });
}

BOOST_AUTO_TEST_CASE(new_views_against_pages) {
    const temp_folder folder;
    const auto views = folder.path() / "views";
    std::filesystem::copy(source_folder() / "views", views, std::filesystem::copy_options::recursive);
    const watched_shop shop{{{"--views", views.string()}}};
    const auto user = shop.member();
    const auto page = read_file(views / "settings.html");
    for_a_while([&](int round) {
        std::ofstream{views / "settings.html"} << page << "<p>Edition " << round << ".</p>";
        std::atomic<int> strange = 0;
        auto tabs = tabs_of(user, 4);
        at_once(tabs.size(), [&](std::size_t i) {
            for (int n = 0; n < 10; ++n) {
                if (i == 0) shop.server.signal(SIGHUP);
                if (tabs[i].get(n % 2 == 0 ? "/settings" : "/basket").status != 200) ++strange;
                if (add_to_basket(tabs[i], "linzer", 0).status != 422) ++strange;
            }
        });
        BOOST_TEST(strange == 0);
        auto tab = user.another_tab();
        const std::string edition = "Edition " + std::to_string(round) + ".";
        const auto end = std::chrono::steady_clock::now() + patience;
        while (!shows(tab.get("/settings"), edition) && std::chrono::steady_clock::now() < end) {}
        BOOST_TEST(shows(tab.get("/settings"), edition));
    });
}

BOOST_AUTO_TEST_CASE(stopping_under_load) {
    for (int round = 0; round < 5; ++round) {
        watched_shop shop;
        auto tabs = tabs_of(shop.member());
        at_once(tabs.size(), [&](std::size_t i) {
            if (i == 0) return shop.server.signal(SIGTERM);
            try {
                for (;;) browse(tabs[i]);
            } catch (const connection_lost&) {
                // As it should be: the server is gone.
            }
        });
        BOOST_TEST(shop.server.wait().value_or(-1) == 0);
    }
}

// Everything that the site can do, by everybody at once, with fewer sessions in memory than there are.
BOOST_AUTO_TEST_CASE(all_routes_at_once) {
    const watched_shop shop{{{"--session-cache", "64KiB"}, {"--max-sessions-per-user", "4"}}};
    constexpr int users = 3;
    for (int i = 0; i < users; ++i) shop.member(email_of(i));
    std::array<std::map<int, int>, thread_count> answers;
    std::array<std::string, thread_count> strange;
    const auto end = std::chrono::steady_clock::now() + 12s;
    at_once(thread_count, [&](std::size_t thread) {
        std::minstd_rand dice{static_cast<unsigned>(thread + 1)};
        auto who = shop.guest();
        std::string order = "/orders/1";
        const auto note = [&](const answer& answer) {
            ++answers[thread][answer.status];
            if (answer.status >= 500 && strange[thread].empty())
                strange[thread] = answer.request + answer.body;
            return answer;
        };
        for (int n = 0; std::chrono::steady_clock::now() < end; ++n) {
            const std::string email = email_of(static_cast<int>(dice() % users));
            switch (dice() % 20) {
            case 0: note(who.get("/")); break;
            case 1: note(who.get("/assets/style.css")); break;
            case 2: note(who.get("/login")), note(who.get("/register")); break;
            case 3: note(post_registration(who, std::to_string(thread) + '-' + email_of(n))); break;
            case 4:
            case 5: note(post_login(who, email)); break;
            case 6: note(who.get("/logout")); break;
            case 7: note(who.post("/logout", {})); break;
            case 8:
            case 9: note(add_to_basket(who, "linzer")); break;
            case 10: note(who.post("/basket/remove", {{"cookie", "linzer"}})); break;
            case 11: {
                const auto page = note(who.get("/checkout"));
                if (page.status != 200) break;
                const auto placed = note(who.submit(page, "/checkout"));
                if (placed.status == 303) order = placed.header("Location");
                break;
            }
            case 12: note(who.get("/orders")), note(who.get(order)); break;
            case 13:
                note(who.get("/settings")), note(post_new_password(who, good_password, good_password));
                break;
            case 14: note(who.post("/settings/sessions/revoke", {{"all", "others"}})); break;
            case 15:
                for (const auto& handle : session_handles(note(who.get("/settings/sessions"))))
                    note(who.post("/settings/sessions/revoke", {{"session", handle}}));
                break;
            case 16: note(who.get("/healthz")), note(who.get("/readyz")); break;
            case 17: who = shop.guest(); break;
            case 18: note(who.get("/nowhere")), note(who.send({"DELETE", "/cookies", {}, {}})); break;
            default: note(who.get("/cookies")), note(who.get("/basket"));
            }
        }
    });
    std::map<int, int> all;
    for (const auto& some : answers)
        for (const auto& [status, count] : some) all[status] += count;
    for (const auto& one : strange) BOOST_TEST(one.empty(), one);
    for (const int status : {200, 303, 404, 405}) BOOST_TEST(all[status] > 0, status);
    for (const auto& [status, count] : all) BOOST_TEST_MESSAGE(status << ": " << count);
}

BOOST_AUTO_TEST_SUITE_END()
