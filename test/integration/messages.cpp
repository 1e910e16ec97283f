// The sentences of the contract, to the letter.

#include "support/shop.hpp"

#include <boost/test/unit_test.hpp>

using namespace cookieshop::test;

namespace {

struct row {
    const char* path;
    fields form;
    int status;
    const char* message;
};

const std::string email{anna}, password{good_password};

}  // namespace

BOOST_AUTO_TEST_SUITE(messages)

BOOST_FIXTURE_TEST_CASE(of_a_visitors_forms, shop) {
    member();
    const row rows[] = {
        {"/register",
         {{"email", "a@b"}, {"password", password}, {"password_confirmation", "x"}},
         422,
         "The password confirmation must match the password."},
        {"/register",
         {{"email", email}, {"password", password}, {"password_confirmation", password}},
         422,
         "The email address is already registered."},
        {"/register",
         {{"email", "anna"}, {"password", password}, {"password_confirmation", password}},
         422,
         "Please enter a valid email address."},
        {"/register",
         {{"email", "a@b"}, {"password", "short"}, {"password_confirmation", "short"}},
         422,
         "The password must be at least 8 characters long."},
        {"/register",
         {{"email", "a@b"},
          {"password", std::string(1025, 'x')},
          {"password_confirmation", std::string(1025, 'x')}},
         422,
         "The password must be at most 1024 bytes long."},
        {"/register",
         {{"email", "a@b"}, {"password", "password"}, {"password_confirmation", "password"}},
         422,
         "This password is too common. Please choose another."},
        {"/login",
         {{"email", email}, {"password", "x"}},
         422,
         "The email address or password is not correct."},
        {"/basket", {{"cookie", "linzer"}, {"quantity", "0"}}, 422, "The quantity must be between 1 and 99."},
    };
    for (const auto& row : rows) {
        auto visitor = guest();
        const auto answer = visitor.post(row.path, row.form);
        BOOST_TEST(has_status(answer, row.status));
        BOOST_TEST(shows(answer, row.message));
    }
}

BOOST_FIXTURE_TEST_CASE(of_a_members_forms, shop) {
    auto user = member();
    const auto refused = post_new_password(user, "x", other_password);
    BOOST_TEST(has_status(refused, 422));
    BOOST_TEST(shows(refused, "The current password is not correct."));
}

BOOST_AUTO_TEST_CASE(of_a_login_for_study) {
    const shop shop{{{"--login-errors", "detailed"}}};
    shop.member();
    auto visitor = shop.guest();
    BOOST_TEST(shows(post_login(visitor, "a@b"), "No user with the given email address was found."));
    BOOST_TEST(shows(post_login(visitor, anna, "x"), "The password does not appear to be correct."));
}

BOOST_FIXTURE_TEST_CASE(of_a_page_for_members, shop) {
    auto visitor = guest();
    BOOST_TEST(shows(visitor.follow(visitor.get("/checkout")), "Please log in to access this page."));
    BOOST_TEST(hides(visitor.get("/login"), "Please log in to access this page."));
}

BOOST_FIXTURE_TEST_CASE(of_too_many_attempts, shop) {
    auto visitor = guest();
    for (int i = 0; i < 5; ++i) post_login(visitor, anna, "x");
    const auto refused = post_login(visitor, anna, "x");
    BOOST_TEST(has_status(refused, 429));
    BOOST_TEST(has_header(refused, "Retry-After", "1"));
    BOOST_TEST(shows(refused, "Too many attempts. Please try again in 1 seconds."));
}

BOOST_AUTO_TEST_SUITE_END()
