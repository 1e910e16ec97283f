#include "support/shop.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <thread>

using namespace cookieshop::test;
using namespace std::chrono_literals;

namespace {

using clock_type = std::chrono::steady_clock;

/// Time is the subject here, and the program's clock is the real one.
void let_pass(std::chrono::milliseconds time) {
    std::this_thread::sleep_for(time);
}

answer post_remembered_login(client& who) {
    return who.post(
        "/login", {{"email", std::string{anna}}, {"password", std::string{good_password}}, {"remember", "1"}}
    );
}

}  // namespace

BOOST_AUTO_TEST_SUITE(timeouts)

BOOST_AUTO_TEST_CASE(a_session_ends_when_nothing_is_heard_of_it) {
    const shop shop{{{"--idle-timeout", "2s"}}};
    auto user = shop.member();
    const auto session = user.session();
    BOOST_TEST(is_logged_in(user.get("/settings"), anna));
    let_pass(2200ms);
    BOOST_TEST(has_status(user.get("/settings"), 303));
    BOOST_TEST(!is_alive(shop, session));
}

BOOST_AUTO_TEST_CASE(every_request_makes_the_idle_time_begin_again) {
    const shop shop{{{"--idle-timeout", "2s"}}};
    auto user = shop.member();
    for (int i = 0; i < 4; ++i) {
        let_pass(1s);
        BOOST_TEST(is_logged_in(user.get("/settings"), anna));
    }
}

BOOST_AUTO_TEST_CASE(a_session_ends_at_its_age_however_busy_it_is) {
    const shop shop{{{"--absolute-timeout", "2s"}}};
    auto user = shop.member();
    const auto begin = clock_type::now();
    while (user.get("/settings").status == 200 && clock_type::now() - begin < patience) let_pass(50ms);
    const auto age = clock_type::now() - begin;
    BOOST_TEST((age > 1500ms && age < 4s), "it ended after " << age / 1ms << " ms");
    BOOST_TEST(!is_alive(shop, user.session()));
}

BOOST_AUTO_TEST_CASE(an_expired_session_leaves_no_basket) {
    const shop shop{{{"--idle-timeout", "1s"}}};
    auto visitor = shop.guest();
    add_to_basket(visitor, "linzer");
    let_pass(1200ms);
    BOOST_TEST(quantity_of(visitor.get("/basket"), "linzer") == 0);
}

BOOST_AUTO_TEST_CASE(a_remembered_session_outlives_the_idle_timeout) {
    const shop shop{{{"--idle-timeout", "1s"}, {"--absolute-timeout", "1s"}, {"--remember-for", "1h"}}};
    shop.member();
    auto visitor = shop.guest();
    const auto done = post_remembered_login(visitor);
    BOOST_TEST(header_names(done, "Set-Cookie", "; Max-Age=3600"));
    let_pass(1200ms);
    BOOST_TEST(is_logged_in(visitor.get("/settings"), anna));
}

BOOST_AUTO_TEST_CASE(a_remembered_session_ends_too) {
    const shop shop{{{"--remember-for", "1s"}}};
    shop.member();
    auto visitor = shop.guest();
    post_remembered_login(visitor);
    const auto session = visitor.session();
    BOOST_TEST(is_alive(shop, session));
    let_pass(1200ms);
    BOOST_TEST(!is_alive(shop, session));
}

BOOST_AUTO_TEST_CASE(an_expired_session_is_not_brought_back_by_a_restart) {
    shop shop{{{"--idle-timeout", "1s"}}};
    auto user = shop.member();
    BOOST_TEST(shop.server.stop() == 0);
    let_pass(1200ms);
    shop.server.start();
    BOOST_TEST(!is_alive(shop, user.session()));
}

BOOST_AUTO_TEST_SUITE_END()
