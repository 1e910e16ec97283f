#include "support/shop.hpp"

#include <boost/test/unit_test.hpp>

using namespace cookieshop::test;

BOOST_AUTO_TEST_SUITE(settings)

BOOST_FIXTURE_TEST_CASE(the_password_can_be_changed, shop) {
    auto user = member();
    const std::string fresh{other_password};
    const auto done = user.submit(
        user.get("/settings"), "/settings/password",
        {{"current_password", std::string{good_password}},
         {"password", fresh},
         {"password_confirmation", fresh}}
    );
    BOOST_TEST(redirects(done, "/settings"));
    auto visitor = guest();
    BOOST_TEST(has_status(post_login(visitor, anna, good_password), 422));
    BOOST_TEST(redirects(post_login(visitor, anna, other_password), "/cookies"));
}

BOOST_FIXTURE_TEST_CASE(the_settings_say_so_once, shop) {
    auto user = member();
    const auto before = text_of(user.get("/settings").body);
    const auto first = user.follow(post_new_password(user, good_password, other_password));
    BOOST_TEST(is_page(first, "Settings"));
    BOOST_TEST(text_of(first.body) != before);
    BOOST_TEST(text_of(user.get("/settings").body) == before);
}

BOOST_FIXTURE_TEST_CASE(a_head_that_shows_nothing_leaves_it_to_the_page, shop) {
    auto user = member();
    const auto before = text_of(user.get("/settings").body);
    post_new_password(user, good_password, other_password);
    BOOST_TEST(has_status(user.send({.method = "HEAD", .target = "/settings"}), 200));
    BOOST_TEST(text_of(user.get("/settings").body) != before);
}

BOOST_FIXTURE_TEST_CASE(this_session_goes_on_under_a_new_id_with_its_data, shop) {
    auto user = member();
    add_to_basket(user, "linzer", 3);
    const auto old = user.session();
    post_new_password(user, good_password, other_password);
    BOOST_TEST(user.session() != old);
    BOOST_TEST(!is_alive(*this, old));
    BOOST_TEST(is_logged_in(user.get("/settings"), anna));
    BOOST_TEST(quantity_of(user.get("/basket"), "linzer") == 3);
}

BOOST_FIXTURE_TEST_CASE(all_other_sessions_of_the_user_end, shop) {
    auto user = member(), elsewhere = login(), eve = member("eve@example.com");
    BOOST_TEST(redirects(post_new_password(user, good_password, other_password), "/settings"));
    BOOST_TEST(!is_alive(*this, elsewhere.session()));
    BOOST_TEST(is_alive(*this, eve.session()));
    BOOST_TEST(server.stop() == 0);
    server.start();
    BOOST_TEST(!is_alive(*this, elsewhere.session()));
    BOOST_TEST(is_alive(*this, user.session()));
}

BOOST_FIXTURE_TEST_CASE(a_wrong_current_password_changes_nothing, shop) {
    auto user = member(), elsewhere = login();
    const auto refused = post_new_password(user, "not the password", other_password);
    BOOST_TEST(has_status(refused, 422));
    BOOST_TEST(shows(refused, "The current password is not correct."));
    BOOST_TEST(is_page(refused, "Settings"));
    BOOST_TEST(is_alive(*this, elsewhere.session()));
    auto visitor = guest();
    BOOST_TEST(redirects(post_login(visitor, anna, good_password), "/cookies"));
}

BOOST_FIXTURE_TEST_CASE(a_new_password_is_held_to_the_same_rules, shop) {
    struct {
        std::string fresh, confirmation;
        const char* message;
    } const rows[] = {
        {"short", "short", "The password must be at least 8 characters long."},
        {std::string(1025, 'x'), std::string(1025, 'x'), "The password must be at most 1024 bytes long."},
        {"ILoveYou", "ILoveYou", "This password is too common. Please choose another."},
        {"nine lanterns", "ten lanterns", "The password confirmation must match the password."},
    };
    auto user = member();
    for (const auto& row : rows) {
        const auto refused = user.post(
            "/settings/password", {{"current_password", std::string{good_password}},
                                   {"password", row.fresh},
                                   {"password_confirmation", row.confirmation}}
        );
        BOOST_TEST(has_status(refused, 422));
        BOOST_TEST(shows(refused, row.message));
    }
    BOOST_TEST(is_alive(*this, user.session()));
}

BOOST_AUTO_TEST_SUITE_END()
