#include "cookieshop/store/endings.hpp"

#include "cookieshop/store/soci_store.hpp"
#include "support/manual_clock.hpp"
#include "support/run_task.hpp"
#include "support/temporary_database.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/test/unit_test.hpp>
#include <spdlog/spdlog.h>

using namespace cookieshop;
using namespace cookieshop::session;
using namespace cookieshop::store;
using namespace std::chrono_literals;
using action = change::action;
using db::in;
using db::out;

namespace {

// A server's half, and beside it a connection of an operator's.
struct fixture {
    fixture() {
        operators->run(
            "INSERT INTO users (email, email_key, password_hash, created_at) VALUES ('a@example.com',"
            " 'a@example.com', '', 0)"
        );
        operators->run("SELECT id FROM users", in(), out(user));
    }
    ~fixture() { stop(); }

    session_ptr begin_session(std::optional<login> log_in = {}) {
        change c;
        c.what = action::create;
        c.fresh = signer.generate();
        c.log_in = log_in;
        c.now = clock.now();
        return test::run_task(io, cache.commit(std::move(c))).value().session;
    }
    session_ptr log_in() { return begin_session(login{user, 0, false}); }

    void follow(ending_number seen, follow_options options = {.every = 1ms}) {
        running = true;
        asio::co_spawn(
            io, follow_endings(readers, writer, cache, clock, seen, options),
            asio::bind_cancellation_slot(
                cancel.slot(),
                [this](std::exception_ptr e) {
                    running = false;
                    error = e;
                }
            )
        );
    }

    void stop() {
        cancel.emit(asio::cancellation_type::terminal);
        eventually([this] { return !running; });
    }

    template <class Condition>
    bool eventually(Condition condition) {
        const auto deadline = std::chrono::steady_clock::now() + 30s;
        io.restart();
        while (!condition()) {
            if (std::chrono::steady_clock::now() > deadline) return false;
            io.run_one_for(10ms);
            if (io.stopped()) io.restart();
        }
        return true;
    }

    bool is_cached(const session_ptr& session) {
        return cache.peek(session->id.token(), clock.now()) != nullptr;
    }

    long long noted() {
        long long count = 0;
        operators->run("SELECT COUNT(*) FROM endings", in(), out(count));
        return count;
    }

    asio::io_context io;  // outlives the threads that resume its tasks
    test::temporary_database database;
    std::unique_ptr<db::connection> operators = database->open();
    user_id user = 0;
    session::policy policy;
    db::writer writer{*database};
    db::readers readers{*database, 1};
    soci_store stored{writer, readers, policy};
    cached_store cache{stored, policy, 1024 * 1024};
    secret key{"a secret that only this test knows"};
    id_signer signer{std::span{&key, 1}};
    test::manual_clock clock;
    asio::cancellation_signal cancel;
    bool running = false;
    std::exception_ptr error;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(endings_, fixture)

BOOST_AUTO_TEST_CASE(what_was_noted_before_it_began_is_not_followed_again) {
    note_ending(*operators, {}, clock.now());
    const ending_number seen = newest_ending(*database);
    const session_ptr session = log_in(), other = log_in();
    follow(seen);
    note_ending(*operators, {.user = user, .handle = std::string{other->handle.view()}}, clock.now());
    BOOST_TEST(eventually([&] { return !is_cached(other); }));
    BOOST_TEST(is_cached(session));
}

BOOST_AUTO_TEST_CASE(a_database_that_was_put_back_is_read_anew_and_followed_from_there) {
    const session_ptr session = log_in(), guest = begin_session();
    follow(1000);
    BOOST_TEST(eventually([&] { return !is_cached(session) && !is_cached(guest); }));
    const session_ptr later = log_in();
    BOOST_TEST(is_cached(later));
    note_ending(*operators, {.user = user, .handle = std::string{later->handle.view()}}, clock.now());
    BOOST_TEST(eventually([&] { return !is_cached(later); }));
}

BOOST_AUTO_TEST_CASE(a_users_epoch_is_read_from_the_user) {
    const session_ptr session = log_in(), guest = begin_session();
    follow(0);
    operators->run("UPDATE users SET epoch = epoch + 1");
    note_ending(*operators, {.user = user, .handle = {}}, clock.now());
    BOOST_TEST(eventually([&] { return !is_cached(session); }));
    BOOST_TEST(is_cached(guest));
    BOOST_TEST(is_cached(begin_session(login{user, 1, false})), "a login of now is as good as any");
}

BOOST_AUTO_TEST_CASE(the_sessions_of_a_user_who_is_deleted_are_dead) {
    const session_ptr session = log_in();
    follow(0);
    operators->run("DELETE FROM users");
    note_ending(*operators, {.user = user, .handle = {}}, clock.now());
    BOOST_TEST(eventually([&] { return !is_cached(session); }));
}

BOOST_AUTO_TEST_CASE(what_a_transaction_took_back_is_not_followed) {
    const session_ptr session = log_in(), other = log_in();
    follow(0);
    operators->run("BEGIN IMMEDIATE");
    note_ending(*operators, {}, clock.now());
    operators->run("ROLLBACK");
    note_ending(*operators, {.user = user, .handle = std::string{other->handle.view()}}, clock.now());
    BOOST_TEST(eventually([&] { return !is_cached(other); }));
    BOOST_TEST(is_cached(session));
}

BOOST_AUTO_TEST_CASE(more_than_fit_in_one_look_are_followed) {
    const session_ptr session = log_in();
    spdlog::set_level(spdlog::level::warn);  // a line each
    operators->run("BEGIN IMMEDIATE");
    for (int i = 0; i < 2500; ++i) note_ending(*operators, {.user = {}, .handle = "of nobody"}, clock.now());
    note_ending(*operators, {.user = user, .handle = std::string{session->handle.view()}}, clock.now());
    operators->run("COMMIT");
    follow(0, {.every = 24h});
    BOOST_TEST(eventually([&] { return !is_cached(session); }), "without a pause in between");
    spdlog::set_level(spdlog::level::info);
}

BOOST_AUTO_TEST_CASE(while_the_database_fails_it_goes_on_and_catches_up_after) {
    const session_ptr session = log_in();
    operators->run("ALTER TABLE endings RENAME TO elsewhere");
    follow(0);
    for (int rounds = 0; rounds < 20; ++rounds) io.run_one_for(10ms);
    BOOST_TEST(running);
    BOOST_TEST(is_cached(session));
    operators->run("ALTER TABLE elsewhere RENAME TO endings");
    note_ending(*operators, {}, clock.now());
    BOOST_TEST(eventually([&] { return !is_cached(session); }));
}

BOOST_AUTO_TEST_CASE(what_was_followed_is_swept_an_hour_later_and_its_numbers_are_not_given_again) {
    follow(0, {.every = 1ms, .sweep_every = 1s});
    note_ending(*operators, {}, clock.now());
    const ending_number first = newest_ending(*database);
    clock.advance(59min);
    const session_ptr session = log_in();
    note_ending(*operators, {}, clock.now());
    BOOST_TEST(eventually([&] { return !is_cached(session); }));
    BOOST_TEST(noted() == 2);
    clock.advance(2min);
    BOOST_TEST(eventually([&] { return noted() == 1; }), "the first one goes");
    clock.advance(1h);
    BOOST_TEST(eventually([&] { return noted() == 0; }));
    note_ending(*operators, {}, clock.now());
    BOOST_TEST(newest_ending(*database) == first + 2);
}

BOOST_AUTO_TEST_CASE(cancelled_it_ends_without_an_error) {
    follow(0, {.every = 24h});
    io.run_one_for(10ms);
    stop();
    BOOST_TEST(!running);
    BOOST_TEST(!error);
}

// How a look costs next to nothing: one step into the table by its key, whatever stands in it.
BOOST_AUTO_TEST_CASE(a_look_is_one_search_by_number) {
    std::string plan, all;
    int id = 0, parent = 0, unused = 0;
    operators->for_each(
        "EXPLAIN QUERY PLAN SELECT e.sequence, u.epoch FROM endings e LEFT JOIN users u ON u.id = e.user_id"
        " WHERE e.sequence > 1 ORDER BY e.sequence LIMIT 1000",
        in(), out(id, parent, unused, plan), [&] { all += plan + '\n'; }
    );
    BOOST_TEST((all.find("SEARCH e USING INTEGER PRIMARY KEY") != std::string::npos), all);
    BOOST_TEST((all.find("TEMP B-TREE") == std::string::npos), all);
}

BOOST_AUTO_TEST_SUITE_END()
