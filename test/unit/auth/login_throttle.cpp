#include "cookieshop/auth/login_throttle.hpp"

#include "support/manual_clock.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <string>
#include <string_view>
#include <thread>

using namespace std::chrono_literals;
using boost::asio::ip::make_address;
using cookieshop::test::manual_clock;

namespace {

using seconds = std::chrono::seconds;

struct fixture {
    // Seconds to wait; 0: the try may be made.
    long wait(std::string_view account, std::string_view source) {
        return throttle.try_password(account, make_address(source), clock.now()).value_or(seconds{0}).count();
    }
    void fail(int times, std::string_view account, std::string_view source) {
        for (int i = 0; i < times; ++i) BOOST_REQUIRE_EQUAL(wait(account, source), 0);
    }
    void succeed(std::string_view account, std::string_view source) {
        BOOST_REQUIRE_EQUAL(wait(account, source), 0);
        throttle.succeeded(account, make_address(source), clock.now());
    }
    long wait_to_register(std::string_view source) {
        return throttle.try_registration(make_address(source), clock.now()).value_or(seconds{0}).count();
    }

    // A hundred failures at one account, none of a source that is used twice.
    void attack(std::string_view account) {
        for (int i = 0; i < 100; ++i) fail(1, account, "198.51.100." + std::to_string(i));
    }

    static constexpr auto tick = 10ms;  // what the clock of those who wait may be ahead of ours

    manual_clock clock;
    cookieshop::auth::login_throttle throttle{{.registrations_per_hour = 3, .entries_max = 1000}};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(login_throttle, fixture)

BOOST_AUTO_TEST_CASE(five_failures_are_free_then_the_delay_doubles_up_to_a_quarter_of_an_hour) {
    fail(5, "ada@x", "192.0.2.1");
    for (const long delay : {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900}) {
        BOOST_TEST_CONTEXT(delay) {
            BOOST_TEST(wait("ada@x", "192.0.2.1") == delay);
            clock.advance(seconds{delay} - tick - 1ms);
            BOOST_TEST(wait("ada@x", "192.0.2.1") == 1);
            clock.advance(1ms);
            BOOST_TEST(wait("ada@x", "192.0.2.1") == 0);
        }
    }
}

BOOST_AUTO_TEST_CASE(who_waited_as_long_as_they_were_told_is_let_in_by_a_clock_that_is_behind) {
    fail(5, "ada@x", "192.0.2.1");
    clock.advance(seconds{wait("ada@x", "192.0.2.1")} - tick);
    BOOST_TEST(wait("ada@x", "192.0.2.1") == 0);
}

BOOST_AUTO_TEST_CASE(a_try_that_was_read_before_the_one_that_was_counted_first_is_free_too) {
    fail(1, "ada@x", "192.0.2.1");
    clock.advance(-1ms);
    BOOST_TEST(wait("ada@x", "192.0.2.1") == 0);
}

BOOST_AUTO_TEST_CASE(a_refusal_counts_nowhere) {
    fail(5, "ada@x", "192.0.2.1");
    for (int i = 0; i < 500; ++i) BOOST_TEST(wait("ada@x", "192.0.2.1") == 1);
    BOOST_TEST(wait("eve@x", "192.0.2.1") == 0);
    BOOST_TEST(wait("ada@x", "192.0.2.2") == 0);
    clock.advance(1s);
    BOOST_TEST(wait("ada@x", "192.0.2.1") == 0);
}

BOOST_AUTO_TEST_CASE(the_delay_is_of_one_account_and_one_source) {
    fail(5, "ada@x", "192.0.2.1");
    BOOST_TEST(wait("bob@x", "192.0.2.1") == 0);
    BOOST_TEST(wait("ada@x", "192.0.2.2") == 0);
    BOOST_TEST(wait("ada@x", "192.0.2.1") == 1);
}

BOOST_AUTO_TEST_CASE(failures_are_forgotten_a_quarter_of_an_hour_after_the_last) {
    fail(4, "ada@x", "192.0.2.1");
    clock.advance(15min - 1ms);
    fail(1, "ada@x", "192.0.2.1");
    BOOST_TEST(wait("ada@x", "192.0.2.1") == 1);
    clock.advance(15min);
    fail(5, "ada@x", "192.0.2.1");
    BOOST_TEST(wait("ada@x", "192.0.2.1") == 1);
}

BOOST_AUTO_TEST_CASE(a_success_clears_the_account_and_source) {
    fail(4, "ada@x", "192.0.2.1");
    succeed("ada@x", "192.0.2.1");
    fail(5, "ada@x", "192.0.2.1");
    BOOST_TEST(wait("ada@x", "192.0.2.1") == 1);
}

BOOST_AUTO_TEST_CASE(a_success_clears_no_other_counter) {
    fail(5, "ada@x", "192.0.2.1");
    succeed("ada@x", "192.0.2.2");
    succeed("bob@x", "192.0.2.1");
    BOOST_TEST(wait("ada@x", "192.0.2.1") == 1);
}

BOOST_AUTO_TEST_CASE(a_cancelled_try_is_none) {
    for (int i = 0; i < 300; ++i) {
        BOOST_TEST(wait("ada@x", "192.0.2.1") == 0);
        throttle.cancelled("ada@x", make_address("192.0.2.1"), clock.now());
    }
    fail(5, "ada@x", "192.0.2.1");
    BOOST_TEST(wait("ada@x", "192.0.2.1") == 1);
}

BOOST_AUTO_TEST_CASE(a_source_has_a_hundred_failures_until_its_window_is_over) {
    for (int i = 0; i < 100; ++i) fail(1, "user" + std::to_string(i) + "@x", "192.0.2.1");
    BOOST_TEST(wait("another@x", "192.0.2.1") == 900);
    BOOST_TEST(wait("another@x", "192.0.2.2") == 0);
    clock.advance(15min - tick - 1ms);
    BOOST_TEST(wait("another@x", "192.0.2.1") == 1);
    clock.advance(1ms);
    BOOST_TEST(wait("another@x", "192.0.2.1") == 0);
}

BOOST_AUTO_TEST_CASE(successes_use_up_nothing_of_a_source) {
    for (int i = 0; i < 300; ++i) succeed("user" + std::to_string(i) + "@x", "192.0.2.1");
    for (int i = 0; i < 100; ++i) fail(1, "user" + std::to_string(i) + "@x", "192.0.2.1");
    BOOST_TEST(wait("another@x", "192.0.2.1") == 900);
}

BOOST_AUTO_TEST_CASE(an_account_under_attack_gives_unknown_sources_one_try_a_second_each) {
    attack("ada@x");
    BOOST_TEST(wait("ada@x", "192.0.2.1") == 0);
    BOOST_TEST(wait("ada@x", "192.0.2.1") == 1);
    BOOST_TEST(wait("ada@x", "192.0.2.2") == 0);
    clock.advance(1s);
    BOOST_TEST(wait("ada@x", "192.0.2.1") == 0);
    clock.advance(1s - tick - 1ms);
    BOOST_TEST(wait("ada@x", "192.0.2.1") == 1);
    BOOST_TEST(wait("bob@x", "192.0.2.1") == 0);
}

BOOST_AUTO_TEST_CASE(an_attack_does_not_slow_down_a_source_that_logged_in_before) {
    succeed("ada@x", "192.0.2.1");
    attack("ada@x");
    fail(5, "ada@x", "192.0.2.1");
    BOOST_TEST(wait("ada@x", "192.0.2.1") == 1);
}

BOOST_AUTO_TEST_CASE(an_attack_is_over_a_quarter_of_an_hour_after_its_first_failure) {
    attack("ada@x");
    clock.advance(15min);
    fail(5, "ada@x", "192.0.2.1");
}

BOOST_AUTO_TEST_CASE(a_source_is_an_ipv4_address_or_an_ipv6_network_of_64_bits) {
    const struct {
        std::string_view one, other;
        bool same;
    } cases[] = {
        {"192.0.2.1", "192.0.2.2", false},
        {"192.0.2.1", "::ffff:192.0.2.1", true},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
        {"2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true},
        {"2001:db8:1:2::1", "2001:db8:1:3::1", false},
        {"::1", "0.0.0.1", false},
    };
    for (const auto& [one, other, same] : cases) {
        BOOST_TEST_CONTEXT(one << " and " << other) {
            fail(5, "ada@x", one);
            BOOST_TEST((wait("ada@x", other) == 1) == same);
            clock.advance(15min);
        }
    }
}

BOOST_AUTO_TEST_CASE(of_fifty_tries_at_the_same_time_five_go_through) {
    std::atomic<int> admitted{0};
    {
        std::array<std::jthread, 10> threads;
        for (std::jthread& thread : threads) {
            thread = std::jthread{[&] {
                for (int i = 0; i < 5; ++i) {
                    if (wait("ada@x", "192.0.2.1") == 0) ++admitted;
                }
            }};
        }
    }
    BOOST_TEST(admitted == 5);
}

BOOST_AUTO_TEST_CASE(memory_is_bounded_and_the_least_recently_touched_goes_first) {
    fail(5, "ada@x", "192.0.2.1");
    fail(5, "bob@x", "192.0.2.2");
    for (int i = 0; i < 5000; ++i) {
        fail(
            1, std::string(200, 'x') + std::to_string(i),
            "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250)
        );
        BOOST_TEST(wait("ada@x", "192.0.2.1") == 1);  // touched, so it stays
    }
    BOOST_TEST(throttle.entries() == 1000u);
    BOOST_TEST(wait("bob@x", "192.0.2.2") == 0);
}

BOOST_AUTO_TEST_CASE(it_needs_room_for_one_try) {
    BOOST_CHECK_THROW((cookieshop::auth::login_throttle{{.entries_max = 2}}), std::invalid_argument);
    cookieshop::auth::login_throttle smallest{{.entries_max = 3}};
    for (int i = 0; i < 10; ++i) {
        BOOST_TEST(
            smallest.try_password("ada@x", make_address("192.0.2.1"), clock.now()).has_value() == (i >= 5)
        );
    }
}

BOOST_AUTO_TEST_CASE(a_source_makes_so_many_accounts_an_hour) {
    for (int i = 0; i < 3; ++i) BOOST_TEST(wait_to_register("192.0.2.1") == 0);
    BOOST_TEST(wait_to_register("192.0.2.1") == 3600);
    BOOST_TEST(wait_to_register("192.0.2.2") == 0);
    clock.advance(1h - tick - 1ms);
    BOOST_TEST(wait_to_register("192.0.2.1") == 1);
    clock.advance(1ms);
    BOOST_TEST(wait_to_register("192.0.2.1") == 0);
}

BOOST_AUTO_TEST_CASE(a_registration_that_came_to_nothing_is_given_back) {
    for (int i = 0; i < 10; ++i) {
        BOOST_TEST(wait_to_register("192.0.2.1") == 0);
        throttle.address_is_free(make_address("192.0.2.1"), clock.now());
        throttle.registration_cancelled(make_address("192.0.2.1"), clock.now());
    }
}

BOOST_AUTO_TEST_CASE(without_a_limit_any_number_of_accounts_is_made) {
    cookieshop::auth::login_throttle unlimited{{.registrations_per_hour = 0}};
    for (int i = 0; i < 300; ++i) {
        BOOST_TEST(!unlimited.try_registration(make_address("192.0.2.1"), clock.now()));
        unlimited.address_is_free(make_address("192.0.2.1"), clock.now());
    }
}

BOOST_AUTO_TEST_CASE(who_asks_a_hundred_times_whether_an_address_is_taken_has_to_wait) {
    for (int i = 0; i < 100; ++i) {
        BOOST_TEST(wait_to_register("192.0.2.1") == 0);
        throttle.registration_cancelled(make_address("192.0.2.1"), clock.now());
    }
    BOOST_TEST(wait_to_register("192.0.2.1") == 900);
    BOOST_TEST(wait("ada@x", "192.0.2.1") == 0, "logins are counted apart");
    BOOST_TEST(wait_to_register("192.0.2.2") == 0);
    clock.advance(15min);
    BOOST_TEST(wait_to_register("192.0.2.1") == 0);
}

BOOST_AUTO_TEST_CASE(questions_at_the_same_time_do_not_slip_through) {
    cookieshop::auth::login_throttle unlimited{{.registrations_per_hour = 0}};
    const auto source = make_address("192.0.2.1");
    for (int i = 0; i < 150; ++i)
        BOOST_TEST(unlimited.try_registration(source, clock.now()).has_value() == (i >= 100));
}

BOOST_AUTO_TEST_CASE(an_alias_is_the_same_for_an_account_and_tells_nothing_of_it) {
    BOOST_TEST(throttle.alias("ada@x") == throttle.alias("ada@x"));
    BOOST_TEST(throttle.alias("ada@x") != throttle.alias("bob@x"));
    BOOST_TEST(throttle.alias("a reef of quiet otters").size() == throttle.alias("x").size());
    const cookieshop::auth::login_throttle another{{}};
    BOOST_TEST(throttle.alias("ada@x") != another.alias("ada@x"));
}

BOOST_AUTO_TEST_CASE(registrations_and_failures_are_counted_apart) {
    for (int i = 0; i < 3; ++i) BOOST_TEST(wait_to_register("192.0.2.1") == 0);
    fail(5, "ada@x", "192.0.2.1");
    BOOST_TEST(wait_to_register("192.0.2.1") == 3600);
}

BOOST_AUTO_TEST_SUITE_END()
