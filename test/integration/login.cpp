#include "support/shop.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <boost/test/unit_test.hpp>

using namespace cookieshop::test;

namespace {

const std::string password{good_password};

/// The page without the one thing in which two may differ.
std::string body_without(const answer& answer, const std::string& email) {
    return boost::replace_all_copy(answer.body, email, "EMAIL");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(login)

BOOST_FIXTURE_TEST_CASE(the_right_password_opens_the_shop, shop) {
    member();
    auto visitor = guest();
    const auto done = visitor.submit(
        visitor.get("/login"), "/login", {{"email", std::string{anna}}, {"password", password}}
    );
    BOOST_TEST(redirects(done, "/cookies"));
    BOOST_TEST(is_logged_in(visitor.follow(done), anna));
}

BOOST_FIXTURE_TEST_CASE(the_address_is_trimmed_and_may_be_of_another_case, shop) {
    member("Anna@Example.com");
    auto visitor = guest();
    BOOST_TEST(redirects(post_login(visitor, " anna@EXAMPLE.com "), "/cookies"));
    BOOST_TEST(is_logged_in(visitor.get("/cookies"), "Anna@Example.com"));
}

BOOST_FIXTURE_TEST_CASE(a_wrong_password_brings_the_form_back_with_the_address, shop) {
    member();
    auto visitor = guest();
    const auto refused = post_login(visitor, anna, "not the password");
    BOOST_TEST(has_status(refused, 422));
    BOOST_TEST(is_page(refused, "Login"));
    BOOST_TEST(shows(refused, "The email address or password is not correct."));
    BOOST_TEST(lacks_header(refused, "Set-Cookie"));
    const auto form = find_form(refused.body, "/login").value();
    for (const auto& [name, value] : form.values) {
        if (name == "email") BOOST_TEST(value == anna);
        if (name == "password") BOOST_TEST(value.empty());
    }
}

BOOST_FIXTURE_TEST_CASE(an_unknown_address_answers_the_same_bytes_as_a_wrong_password, shop) {
    member();
    auto visitor = guest();
    const auto wrong = post_login(visitor, anna, "not the password");
    const auto unknown = post_login(visitor, "emma@example.com", "not the password");
    BOOST_TEST(wrong.status == unknown.status);
    BOOST_TEST(body_without(wrong, std::string{anna}) == body_without(unknown, "emma@example.com"));
    BOOST_TEST(wrong.headers.size() == unknown.headers.size());
}

BOOST_FIXTURE_TEST_CASE(nothing_typed_is_refused_like_anything_wrong, shop) {
    auto visitor = guest();
    for (const auto& form :
         {fields{}, fields{{"email", ""}, {"password", ""}}, fields{{"email", "nobody"}}}) {
        const auto refused = visitor.post("/login", form);
        BOOST_TEST(has_status(refused, 422));
        BOOST_TEST(shows(refused, "The email address or password is not correct."));
    }
}

BOOST_AUTO_TEST_CASE(detailed_errors_say_which_part_was_wrong) {
    const shop shop{{{"--login-errors", "detailed"}}};
    shop.member();
    auto visitor = shop.guest();
    BOOST_TEST(
        shows(post_login(visitor, "emma@example.com"), "No user with the given email address was found.")
    );
    const auto wrong = post_login(visitor, anna, "not the password");
    BOOST_TEST(has_status(wrong, 422));
    BOOST_TEST(shows(wrong, "The password does not appear to be correct."));
}

BOOST_FIXTURE_TEST_CASE(next_leads_to_a_page_of_this_site, shop) {
    member();
    auto visitor = guest();
    const auto done = visitor.post(
        "/login", {{"email", std::string{anna}}, {"password", password}, {"next", "/orders?page=2"}}
    );
    BOOST_TEST(redirects(done, "/orders?page=2"));
}

BOOST_FIXTURE_TEST_CASE(next_never_leads_to_another_site, shop) {
    member();
    for (const char* next :
         {"https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example",
          "/\t/evil.example", "/%2Fevil.example", "/%5cevil.example", "javascript:alert(1)"}) {
        BOOST_TEST_CONTEXT(next) {
            auto visitor = guest();
            const auto done = visitor.post(
                "/login", {{"email", std::string{anna}}, {"password", password}, {"next", next}}
            );
            BOOST_TEST(redirects(done, "/cookies"));
        }
    }
}

BOOST_FIXTURE_TEST_CASE(a_failed_login_keeps_the_way_back, shop) {
    member();
    auto visitor = guest();
    const auto refused = visitor.post(
        "/login", {{"email", std::string{anna}}, {"password", "not the password"}, {"next", "/orders"}}
    );
    BOOST_TEST(has_status(refused, 422));
    BOOST_TEST(redirects(visitor.submit(refused, "/login", {{"password", password}}), "/orders"));
}

BOOST_FIXTURE_TEST_CASE(a_visitors_basket_is_kept_through_login, shop) {
    member();
    auto visitor = guest();
    add_to_basket(visitor, "linzer", 3);
    BOOST_TEST(redirects(post_login(visitor, anna), "/cookies"));
    BOOST_TEST(quantity_of(visitor.get("/basket"), "linzer") == 3);
}

BOOST_FIXTURE_TEST_CASE(logging_in_as_somebody_else_ends_the_old_session_and_leaves_its_data, shop) {
    member("eve@example.com");
    auto browser = member();
    add_to_basket(browser, "linzer", 3);
    const auto old = browser.session();
    BOOST_TEST(redirects(post_login(browser, "eve@example.com"), "/cookies"));
    BOOST_TEST(is_logged_in(browser.get("/cookies"), "eve@example.com"));
    BOOST_TEST(quantity_of(browser.get("/basket"), "linzer") == 0);
    BOOST_TEST(!is_alive(*this, old));
}

BOOST_FIXTURE_TEST_CASE(logging_in_again_ends_the_old_session, shop) {
    auto browser = member();
    const auto old = browser.session();
    BOOST_TEST(redirects(post_login(browser, anna), "/cookies"));
    BOOST_TEST(!is_alive(*this, old));
    BOOST_TEST(is_alive(*this, browser.session()));
}

BOOST_FIXTURE_TEST_CASE(a_failed_login_leaves_the_session_that_there_is, shop) {
    auto browser = member();
    BOOST_TEST(has_status(post_login(browser, "eve@example.com", "not the password"), 422));
    BOOST_TEST(is_logged_in(browser.get("/cookies"), anna));
}

BOOST_FIXTURE_TEST_CASE(remember_me_gives_the_cookie_a_life_of_its_own, shop) {
    member();
    auto visitor = guest();
    const auto done =
        visitor.post("/login", {{"email", std::string{anna}}, {"password", password}, {"remember", "1"}});
    BOOST_TEST(redirects(done, "/cookies"));
    BOOST_TEST(header_names(done, "Set-Cookie", "; Max-Age=2592000"));
}

BOOST_FIXTURE_TEST_CASE(a_field_given_twice_is_refused, shop) {
    member();
    auto visitor = guest();
    const auto refused = visitor.post(
        "/login", {{"email", std::string{anna}}, {"password", "not the password"}, {"password", password}}
    );
    BOOST_TEST((refused.status == 400 || refused.status == 422), refused);
    BOOST_TEST(lacks_header(refused, "Set-Cookie"));
}

BOOST_AUTO_TEST_SUITE_END()
