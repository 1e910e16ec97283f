#include "support/shop.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <thread>

using namespace cookieshop::test;
using namespace std::chrono_literals;

namespace {

constexpr int free_failures = 5;

void fail_to_log_in(client& who, std::string_view email, int times) {
    for (int i = 0; i < times; ++i) BOOST_TEST(has_status(post_login(who, email, "not the password"), 422));
}

/// The answer's waiting time, once it is sure that the message says the same.
int check_refused(const answer& refused) {
    BOOST_TEST(has_status(refused, 429));
    const std::string seconds{refused.header("Retry-After")};
    BOOST_TEST_REQUIRE(!seconds.empty());
    BOOST_TEST(shows(refused, "Too many attempts. Please try again in " + seconds + " seconds."));
    return std::stoi(seconds);
}

void wait_out(int seconds) {
    std::this_thread::sleep_for(std::chrono::seconds{seconds});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(throttling)

BOOST_FIXTURE_TEST_CASE(five_failures_are_free_and_then_even_the_right_password_waits, shop) {
    member();
    auto visitor = guest();
    fail_to_log_in(visitor, anna, free_failures);
    const int seconds = check_refused(post_login(visitor, anna, good_password));
    BOOST_TEST(seconds == 1);
    wait_out(seconds);
    BOOST_TEST(redirects(post_login(visitor, anna, good_password), "/cookies"));
}

BOOST_FIXTURE_TEST_CASE(every_further_failure_doubles_the_wait, shop) {
    member();
    auto visitor = guest();
    fail_to_log_in(visitor, anna, free_failures);
    wait_out(check_refused(post_login(visitor, anna)));
    fail_to_log_in(visitor, anna, 1);
    BOOST_TEST(check_refused(post_login(visitor, anna)) == 2);
    wait_out(2);
    fail_to_log_in(visitor, anna, 1);
    const int third = check_refused(post_login(visitor, anna));
    BOOST_TEST((third == 4 || third == 3), third);
}

BOOST_FIXTURE_TEST_CASE(a_success_clears_the_count, shop) {
    member();
    auto visitor = guest();
    fail_to_log_in(visitor, anna, free_failures - 1);
    BOOST_TEST(redirects(post_login(visitor, anna), "/cookies"));
    auto again = guest();
    fail_to_log_in(again, anna, free_failures);
}

BOOST_FIXTURE_TEST_CASE(an_address_that_nobody_has_is_throttled_alike, shop) {
    auto visitor = guest();
    fail_to_log_in(visitor, "nobody@example.com", free_failures);
    check_refused(post_login(visitor, "NOBODY@example.com"));
}

BOOST_FIXTURE_TEST_CASE(another_account_is_not_kept_waiting, shop) {
    member();
    member("eve@example.com");
    auto visitor = guest();
    fail_to_log_in(visitor, anna, free_failures);
    check_refused(post_login(visitor, anna));
    BOOST_TEST(redirects(post_login(visitor, "eve@example.com"), "/cookies"));
}

BOOST_FIXTURE_TEST_CASE(who_is_logged_in_goes_on, shop) {
    auto user = member();
    auto visitor = guest();
    fail_to_log_in(visitor, anna, free_failures);
    check_refused(post_login(visitor, anna));
    BOOST_TEST(is_logged_in(user.get("/settings"), anna));
}

BOOST_FIXTURE_TEST_CASE(wrong_current_passwords_count, shop) {
    auto user = member();
    for (int i = 0; i < free_failures; ++i)
        BOOST_TEST(has_status(post_new_password(user, "not the password", other_password), 422));
    check_refused(post_new_password(user, good_password, other_password));
    auto visitor = guest();
    check_refused(post_login(visitor, anna));
}

BOOST_FIXTURE_TEST_CASE(a_source_has_a_hundred_failures_whatever_the_accounts, shop) {
    member();
    auto visitor = guest();
    for (int i = 0; i < 100; ++i) fail_to_log_in(visitor, std::to_string(i) + "@example.com", 1);
    check_refused(post_login(visitor, "fresh@example.com"));
    check_refused(post_login(visitor, anna));
}

BOOST_AUTO_TEST_CASE(behind_a_trusted_proxy_everybody_is_a_source_of_their_own) {
    const shop shop{{{"--trusted-proxies", "127.0.0.1"}}};
    shop.member();
    auto attacker = shop.guest(), neighbour = shop.guest();
    attacker.always.emplace_back("X-Forwarded-For", "192.0.2.1");
    neighbour.always.emplace_back("X-Forwarded-For", "192.0.2.2");
    for (int i = 0; i < 100; ++i) fail_to_log_in(attacker, std::to_string(i) + "@example.com", 1);
    check_refused(post_login(attacker, anna));
    BOOST_TEST(redirects(post_login(neighbour, anna), "/cookies"));
}

BOOST_FIXTURE_TEST_CASE(who_is_no_trusted_proxy_can_not_choose_a_source, shop) {
    member();
    auto attacker = guest();
    for (int i = 0; i < free_failures; ++i) {
        attacker.always.emplace_back("X-Forwarded-For", "192.0.2." + std::to_string(i));
        fail_to_log_in(attacker, anna, 1);
        attacker.always.pop_back();
    }
    check_refused(post_login(attacker, anna));
}

BOOST_FIXTURE_TEST_CASE(guesses_at_the_same_time_do_not_slip_through, shop) {
    member();
    std::vector<std::unique_ptr<wire>> wires;
    const auto guess = encode(
        {"POST",
         "/login",
         {{"Content-Type", "application/x-www-form-urlencoded"}},
         encode_form({{"email", std::string{anna}}, {"password", "not the password"}})}
    );
    for (int i = 0; i < 30; ++i) wires.push_back(std::make_unique<wire>(server.port()));
    for (auto& wire : wires) wire->send(guess);
    int tried = 0;
    for (auto& wire : wires) tried += wire->receive().status == 422 ? 1 : 0;
    BOOST_TEST(tried == free_failures);
}

BOOST_AUTO_TEST_CASE(a_source_may_make_so_many_accounts_an_hour) {
    const shop shop{{{"--registration-limit", "3"}}};
    for (const char* email : {"1@example.com", "2@example.com", "3@example.com"}) shop.member(email);
    auto visitor = shop.guest();
    const int seconds = check_refused(post_registration(visitor, "4@example.com"));
    BOOST_TEST((seconds > 3500 && seconds <= 3600), seconds);
    BOOST_TEST(lacks_header(post_registration(visitor, "4@example.com"), "Set-Cookie"));
    BOOST_TEST(redirects(post_login(visitor, "1@example.com"), "/cookies"));
}

BOOST_AUTO_TEST_CASE(a_registration_that_came_to_nothing_does_not_count) {
    const shop shop{{{"--registration-limit", "2"}}};
    shop.member("1@example.com");
    auto visitor = shop.guest();
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(has_status(post_registration(visitor, "1@example.com"), 422));
        BOOST_TEST(has_status(post_registration(visitor, "2@example.com", "short"), 422));
    }
    BOOST_TEST(redirects(post_registration(visitor, "2@example.com"), "/cookies"));
}

BOOST_FIXTURE_TEST_CASE(who_asks_a_hundred_times_whether_an_address_is_taken_has_to_wait, shop) {
    member();
    auto visitor = guest();
    for (int i = 0; i < 100; ++i) BOOST_TEST(has_status(post_registration(visitor, anna), 422));
    check_refused(post_registration(visitor, anna));
    check_refused(post_registration(visitor, "eve@example.com"));
}

BOOST_AUTO_TEST_CASE(when_too_many_passwords_wait_to_be_hashed_the_answer_is_503_at_once) {
    const shop shop{
        {{"--password-memory", "64MiB"}, {"--password-passes", "20"}, {"--password-workers", "1"}}};
    auto user = shop.member();
    std::vector<std::unique_ptr<wire>> wires;
    const std::string password{good_password};
    const fields form_type{{"Content-Type", "application/x-www-form-urlencoded"}};
    for (int i = 0; i < 300; ++i) {
        const fields form{
            {"email", std::to_string(i) + "@example.com"},
            {"password", password},
            {"password_confirmation", password}};
        wires.push_back(std::make_unique<wire>(shop.server.port()));
        wires.back()->send(encode({"POST", "/register", form_type, encode_form(form)}));
    }
    int refused = 0;
    for (auto& wire : wires) {
        if (!wire->is_readable(20ms)) continue;
        const auto answer = wire->receive();
        if (answer.status != 503) continue;
        ++refused;
        BOOST_TEST(answer.has("Retry-After"), answer);
    }
    BOOST_TEST(refused > 0);
    const auto begin = std::chrono::steady_clock::now();
    BOOST_TEST(is_logged_in(user.get("/settings"), anna));
    BOOST_TEST((std::chrono::steady_clock::now() - begin < 1s), "logged-in users go on at full speed");
}

BOOST_AUTO_TEST_SUITE_END()
