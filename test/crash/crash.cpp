// Kills the server at random moments under load, starts it again, and looks whether what is there can be
// explained by what its customers did and were answered (history.hpp).
//
// COOKIESHOP_KILLS: how often (200). COOKIESHOP_SEED: for the same choices once more; the seed is printed.
// What a machine does at the same time is another each time.
//
// A kill takes the process, not what it gave to the kernel: a power failure is another matter.

#include "crash/customer.hpp"
#include "support/environment.hpp"

#include <boost/test/unit_test.hpp>

#include <sqlite3.h>

#include <chrono>
#include <csignal>
#include <deque>
#include <memory>
#include <random>
#include <thread>
#include <vector>

using namespace cookieshop::test;
using namespace cookieshop::test::crash;
using namespace std::chrono_literals;

namespace {

/// Nothing ends for its age, and the whole run is one user's.
const options unhurried{{"--idle-timeout", "1d"}, {"--absolute-timeout", "2d"}};

// ---------------------------------------------------------------- the file

/// The rows of a query, their columns separated by blanks.
std::vector<std::string> rows_of(const std::filesystem::path& file, const char* query) {
    sqlite3* opened = nullptr;
    const int status = sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
    const std::unique_ptr<sqlite3, int (*)(sqlite3*)> database{opened, sqlite3_close};
    BOOST_REQUIRE(status == SQLITE_OK);
    sqlite3_busy_timeout(database.get(), 5000);
    std::vector<std::string> rows;
    const auto add = [](void* to, int count, char** values, char**) {
        std::string row;
        for (int i = 0; i < count; ++i)
            row += (i == 0 ? "" : " ") + std::string{values[i] ? values[i] : "NULL"};
        static_cast<std::vector<std::string>*>(to)->push_back(row);
        return 0;
    };
    char* error = nullptr;
    if (sqlite3_exec(database.get(), query, add, &rows, &error) != SQLITE_OK) rows.emplace_back(error);
    sqlite3_free(error);
    return rows;
}

void check_file(const std::filesystem::path& file) {
    struct {
        const char* query;
        std::vector<std::string> rows;
    } const expectations[] = {
        {"PRAGMA integrity_check", {"ok"}},
        {"PRAGMA foreign_key_check", {}},
        {"SELECT id FROM orders WHERE total_cents IS NOT"
         " (SELECT SUM(quantity * price_cents) FROM order_lines WHERE order_id = orders.id)",
         {}},
        {"SELECT s.id FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.epoch > u.epoch", {}},
        {"SELECT COUNT(*) = MAX(version) FROM schema_version", {"1"}},
    };
    for (const auto& [query, wanted] : expectations) {
        const auto rows = rows_of(file, query);
        BOOST_TEST(rows == wanted, query << ": " << (rows.empty() ? "no rows" : rows.front()));
    }
}

// ---------------------------------------------------------------- the kills

std::chrono::microseconds up_to(std::chrono::microseconds most, std::mt19937& random) {
    return std::chrono::microseconds{random() % static_cast<unsigned>(most.count())};
}

/// At work; or while it stops; or at work, and again while it starts.
void kill_somehow(server_process& server, std::mt19937& random) {
    std::this_thread::sleep_for(up_to(random() % 4 == 0 ? 15ms : 150ms, random));
    switch (random() % 8) {
    case 0:
        server.signal(SIGTERM);
        std::this_thread::sleep_for(up_to(5ms, random));
        server.kill();
        break;
    case 1:
        server.kill();
        for (auto again = 1 + random() % 3; again > 0; --again) {
            server.launch();
            std::this_thread::sleep_for(up_to(12ms, random));
            server.kill();
        }
        break;
    default: server.kill();
    }
}

/// So many accounts at the same time; who has ordered enough makes room for another.
class town {
public:
    explicit town(unsigned seed) : random_{seed} {
        for (customer*& one : at_work_) one = &newcomer();
    }

    void live_through(shop& shop, const auto& catastrophe) {
        std::vector<std::jthread> threads;
        for (customer* one : at_work_)
            for (std::size_t tab = 0; tab < customer::tab_count; ++tab)
                threads.emplace_back([one, tab, port = shop.server.port()] { one->act(tab, port); });
        catastrophe();
        threads.clear();
    }

    void check(const shop& shop) {
        for (customer*& one : at_work_) {
            sum_ += one->check(shop);
            if (one->is_done()) one = &newcomer();
        }
    }

    /// All that was ever ended, ordered or changed.
    void check_everything(const shop& shop) {
        for (customer& one : everybody_) sum_ += one.check(shop, true);
    }

    const figures& sum() const { return sum_; }
    std::size_t size() const { return everybody_.size(); }

private:
    customer& newcomer() {
        const std::string email = "customer-" + std::to_string(everybody_.size()) + "@example.com";
        return everybody_.emplace_back(email, random_());
    }

    std::mt19937 random_;
    std::deque<customer> everybody_;
    std::array<customer*, 4> at_work_{};
    figures sum_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(crash)

BOOST_AUTO_TEST_CASE(what_was_answered_survives_kills_at_random_moments) {
    const unsigned kills = number_from_environment("COOKIESHOP_KILLS", 200U);
    const unsigned seed = number_from_environment("COOKIESHOP_SEED", std::random_device{}());
    constexpr unsigned kills_between_checks_of_the_file = 25;
    BOOST_TEST_MESSAGE("COOKIESHOP_SEED=" << seed);
    BOOST_TEST_CONTEXT("COOKIESHOP_SEED=" << seed) {
        std::mt19937 random{seed};
        shop shop{unhurried};
        town town{seed};
        for (unsigned kill = 1; kill <= kills; ++kill) {
            town.live_through(shop, [&] { kill_somehow(shop.server, random); });
            if (kill % kills_between_checks_of_the_file == 0) check_file(shop.server.database());
            shop.server.start();
            town.check(shop);
        }
        town.check_everything(shop);
        check_file(shop.server.database());
        const figures& sum = town.sum();
        BOOST_TEST_MESSAGE(
            kills << " rounds, " << town.size() << " accounts; answered: " << sum.answered
                  << ", of them refused " << sum.refused << " (throttled " << sum.throttled
                  << "); in doubt: " << sum.happened + sum.did_not_happen + sum.undecided
                  << ", of them there " << sum.happened << ", not there " << sum.did_not_happen
                  << ", no difference " << sum.undecided << "; looked at after a restart: " << sum.looks
        );
    }
}

/// The file and the key are made at the first start.
BOOST_AUTO_TEST_CASE(a_first_start_can_be_killed_at_any_moment) {
    const unsigned seed = number_from_environment("COOKIESHOP_SEED", std::random_device{}());
    std::mt19937 random{seed};
    shop shop;
    BOOST_TEST_CONTEXT("COOKIESHOP_SEED=" << seed) {
        for (int i = 0; i < 25; ++i) {
            shop.server.kill();
            for (const auto& file : std::filesystem::directory_iterator{shop.server.folder()})
                std::filesystem::remove(file);
            shop.server.launch();
            std::this_thread::sleep_for(up_to(20ms, random));
            shop.server.kill();
            shop.server.start();
            auto user = shop.member();
            BOOST_TEST(is_alive(shop, user.session()));
            check_file(shop.server.database());
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
