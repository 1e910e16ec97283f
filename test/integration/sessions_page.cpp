#include "support/shop.hpp"

#include <sqlite3.h>

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace cookieshop::test;

namespace {

constexpr const char* firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

/// The handle that the page of `other` has and that of `user`'s own session is not.
std::string handle_of_the_other(client& user, const std::string& own) {
    for (const auto& handle : session_handles(user.get("/settings/sessions")))
        if (handle != own) return handle;
    return {};
}

answer revoke(client& who, const std::string& name, const std::string& value) {
    return who.post("/settings/sessions/revoke", {{name, value}});
}

/// As if everybody had logged in an hour ago and been busy since.
void let_all_logins_be_of_long_ago(shop& shop) {
    shop.server.stop();
    sqlite3* database = nullptr;
    BOOST_REQUIRE(sqlite3_open(shop.server.database().c_str(), &database) == SQLITE_OK);
    const int done = sqlite3_exec(
        database, "UPDATE sessions SET created_at = created_at - 3600000", nullptr, nullptr, nullptr
    );
    sqlite3_close(database);
    BOOST_REQUIRE(done == SQLITE_OK);
    shop.server.start();
}

/// The same browser, at the server that was started anew.
client user_again(const shop& shop, const client& before) {
    client user = shop.guest();
    user.set_session(before.session());
    return user;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sessions_page)

BOOST_FIXTURE_TEST_CASE(it_shows_every_live_session_with_address_and_browser, shop) {
    auto user = member();
    auto elsewhere = guest();
    elsewhere.always.emplace_back("User-Agent", firefox);
    post_login(elsewhere, anna);
    const auto page = user.get("/settings/sessions");
    BOOST_TEST(has_status(page, 200));
    BOOST_TEST(session_handles(page).size() == 2U);
    BOOST_TEST(shows(page, "127.0.0.1"));
    BOOST_TEST(shows(page, "Firefox"));
    BOOST_TEST(shows(page, "this one"));
}

BOOST_FIXTURE_TEST_CASE(it_shows_neither_ids_nor_the_sessions_of_others, shop) {
    auto user = member(), elsewhere = login(), eve = member("eve@example.com");
    auto stranger = guest();
    add_to_basket(stranger, "linzer");
    const auto page = user.get("/settings/sessions");
    BOOST_TEST(session_handles(page).size() == 2U);
    for (const auto* who : {&user, &elsewhere, &eve})
        BOOST_TEST((page.body.find(who->session()) == std::string::npos), page);
}

BOOST_FIXTURE_TEST_CASE(an_ended_session_is_not_shown, shop) {
    auto user = member(), elsewhere = login();
    elsewhere.post("/logout", {});
    BOOST_TEST(session_handles(user.get("/settings/sessions")).size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(one_session_can_be_ended, shop) {
    auto user = member();
    const auto own = session_handles(user.get("/settings/sessions")).at(0);
    auto phone = login();
    const auto handle = handle_of_the_other(user, own);
    auto tablet = login();
    const auto done = revoke(user, "session", handle);
    BOOST_TEST(redirects(done, "/settings/sessions"));
    BOOST_TEST(!is_alive(*this, phone.session()));
    BOOST_TEST(is_alive(*this, tablet.session()));
    BOOST_TEST(is_alive(*this, user.session()));
}

BOOST_FIXTURE_TEST_CASE(ones_own_session_can_be_ended, shop) {
    auto user = member();
    const auto session = user.session();
    const auto own = session_handles(user.get("/settings/sessions")).at(0);
    BOOST_TEST(has_status(revoke(user, "session", own), 303));
    BOOST_TEST(!is_alive(*this, session));
}

BOOST_FIXTURE_TEST_CASE(all_other_sessions_can_be_ended_at_once, shop) {
    auto user = member(), eve = member("eve@example.com");
    std::vector<client> others;
    others.reserve(5);
    for (int i = 0; i < 5; ++i) others.push_back(login());
    const auto page = user.get("/settings/sessions");
    BOOST_TEST(find_form(page.body, "/settings/sessions/revoke", {{"all", "others"}}).has_value());
    BOOST_TEST(redirects(revoke(user, "all", "others"), "/settings/sessions"));
    for (const auto& other : others) BOOST_TEST(!is_alive(*this, other.session()));
    BOOST_TEST(is_alive(*this, user.session()));
    BOOST_TEST(is_alive(*this, eve.session()));
    BOOST_TEST(session_handles(user.get("/settings/sessions")).size() == 1U);
    BOOST_TEST(is_alive(*this, login().session()));
}

BOOST_FIXTURE_TEST_CASE(ended_sessions_stay_ended_after_a_restart, shop) {
    auto user = member(), elsewhere = login();
    revoke(user, "all", "others");
    server.kill();
    server.start();
    BOOST_TEST(!is_alive(*this, elsewhere.session()));
    BOOST_TEST(is_alive(*this, user.session()));
}

BOOST_FIXTURE_TEST_CASE(another_users_handle_is_not_found, shop) {
    auto user = member(), eve = member("eve@example.com");
    const auto handle = session_handles(user.get("/settings/sessions")).at(0);
    BOOST_TEST(has_status(revoke(eve, "session", handle), 404));
    BOOST_TEST(is_alive(*this, user.session()));
}

BOOST_FIXTURE_TEST_CASE(a_handle_that_is_none_is_not_found, shop) {
    auto user = member();
    for (const std::string& handle :
         {std::string{}, std::string{"x"}, std::string{"0"}, std::string{"' OR 1=1 --"},
          std::string(5000, 'a')})
        BOOST_TEST(has_status(revoke(user, "session", handle), 404));
    BOOST_TEST(is_alive(*this, user.session()));
}

BOOST_FIXTURE_TEST_CASE(a_handle_opens_nothing, shop) {
    auto user = member();
    BOOST_TEST(!is_alive(*this, session_handles(user.get("/settings/sessions")).at(0)));
}

BOOST_FIXTURE_TEST_CASE(what_a_browser_calls_itself_is_shown_as_text, shop) {
    auto user = member();
    auto elsewhere = guest();
    elsewhere.always.emplace_back("User-Agent", "<script>alert(1)</script> Firefox/1.0\" onload=\"x");
    post_login(elsewhere, anna);
    const auto page = user.get("/settings/sessions");
    BOOST_TEST((page.body.find("<script>") == std::string::npos), page);
    BOOST_TEST((page.body.find("onload=\"") == std::string::npos), page);
}

BOOST_FIXTURE_TEST_CASE(a_login_of_long_ago_must_be_confirmed_with_the_password, shop) {
    auto user = member();
    const auto own = session_handles(user.get("/settings/sessions")).at(0);
    auto phone = login(), tablet = login();
    const auto handles = session_handles(user.get("/settings/sessions"));
    let_all_logins_be_of_long_ago(*this);
    user = user_again(*this, user);

    const auto asked = revoke(user, "all", "others");
    BOOST_TEST(has_status(asked, 422));
    BOOST_TEST(is_page(asked, "Confirm"));
    BOOST_TEST(has_status(revoke(user, "session", handle_of_the_other(user, own)), 422));
    BOOST_TEST(is_alive(*this, phone.session()));
    BOOST_TEST(is_alive(*this, tablet.session()));

    const auto wrong =
        user.submit(asked, "/settings/sessions/revoke", {{"current_password", "not the password"}});
    BOOST_TEST(has_status(wrong, 422));
    BOOST_TEST(shows(wrong, "The current password is not correct."));
    BOOST_TEST(is_alive(*this, phone.session()));

    const auto before = user.session();
    const auto done =
        user.submit(wrong, "/settings/sessions/revoke", {{"current_password", std::string{good_password}}});
    BOOST_TEST(redirects(done, "/settings/sessions"));
    BOOST_TEST(!is_alive(*this, phone.session()));
    BOOST_TEST(!is_alive(*this, tablet.session()));
    BOOST_TEST(!is_alive(*this, before), "who has shown the password again has a new id");
    BOOST_TEST(is_alive(*this, user.session()));
}

BOOST_FIXTURE_TEST_CASE(one_session_is_ended_after_the_password_was_confirmed, shop) {
    auto user = member();
    const auto own = session_handles(user.get("/settings/sessions")).at(0);
    auto phone = login(), tablet = login();
    let_all_logins_be_of_long_ago(*this);
    user = user_again(*this, user);
    const auto asked = revoke(user, "session", handle_of_the_other(user, own));
    const auto done =
        user.submit(asked, "/settings/sessions/revoke", {{"current_password", std::string{good_password}}});
    BOOST_TEST(redirects(done, "/settings/sessions"));
    BOOST_TEST((is_alive(*this, phone.session()) != is_alive(*this, tablet.session())), "one of the two");
}

BOOST_FIXTURE_TEST_CASE(ones_own_session_is_ended_without_the_password, shop) {
    auto user = member();
    const auto own = session_handles(user.get("/settings/sessions")).at(0);
    let_all_logins_be_of_long_ago(*this);
    user = user_again(*this, user);
    BOOST_TEST(has_status(revoke(user, "session", own), 303));
    BOOST_TEST(!is_alive(*this, user.session()));
}

BOOST_FIXTURE_TEST_CASE(guesses_at_the_password_that_confirms_are_throttled, shop) {
    auto user = member();
    let_all_logins_be_of_long_ago(*this);
    user = user_again(*this, user);
    const auto guess = [&] {
        return user.post(
            "/settings/sessions/revoke", {{"all", "others"}, {"current_password", "not the password"}}
        );
    };
    for (int i = 0; i < 5; ++i) BOOST_TEST(has_status(guess(), 422));
    BOOST_TEST(has_status(guess(), 429));
}

BOOST_AUTO_TEST_CASE(past_the_most_sessions_of_a_user_the_oldest_ends) {
    const shop shop{{{"--max-sessions-per-user", "3"}}};
    std::vector<client> sessions;
    sessions.push_back(shop.member());
    for (int i = 0; i < 4; ++i) sessions.push_back(shop.login());
    for (std::size_t i = 0; i < sessions.size(); ++i)
        BOOST_TEST(is_alive(shop, sessions[i].session()) == (i >= 2), "session " << i);
    BOOST_TEST(session_handles(sessions.back().get("/settings/sessions")).size() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()
