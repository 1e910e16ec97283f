#include "cookieshop/auth/password_hasher.hpp"

#include "support/run_task.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <ctime>
#include <limits>
#include <string>

using namespace std::string_literals;
using cookieshop::overloaded;
using cookieshop::secret;
using cookieshop::auth::password_cost;
using cookieshop::test::run_task;

namespace {

// libsodium's least.
constexpr password_cost cheap{.memory = 8 * 1024, .passes = 1, .workers = 1};

struct fixture {
    std::string hash(const std::string& password) { return run_task(io, hasher.hash(secret{password})); }
    bool verify(const std::string& password, std::optional<std::string> hash) {
        return run_task(io, hasher.verify(secret{password}, std::move(hash)));
    }

    cookieshop::asio::io_context io;
    cookieshop::auth::password_hasher hasher{cheap};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(password_hasher, fixture)

BOOST_AUTO_TEST_CASE(a_hash_is_argon2id_with_the_configured_cost) {
    BOOST_TEST(hash("secret").starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
}

BOOST_AUTO_TEST_CASE(the_same_password_gets_another_salt_each_time) {
    BOOST_TEST(hash("secret") != hash("secret"));
}

BOOST_AUTO_TEST_CASE(only_the_very_same_bytes_match) {
    const std::string longest(1024, 'x');
    const struct {
        std::string stored, typed;
    } differing[] = {
        {"secret", "Secret"},
        {"secret", "secret "},
        {"secret", " secret"},
        {"secret", "secret\0"s},
        {"sec\0ret"s, "sec\0rat"s},
        {"sec\0ret"s, "sec"},
        {"\u00E9", "e\u0301"},
        {longest, longest.substr(1)},
        {longest, longest.substr(1) + 'y'},
        {"secret", ""},
        {"", "secret"},
    };
    for (const auto& [stored, typed] : differing) {
        const std::string phc = hash(stored);
        BOOST_TEST(verify(stored, phc));
        BOOST_TEST(!verify(typed, phc));
    }
}

BOOST_AUTO_TEST_CASE(nothing_matches_the_absent_user) {
    for (const std::string password : {"", "secret"}) BOOST_TEST(!verify(password, std::nullopt));
}

BOOST_AUTO_TEST_CASE(the_absent_user_costs_what_a_user_of_today_costs) {
    const auto parameters = [](const std::string& phc) {
        return phc.substr(0, phc.find('$', phc.find(",p=")));
    };
    BOOST_TEST(parameters(hasher.absent_hash()) == parameters(hash("secret")));
    BOOST_TEST(!hasher.outdated(hasher.absent_hash()));
    BOOST_TEST(hasher.absent_hash() != cookieshop::auth::password_hasher{cheap}.absent_hash());
}

BOOST_AUTO_TEST_CASE(a_hash_of_another_cost_matches_and_is_outdated) {
    for (const password_cost& other :
         {password_cost{.memory = 16 * 1024, .passes = 1}, {.memory = 8 * 1024, .passes = 2}}) {
        cookieshop::auth::password_hasher others{other};
        const std::string phc = run_task(io, others.hash(secret{"secret"}));
        BOOST_TEST(verify("secret", phc));
        BOOST_TEST(hasher.outdated(phc));
        BOOST_TEST(!others.outdated(phc));
    }
}

// Without more work the first would take a thousandth of the time of the second. CPU time: this machine has
// other work.
BOOST_AUTO_TEST_CASE(a_wrong_password_takes_as_long_at_a_cheaper_hash_of_the_past) {
    cookieshop::auth::password_hasher today{{.memory = 8 * 1024 * 1024, .passes = 2}};
    const std::string cheaper = hash("secret");
    const auto fastest = [&](const std::optional<std::string>& phc) {
        auto least = std::numeric_limits<std::clock_t>::max();
        for (int i = 0; i < 5; ++i) {
            const std::clock_t begin = std::clock();
            BOOST_TEST(!run_task(io, today.verify(secret{"wrong"}, phc)));
            least = std::min(least, std::clock() - begin);
        }
        return static_cast<double>(least);
    };
    const double of_the_past = fastest(cheaper), of_nobody = fastest(std::nullopt);
    BOOST_TEST(of_the_past > 0.5 * of_nobody);
    BOOST_TEST(of_the_past < 2 * of_nobody);
}

BOOST_AUTO_TEST_CASE(a_damaged_hash_matches_nothing_and_is_outdated) {
    const std::string phc = hash("secret");
    for (const std::string& damaged :
         {""s, "secret"s, phc.substr(0, phc.rfind('$')), '$' + phc, std::string(4096, '$'),
          "$argon2id$v=19$m=8,t=1,p=1$$"s}) {
        BOOST_TEST(!verify("secret", damaged));
        BOOST_TEST(!verify("", damaged));
        BOOST_TEST(hasher.outdated(damaged));
    }
    // One character less is still base64 in one case of sixteen, and then only the comparison tells.
    BOOST_TEST(!verify("secret", phc.substr(0, phc.size() - 1)));
}

BOOST_AUTO_TEST_CASE(past_its_queue_it_refuses_at_once_and_does_what_it_took) {
    // A hash takes far longer than to ask for one.
    cookieshop::auth::password_hasher slow{{.memory = 1024 * 1024, .passes = 4, .workers = 1}};
    constexpr unsigned asked = 200;
    unsigned done = 0, refused = 0;
    const auto count = [&](const std::exception_ptr& error, const std::string&) {
        try {
            if (error) std::rethrow_exception(error);
            ++done;
        } catch (const overloaded& full) {
            ++refused;
            BOOST_TEST(full.retry_after.count() >= 1);
        }
    };
    for (unsigned i = 0; i < asked; ++i) cookieshop::asio::co_spawn(io, slow.hash(secret{"secret"}), count);
    io.poll();
    BOOST_TEST(refused > 0u);
    BOOST_TEST(slow.queue_length() <= 64u);
    io.run();
    BOOST_TEST(done + refused == asked);
    BOOST_TEST(done >= 64u);  // those that waited
}

BOOST_AUTO_TEST_CASE(without_workers_it_can_not_be_made) {
    BOOST_CHECK_THROW(
        (cookieshop::auth::password_hasher{{.memory = 8 * 1024, .passes = 1, .workers = 0}}),
        std::invalid_argument
    );
}

BOOST_AUTO_TEST_SUITE_END()
