// Kills the server at random moments under load, starts it again, and compares what is there with what was
// answered: what was answered is there, what was not is there wholly or not at all, and what was ended stays
// ended.
//
// COOKIESHOP_KILLS: how often (200). COOKIESHOP_SEED: to repeat a run; the seed is printed.

#include "support/shop.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <random>
#include <sstream>
#include <thread>
#include <vector>

using namespace cookieshop::test;

namespace {

unsigned number_from_environment(const char* name, unsigned otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : static_cast<unsigned>(std::stoul(text));
}

/// What was sent and not yet answered.
enum class pending { nothing, registration, login, addition, order, logout, revocation, password_change };

/// A customer, and what the customer knows: what the server answered, and what it was asked last.
class actor {
public:
    actor(unsigned number, unsigned seed) : number_{number}, random_{seed + number} {}

    /// Does this and that until the server is gone.
    void act(std::uint16_t port) {
        browser_ = with_cookies(client{port}, browser_);
        port_ = port;
        try {
            while (complaint_.empty()) step();
        } catch (const connection_lost&) {
            // The kill: what was pending stays so.
        } catch (const std::exception& e) {
            complaint_ = e.what();
        }
    }

    /// Compares with the server's next life, and forgets what was in doubt.
    void check(const shop& shop) {
        BOOST_TEST_CONTEXT("customer " << email_ << ", pending " << static_cast<int>(pending_)) {
            BOOST_TEST(complaint_.empty(), complaint_);
            port_ = shop.server.port();
            browser_ = with_cookies(shop.guest(), browser_);
            for (const auto& session : ended_)
                BOOST_TEST(!is_alive(shop, session), "an ended session stays ended");
            check_account(shop);
            check_session(shop);
            pending_ = pending::nothing;
        }
    }

private:
    static client with_cookies(client fresh, const client& old) {
        fresh.cookies = old.cookies;
        return fresh;
    }

    void step() {
        if (!registered_) return register_anew();
        if (browser_.session().empty()) return log_in();
        if (others_.size() > 10) return revoke_others();
        switch (random_() % 12) {
        case 0: return register_anew();
        case 1: return log_in();
        case 2: return log_out();
        case 3: return revoke_others();
        case 4: return change_password();
        case 5:
        case 6: return order();
        default: return add();
        }
    }

    void register_anew() {
        email_ = "customer-" + std::to_string(number_) + "-" + std::to_string(++identities_) + "@example.com";
        password_ = good_password;
        registered_ = false;
        others_.clear();
        browser_ = client{port_};
        basket_ = orders_ = 0;
        pending_ = pending::registration;
        expect(post_registration(browser_, email_, password_));
        registered_ = true;
    }

    /// In another browser, whose visitor has something in the basket already.
    void log_in() {
        pending_ = pending::login;
        if (!browser_.session().empty()) others_.push_back(browser_.session());
        browser_ = client{port_};
        basket_ = 0;
        expect(add_to_basket(browser_, "linzer"), pending::login);
        const auto visitors = browser_.session();
        expect(post_login(browser_, email_, password_));
        basket_ = 1;
        end(visitors);
    }

    void log_out() {
        pending_ = pending::logout;
        const auto session = browser_.session();
        expect(browser_.post("/logout", {}));
        end(session);
    }

    void revoke_others() {
        pending_ = pending::revocation;
        expect(browser_.post("/settings/sessions/revoke", {{"all", "others"}}));
        end_others();
    }

    void change_password() {
        pending_ = pending::password_change;
        const auto old_session = browser_.session();
        next_password_ = password_ == good_password ? other_password : good_password;
        expect(post_new_password(browser_, password_, next_password_));
        password_ = next_password_;
        end(old_session);
        end_others();
    }

    void add() {
        if (basket_ == 99) return order();
        pending_ = pending::addition;
        expect(add_to_basket(browser_, "linzer"));
        ++basket_;
    }

    void order() {
        if (basket_ == 0) return add();
        pending_ = pending::order;
        expect(browser_.submit(browser_.get("/checkout"), "/checkout"));
        ++orders_;
        basket_ = 0;
    }

    void expect(const answer& answer, pending still = pending::nothing) {
        if (answer.status != 303) {
            std::ostringstream text;
            text << "refused" << answer;
            throw std::runtime_error{text.str()};
        }
        pending_ = still;
    }

    void end(const std::string& session) {
        constexpr std::size_t remembered = 8;
        ended_.push_back(session);
        if (ended_.size() > remembered) ended_.pop_front();
    }

    void end_others() {
        for (const auto& session : others_) end(session);
        others_.clear();
    }

    bool can_log_in(const shop& shop, std::string_view password) {
        auto visitor = shop.guest();
        const bool done = post_login(visitor, email_, password).status == 303;
        if (done) others_.push_back(visitor.session());
        return done;
    }

    void check_account(const shop& shop) {
        if (pending_ == pending::registration) {
            registered_ = can_log_in(shop, password_);
            browser_ = shop.guest();
            if (registered_) browser_.set_session(others_.back());
            others_.clear();
        } else if (pending_ == pending::password_change) {
            check_password_change(shop);
        } else if (registered_) {
            check_others(shop);
            BOOST_TEST(can_log_in(shop, password_), "who was registered can log in");
        }
    }

    /// The password, this session's id and the end of the others: all of it, or nothing.
    void check_password_change(const shop& shop) {
        const auto before = others_;
        const bool changed = can_log_in(shop, next_password_);
        BOOST_TEST(can_log_in(shop, password_) == !changed);
        BOOST_TEST(is_alive(shop, browser_.session()) == !changed);
        for (const auto& session : before) BOOST_TEST(is_alive(shop, session) == !changed);
        if (!changed) return;
        password_ = next_password_;
        end(browser_.session());
        for (const auto& session : before) end(session);
        browser_ = shop.guest();
        browser_.set_session(others_.back());
        others_.clear();
        basket_ = 0;
    }

    void check_others(const shop& shop) {
        const auto alive = [&](const auto& session) { return is_alive(shop, session); };
        const auto count = static_cast<std::size_t>(std::ranges::count_if(others_, alive));
        const bool none = count == 0 && pending_ == pending::revocation;
        BOOST_TEST(
            (count == others_.size() || none), "other sessions: all of them, or with the revocation none"
        );
        if (none) end_others();
    }

    void check_session(const shop& shop) {
        if (!registered_ || browser_.session().empty()) return;
        if (pending_ == pending::login || pending_ == pending::logout) {
            const bool logged_in = is_alive(shop, browser_.session());
            BOOST_TEST(
                (!logged_in || pending_ == pending::logout), "a visitor's id never becomes a member's"
            );
            if (!logged_in) browser_ = shop.guest();
            if (!logged_in) return;
        }
        const int basket = quantity_of(browser_.get("/basket"), "linzer");
        const int orders = count_orders();
        const bool as_before = basket == basket_ && orders == orders_;
        const bool added = pending_ == pending::addition && basket == basket_ + 1 && orders == orders_;
        const bool ordered = pending_ == pending::order && basket == 0 && orders == orders_ + 1;
        BOOST_TEST(
            (as_before || added || ordered), "answered: " << basket_ << " in the basket and " << orders_
                                                          << " orders; there: " << basket << " and " << orders
        );
        basket_ = basket;
        orders_ = orders;
    }

    int count_orders() {
        const auto page = browser_.get("/orders");
        BOOST_TEST(is_logged_in(page, email_));
        const auto all = links(page.body);
        return static_cast<int>(std::ranges::count_if(all, [](const auto& link) {
            return link.starts_with("/orders/");
        }));
    }

    const unsigned number_;
    std::mt19937 random_;
    std::uint16_t port_ = 0;
    client browser_{0};
    unsigned identities_ = 0;
    std::string email_, password_, next_password_;
    bool registered_ = false;
    std::vector<std::string> others_;  // this customer's sessions in other browsers
    std::deque<std::string> ended_;    // the last few that are over for good
    int basket_ = 0, orders_ = 0;
    pending pending_ = pending::nothing;
    std::string complaint_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(crash)

BOOST_AUTO_TEST_CASE(what_was_answered_survives_kills_at_random_moments) {
    const unsigned kills = number_from_environment("COOKIESHOP_KILLS", 200);
    const unsigned seed = number_from_environment("COOKIESHOP_SEED", std::random_device{}());
    BOOST_TEST_MESSAGE("COOKIESHOP_SEED=" << seed);
    BOOST_TEST_CONTEXT("COOKIESHOP_SEED=" << seed) {
        std::mt19937 random{seed};
        shop shop;
        std::deque<actor> actors;
        for (unsigned i = 0; i < 4; ++i) actors.emplace_back(i, seed);
        for (unsigned kill = 0; kill < kills; ++kill) {
            std::vector<std::jthread> threads;
            for (auto& actor : actors) threads.emplace_back([&] { actor.act(shop.server.port()); });
            std::this_thread::sleep_for(std::chrono::microseconds{random() % 150'000});
            shop.server.kill();
            threads.clear();
            shop.server.start();
            for (auto& actor : actors) actor.check(shop);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
