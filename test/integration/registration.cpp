#include "support/shop.hpp"

#include <boost/test/unit_test.hpp>

using namespace cookieshop::test;

namespace {

const std::string password{good_password};

answer post(client& who, const std::string& email, const std::string& first, const std::string& second) {
    return who.post("/register", {{"email", email}, {"password", first}, {"password_confirmation", second}});
}

std::string repeat(std::string_view text, std::size_t times) {
    std::string result;
    while (times-- > 0) result += text;
    return result;
}

/// Whether exactly this password, and not the other, opens the account.
void check_taken_as_typed(
    const shop& shop, const std::string& email, const std::string& typed, const std::string& similar
) {
    BOOST_TEST_CONTEXT(email) {
        shop.member(email, typed);
        auto visitor = shop.guest();
        BOOST_TEST(has_status(post_login(visitor, email, similar), 422));
        BOOST_TEST(redirects(post_login(visitor, email, typed), "/cookies"));
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(registration)

BOOST_FIXTURE_TEST_CASE(who_registers_is_logged_in, shop) {
    auto visitor = guest();
    const auto page = visitor.get("/register");
    const auto done = visitor.submit(
        page, "/register",
        {{"email", std::string{anna}}, {"password", password}, {"password_confirmation", password}}
    );
    BOOST_TEST(redirects(done, "/cookies"));
    BOOST_TEST(is_logged_in(visitor.follow(done), anna));
}

BOOST_FIXTURE_TEST_CASE(who_came_from_a_page_goes_back_to_it, shop) {
    auto visitor = guest();
    const auto done = visitor.post(
        "/register", {{"email", std::string{anna}},
                      {"password", password},
                      {"password_confirmation", password},
                      {"next", "/checkout"}}
    );
    BOOST_TEST(redirects(done, "/checkout"));
}

BOOST_FIXTURE_TEST_CASE(next_never_leads_to_another_site, shop) {
    int number = 0;
    for (const char* next :
         {"https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
          "/\t/evil.example", "/\n/evil.example", "/%2Fevil.example", "/%5Cevil.example", "/%09/evil.example",
          "javascript:alert(1)", "evil.example", " /cookies", "/cookies\r\nSet-Cookie: a=b",
          "http:/evil.example", ""}) {
        BOOST_TEST_CONTEXT(next) {
            auto visitor = guest();
            const auto done = visitor.post(
                "/register", {{"email", std::to_string(++number) + "@example.com"},
                              {"password", password},
                              {"password_confirmation", password},
                              {"next", next}}
            );
            BOOST_TEST(redirects(done, "/cookies"));
        }
    }
}

BOOST_FIXTURE_TEST_CASE(an_address_that_is_none_is_refused, shop) {
    const std::string long_address = repeat("a", 243) + "@example.com";  // 255 bytes
    for (const std::string& email :
         {std::string{}, std::string{"   "}, std::string{"anna"}, std::string{"@example.com"},
          std::string{"anna@"}, std::string{"anna@b@example.com"}, std::string{"an na@example.com"},
          std::string{"anna\xC2\xA0@example.com"}, std::string{"anna\xE2\x80\x8B@example.com"},
          std::string{"anna\xEF\xBB\xBF@example.com"}, std::string{"anna\xC2\xAD@example.com"},
          // NOLINTNEXTLINE(misc-misleading-bidirectional): an override of the direction of writing is refused
          std::string{"anna\xE2\x80\xAE@example.com"}, std::string{"anna\xE3\x80\x80@example.com"},
          long_address}) {
        BOOST_TEST_CONTEXT(email) {
            auto visitor = guest();
            const auto refused = post(visitor, email, password, password);
            BOOST_TEST(has_status(refused, 422));
            BOOST_TEST(shows(refused, "Please enter a valid email address."));
            BOOST_TEST(lacks_header(refused, "Set-Cookie"));
        }
    }
}

BOOST_FIXTURE_TEST_CASE(a_control_character_in_an_address_is_refused, shop) {
    for (const char c : {'\0', '\r', '\n', '\x1b', '\x7f'}) {
        auto visitor = guest();
        const auto refused = post(visitor, std::string{"an"} + c + "na@example.com", password, password);
        BOOST_TEST((refused.status == 400 || refused.status == 422), refused);
    }
}

BOOST_FIXTURE_TEST_CASE(an_address_may_be_unusual, shop) {
    for (const std::string& email :
         {std::string{"a@b"}, std::string{"o'hara+shop@example.com"}, std::string{"käthe@bäckerei.example"},
          std::string{"\"<x>\"@example.com"}, repeat("a", 242) + "@example.com"}) {
        BOOST_TEST_CONTEXT(email) {
            auto visitor = guest();
            BOOST_TEST(redirects(post(visitor, email, password, password), "/cookies"));
            BOOST_TEST(is_logged_in(visitor.get("/cookies"), email));
        }
    }
}

BOOST_FIXTURE_TEST_CASE(an_address_is_trimmed_and_shown_as_typed, shop) {
    auto visitor = guest();
    BOOST_TEST(redirects(post(visitor, "  Anna@Example.COM \t", password, password), "/cookies"));
    BOOST_TEST(is_logged_in(visitor.get("/cookies"), "Anna@Example.COM"));
}

BOOST_FIXTURE_TEST_CASE(an_address_is_taken_whatever_the_case_of_its_letters, shop) {
    member("Anna@Example.com");
    for (const char* email : {"Anna@Example.com", "anna@example.com", " ANNA@EXAMPLE.COM "}) {
        auto visitor = guest();
        const auto refused = post(visitor, email, password, password);
        BOOST_TEST(has_status(refused, 422));
        BOOST_TEST(shows(refused, "The email address is already registered."));
        BOOST_TEST(is_guest(visitor.get("/cookies")));
    }
}

BOOST_FIXTURE_TEST_CASE(letters_that_are_not_ascii_keep_their_case, shop) {
    member("\xC3\xA4@example.com");  // ä
    auto visitor = guest();
    BOOST_TEST(redirects(post(visitor, "\xC3\x84@example.com", password, password), "/cookies"));  // Ä
}

BOOST_FIXTURE_TEST_CASE(all_that_is_wrong_is_said_at_once, shop) {
    auto visitor = guest();
    const auto refused = post(visitor, "nobody", "short", "other");
    BOOST_TEST(has_status(refused, 422));
    BOOST_TEST(is_page(refused, "Register"));
    BOOST_TEST(shows(refused, "Please enter a valid email address."));
    BOOST_TEST(shows(refused, "The password must be at least 8 characters long."));
    BOOST_TEST(shows(refused, "The password confirmation must match the password."));
}

BOOST_FIXTURE_TEST_CASE(whether_an_address_is_taken_is_asked_last, shop) {
    member();
    auto visitor = guest();
    const auto refused = post(visitor, std::string{anna}, password, "something else");
    BOOST_TEST(has_status(refused, 422));
    BOOST_TEST(shows(refused, "The password confirmation must match the password."));
    BOOST_TEST(hides(refused, "already registered"));
}

BOOST_FIXTURE_TEST_CASE(the_form_comes_back_with_the_address_and_without_the_password, shop) {
    auto visitor = guest();
    const auto refused = post(visitor, "nobody&co", "a long enough secret", "other");
    const auto form = find_form(refused.body, "/register").value();
    for (const auto& [name, value] : form.values) {
        if (name == "email") BOOST_TEST(value == "nobody&co");
        if (name.starts_with("password")) BOOST_TEST(value.empty());
    }
    BOOST_TEST((refused.body.find("a long enough secret") == std::string::npos), refused);
}

BOOST_FIXTURE_TEST_CASE(a_refused_form_makes_no_account, shop) {
    auto visitor = guest();
    BOOST_TEST(has_status(post(visitor, std::string{anna}, password, "other"), 422));
    BOOST_TEST(has_status(post_login(visitor, anna), 422));
}

BOOST_FIXTURE_TEST_CASE(the_length_of_a_password_is_counted_in_code_points, shop) {
    const std::string otter = "\xF0\x9F\xA6\xA6";
    auto visitor = guest();
    const auto refused = post(visitor, "a@example.com", repeat(otter, 7), repeat(otter, 7));
    BOOST_TEST(has_status(refused, 422));
    BOOST_TEST(shows(refused, "The password must be at least 8 characters long."));
    BOOST_TEST(redirects(post(visitor, "a@example.com", repeat(otter, 8), repeat(otter, 8)), "/cookies"));
}

BOOST_FIXTURE_TEST_CASE(a_password_may_have_1024_bytes_and_no_more, shop) {
    const auto longest = repeat("correct horse battery staple 123", 32);
    BOOST_TEST_REQUIRE(longest.size() == 1024U);
    auto visitor = guest();
    const auto refused = post(visitor, std::string{anna}, longest + "x", longest + "x");
    BOOST_TEST(has_status(refused, 422));
    BOOST_TEST(shows(refused, "The password must be at most 1024 bytes long."));
    check_taken_as_typed(*this, std::string{anna}, longest, longest.substr(0, 1023) + "4");
}

BOOST_FIXTURE_TEST_CASE(a_password_is_taken_exactly_as_typed, shop) {
    const std::string composed = "caf\xC3\xA9 au lait", decomposed = "cafe\xCC\x81 au lait";
    check_taken_as_typed(*this, "space@example.com", password + " ", password);
    check_taken_as_typed(*this, "front@example.com", " " + password, password);
    check_taken_as_typed(*this, "case@example.com", "Quiet Otters!", "quiet otters!");
    check_taken_as_typed(
        *this, "nul@example.com", std::string{"otters\0one", 10}, std::string{"otters\0two", 10}
    );
    check_taken_as_typed(*this, "form@example.com", composed, decomposed);
    check_taken_as_typed(*this, "plus@example.com", "a+reef+of+otters", "a reef of otters");
}

BOOST_FIXTURE_TEST_CASE(a_common_password_is_refused_whatever_its_case, shop) {
    for (const char* common : {"password", "PASSWORD", "iloveyou", "ILoveYou", "12345678", "trustno1"}) {
        BOOST_TEST_CONTEXT(common) {
            auto visitor = guest();
            const auto refused = post(visitor, std::string{anna}, common, common);
            BOOST_TEST(has_status(refused, 422));
            BOOST_TEST(shows(refused, "This password is too common. Please choose another."));
        }
    }
}

BOOST_FIXTURE_TEST_CASE(the_shops_name_and_ones_own_address_are_no_password, shop) {
    for (const char* password : {"cookieshop2026", "Zxolmqv2026", "zxolmqv@example.com"}) {
        auto visitor = guest();
        const auto refused = post_registration(visitor, "zxolmqv@example.com", password);
        BOOST_TEST(has_status(refused, 422));
        BOOST_TEST(shows(refused, "This password is too common. Please choose another."));
    }
    auto user = member("zxolmqv@example.com");
    BOOST_TEST(has_status(post_new_password(user, good_password, "zxolmqv2026"), 422));
}

BOOST_FIXTURE_TEST_CASE(no_kind_of_character_is_demanded, shop) {
    auto visitor = guest();
    BOOST_TEST(redirects(post(visitor, std::string{anna}, "quietotters", "quietotters"), "/cookies"));
}

BOOST_AUTO_TEST_CASE(the_least_length_of_a_password_can_be_set) {
    const shop shop{{{"--password-min-length", "15"}}};
    auto visitor = shop.guest();
    const auto refused = post(visitor, std::string{anna}, "fourteen chars", "fourteen chars");
    BOOST_TEST(has_status(refused, 422));
    BOOST_TEST(shows(refused, "The password must be at least 15 characters long."));
    BOOST_TEST(redirects(post(visitor, std::string{anna}, "fifteen letters", "fifteen letters"), "/cookies"));
}

BOOST_FIXTURE_TEST_CASE(a_field_given_twice_is_refused, shop) {
    auto visitor = guest();
    const auto refused = visitor.post(
        "/register", {{"email", std::string{anna}},
                      {"email", "eve@example.com"},
                      {"password", password},
                      {"password_confirmation", password}}
    );
    BOOST_TEST((refused.status == 400 || refused.status == 422), refused);
    BOOST_TEST(has_status(post_login(visitor, anna), 422));
}

BOOST_FIXTURE_TEST_CASE(bytes_that_are_not_utf_8_are_refused, shop) {
    for (const char* bad : {"\xFF", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82"}) {
        auto visitor = guest();
        const auto in_email = post(visitor, std::string{bad} + "@example.com", password, password);
        BOOST_TEST((in_email.status == 400 || in_email.status == 422), in_email);
        const auto in_password = post(visitor, std::string{anna}, password + bad, password + bad);
        BOOST_TEST((in_password.status == 400 || in_password.status == 422), in_password);
    }
}

BOOST_FIXTURE_TEST_CASE(fields_that_nobody_asked_for_are_ignored, shop) {
    auto visitor = guest();
    const auto done = visitor.post(
        "/register", {{"email", std::string{anna}},
                      {"password", password},
                      {"password_confirmation", password},
                      {"id", "1"},
                      {"epoch", "7"}}
    );
    BOOST_TEST(redirects(done, "/cookies"));
}

BOOST_FIXTURE_TEST_CASE(a_missing_field_is_an_empty_one, shop) {
    auto visitor = guest();
    const auto refused = visitor.post("/register", {});
    BOOST_TEST(has_status(refused, 422));
    BOOST_TEST(shows(refused, "Please enter a valid email address."));
    BOOST_TEST(shows(refused, "The password must be at least 8 characters long."));
}

BOOST_FIXTURE_TEST_CASE(a_visitors_basket_becomes_the_members, shop) {
    auto visitor = guest();
    add_to_basket(visitor, "linzer", 3);
    BOOST_TEST(redirects(post_registration(visitor, anna), "/cookies"));
    BOOST_TEST(quantity_of(visitor.get("/basket"), "linzer") == 3);
}

BOOST_AUTO_TEST_SUITE_END()
