#include "cookieshop/store/soci_store.hpp"

#include "support/manual_clock.hpp"
#include "support/run_task.hpp"
#include "support/temporary_database.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <iterator>
#include <optional>

using namespace cookieshop;
using namespace cookieshop::session;
using namespace std::chrono_literals;
using action = change::action;
using db::in;
using db::out;

namespace {

data_operation set(std::string name, std::string value) {
    return [name, value](session_data& data) -> result<void> {
        data.set(name, value);
        return {};
    };
}

struct fixture {
    fixture() {
        sql->run("INSERT INTO users (email, email_key, password_hash, created_at) VALUES ('Ann@example.com',"
                 " 'ann@example.com', '', 0)");
        sql->run("SELECT id FROM users", in(), out(user));
    }

    result<committed> commit(change c) {
        c.now = clock.now();
        return test::run_task(io, store->commit(std::move(c)));
    }

    session_ptr create(std::vector<data_operation> operations = {}) {
        change c;
        c.what = action::create;
        c.fresh = signer.generate();
        c.operations = std::move(operations);
        return commit(std::move(c)).value().session;
    }

    result<committed> log_in(std::uint64_t epoch = 0) {
        change c;
        c.what = action::create;
        c.fresh = signer.generate();
        c.log_in = login{user, epoch, false};
        c.address = "192.0.2.1";
        c.user_agent = "a browser";
        return commit(std::move(c));
    }

    result<committed> save(const session_ptr& current, std::vector<data_operation> operations) {
        change c;
        c.what = action::save;
        c.current = current;
        c.operations = std::move(operations);
        return commit(std::move(c));
    }

    result<committed> end_others(const session_ptr& current) {
        change c;
        c.what = action::save;
        c.current = current;
        c.end_others = true;
        return commit(std::move(c));
    }

    session_ptr find(const session_id& id) { return test::run_task(io, store->find(id, clock.now())); }

    std::size_t sweep(std::size_t limit) {
        return test::run_task(io, store->erase_expired(clock.now(), limit));
    }

    // After everything that was queued.
    void wait_for_writer() {
        test::run_task(io, writer->run([](db::connection&) {}));
    }

    long long rows() {
        long long count = -1;
        sql->run("SELECT COUNT(*) FROM sessions", in(), out(count));
        return count;
    }

    time_point last_seen_of(const session_ptr& session) {
        time_point seen;
        const std::string key = session->id.key();
        BOOST_REQUIRE(sql->run("SELECT last_seen_at FROM sessions WHERE key = :key", in(key), out(seen)));
        return seen;
    }

    test::temporary_database database;
    std::unique_ptr<db::connection> sql = database->open();
    asio::io_context io;
    test::manual_clock clock;
    policy rules;
    const std::vector<secret> keys{secret{"a key of thirty-two characters, no less"}};
    id_signer signer{keys};
    std::optional<db::writer> writer{std::in_place, *database};
    db::readers readers{*database, 1};
    std::optional<store::soci_store> store{std::in_place, *writer, readers, rules};
    user_id user = 0;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(soci_store, fixture)

BOOST_AUTO_TEST_CASE(no_file_of_the_database_holds_an_id) {
    const session_id id = create({set("name", "a value to be found")})->id;
    std::string bytes;
    for (const char* suffix : {"", "-wal"}) {
        std::ifstream file{std::filesystem::path{*database->file()} += suffix, std::ios::binary};
        bytes.append(std::istreambuf_iterator<char>{file}, {});
    }
    BOOST_TEST(bytes.find("a value to be found") != std::string::npos);
    BOOST_TEST(bytes.find(id.key()) != std::string::npos);
    BOOST_TEST(bytes.find(id.token()) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_session_comes_back_as_it_was_committed) {
    const session_ptr made = log_in().value().session;
    const session_ptr found = find(made->id);
    BOOST_REQUIRE(found);
    BOOST_TEST((found->id == made->id));
    BOOST_TEST((found->handle == made->handle));
    BOOST_TEST((found->csrf_token == made->csrf_token));
    BOOST_TEST(found->owner->id == user);
    BOOST_TEST(found->owner->email == "Ann@example.com");
    BOOST_TEST((found->created_at == made->created_at));
    BOOST_TEST(found->version == made->version);
    BOOST_TEST((found->data == made->data));
    BOOST_TEST((found->seen_at() == clock.now()));
    BOOST_TEST(found->last_seen_stored == found->last_seen);
}

BOOST_AUTO_TEST_CASE(a_damaged_row_is_not_found) {
    const char* const damages[] = {
        "UPDATE sessions SET data = 'not netstrings'",
        "UPDATE sessions SET handle = 'short'",
        "UPDATE sessions SET csrf_token = ''",
    };
    for (const char* damage : damages) {
        BOOST_TEST_CONTEXT(damage) {
            const session_ptr made = create();
            BOOST_TEST(find(made->id));
            sql->run(damage);
            BOOST_TEST(!find(made->id));
        }
    }
}

BOOST_AUTO_TEST_CASE(past_the_bound_on_guests_only_users_come_in_until_guests_have_expired) {
    rules.guest_sessions_max = 3;
    log_in().value();
    create();
    create();
    sweep(10);  // counts them
    create();
    BOOST_CHECK_THROW(create(), overloaded);
    BOOST_TEST(log_in().has_value());
    BOOST_CHECK_THROW(create(), overloaded);
    clock.advance(rules.idle_timeout);
    sweep(10);
    BOOST_TEST(create());
}

BOOST_AUTO_TEST_CASE(operations_are_applied_to_the_row_and_not_to_what_was_loaded) {
    const session_ptr loaded = create({set("first", "1")});
    save(loaded, {set("second", "2")}).value();
    const session_ptr saved = save(loaded, {set("third", "3")}).value().session;
    for (const char* name : {"first", "second", "third"}) {
        BOOST_TEST_CONTEXT(name) {
            BOOST_TEST(saved->data.get(name).has_value());
        }
    }
    BOOST_TEST(saved->version == 3U);
}

BOOST_AUTO_TEST_CASE(data_that_grow_past_the_limit_are_refused_and_the_row_stays) {
    rules.data_limit = 100;
    const session_ptr made = create({set("name", std::string(60, 'x'))});
    BOOST_TEST((save(made, {set("other", std::string(60, 'x'))}).error() == errc::too_large));
    BOOST_TEST((find(made->id)->data == made->data));
    rules.data_limit = 50;
    BOOST_TEST(save(made, {set("name", std::string(55, 'x'))}).has_value());  // it shrinks
}

BOOST_AUTO_TEST_CASE(a_companions_work_is_undone_with_the_commit) {
    change c;
    c.what = action::save;
    c.current = create();
    c.companions.emplace_back([](transaction& t, change&) -> result<void> {
        db::connection::of(t).run("UPDATE users SET password_hash = 'changed'");
        return {};
    });
    c.operations.emplace_back([](session_data&) -> result<void> { return errc::too_large; });
    const auto refused = commit(std::move(c));
    BOOST_TEST((refused.error() == errc::too_large));
    std::string hash;
    sql->run("SELECT password_hash FROM users", in(), out(hash));
    BOOST_TEST(hash == "");
}

BOOST_AUTO_TEST_CASE(sessions_past_the_limit_end_from_the_least_recently_seen) {
    rules.sessions_per_user_max = 2;
    const session_ptr first = log_in().value().session;
    clock.advance(1s);
    const session_ptr second = log_in().value().session;
    clock.advance(1s);
    first->see(clock.now());
    store->touch(first);
    clock.advance(1s);
    const committed third = log_in().value();

    BOOST_REQUIRE(third.ended_handles.size() == 1U);
    BOOST_TEST(third.ended_handles[0] == second->handle.view());
    BOOST_TEST(find(first->id));
    BOOST_TEST(!find(second->id));
    BOOST_TEST(find(third.session->id));
}

BOOST_AUTO_TEST_CASE(ending_all_others_changes_one_row_and_leaves_theirs_to_the_sweep) {
    const session_ptr mine = log_in().value().session;
    for (int i = 0; i < 5; ++i) log_in().value();
    const session_ptr kept = end_others(mine).value().session;
    BOOST_TEST(kept->epoch == 1U);
    BOOST_TEST(kept->owner->epoch == 1U);
    BOOST_TEST(rows() == 6);

    BOOST_TEST(sweep(3) == 3U);
    BOOST_TEST(sweep(3) == 2U);
    BOOST_TEST(sweep(3) == 0U);
    BOOST_TEST(rows() == 1);
    BOOST_TEST(find(mine->id));
}

BOOST_AUTO_TEST_CASE(a_sweep_removes_no_more_than_its_limit) {
    for (int i = 0; i < 5; ++i) create();
    clock.advance(rules.absolute_timeout);
    const session_ptr live = create();
    BOOST_TEST(sweep(3) == 3U);
    BOOST_TEST(rows() == 3);
    BOOST_TEST(sweep(3) == 2U);
    BOOST_TEST(rows() == 1);
    BOOST_TEST(find(live->id));
}

BOOST_AUTO_TEST_CASE(deleting_a_user_deletes_their_sessions) {
    const session_ptr made = log_in().value().session;
    sql->run("DELETE FROM users");
    BOOST_TEST(!find(made->id));
    BOOST_TEST(rows() == 0);
}

BOOST_AUTO_TEST_CASE(last_seen_is_written_behind) {
    const session_ptr made = create();
    clock.advance(2min);
    made->see(clock.now());
    store->touch(made);
    wait_for_writer();
    BOOST_TEST((last_seen_of(made) == clock.now()));
    BOOST_TEST(made->last_seen_stored == made->last_seen);
}

BOOST_AUTO_TEST_CASE(last_seen_moves_the_expiry) {
    const session_ptr made = create();
    clock.advance(rules.idle_timeout - 1s);
    made->see(clock.now());
    store->touch(made);
    wait_for_writer();
    clock.advance(2s);
    BOOST_TEST(sweep(10) == 0U);
    BOOST_TEST(find(made->id));
}

BOOST_AUTO_TEST_CASE(a_sweep_spares_who_was_here_while_nothing_could_be_written) {
    const auto made = create();
    database->health().failed({.reason = "full"});
    clock.advance(rules.idle_timeout - 1s);
    made->see(clock.now());
    store->touch(made);
    clock.advance(rules.idle_timeout - 1s);
    database->health().worked();
    BOOST_TEST(sweep(10) == 0U);
    BOOST_TEST(rows() == 1);
}

BOOST_AUTO_TEST_CASE(touches_share_a_commit_and_the_same_moment_is_written_once) {
    std::vector<session_ptr> made;
    for (int i = 0; i < 10; ++i) made.push_back(create());
    clock.advance(2min);
    const auto before = writer->commits();
    for (const session_ptr& session : made) {
        session->see(clock.now());
        store->touch(session);
        store->touch(session);
    }
    BOOST_TEST(writer->queue_length() == 1U);
    wait_for_writer();
    BOOST_TEST(writer->commits() == before + 1);
    store->touch(made.front());
    BOOST_TEST(writer->queue_length() == 0U);
}

BOOST_AUTO_TEST_CASE(a_touch_brings_no_ended_session_back_and_moves_nothing_back) {
    const session_ptr ended = create(), newer = create();
    change c;
    c.what = action::destroy;
    c.current = ended;
    commit(std::move(c)).value();

    const time_point early = clock.now();
    clock.advance(2min);
    save(newer, {}).value();  // the row is seen now; what `newer` knows is older
    for (const session_ptr& session : {ended, newer}) {
        session->last_seen_stored = 0;
        session->see(early + 1s);
        store->touch(session);
    }
    wait_for_writer();
    BOOST_TEST(rows() == 1);
    BOOST_TEST((last_seen_of(newer) == clock.now()));
}

BOOST_AUTO_TEST_CASE(the_writers_destructor_writes_what_is_left) {
    const session_ptr made = create();
    clock.advance(2min);
    made->see(clock.now());
    store->touch(made);
    store.reset();
    writer.reset();
    BOOST_TEST((last_seen_of(made) == clock.now()));
}

BOOST_AUTO_TEST_CASE(a_list_begins_with_who_was_seen_last) {
    const session_ptr older = log_in().value().session;
    clock.advance(1s);
    const session_ptr newer = log_in().value().session;
    clock.advance(1s);
    older->see(clock.now());
    store->touch(older);
    wait_for_writer();
    const auto list = test::run_task(io, store->list(user, clock.now()));
    BOOST_REQUIRE(list.size() == 2U);
    BOOST_TEST(list[0].handle == older->handle.view());
    BOOST_TEST((list[0].last_seen_at == clock.now()));
    BOOST_TEST((list[0].expires_at == clock.now() + rules.idle_timeout));
    BOOST_TEST(list[0].address == "192.0.2.1");
    BOOST_TEST(list[0].user_agent == "a browser");
    BOOST_TEST(list[1].handle == newer->handle.view());
}

BOOST_AUTO_TEST_CASE(queries_use_an_index) {
    struct {
        const char *query, *index;
    } constexpr cases[] = {
        {"SELECT key FROM sessions WHERE expires_at <= 1 ORDER BY expires_at LIMIT 5", "sessions_by_expiry"},
        {"SELECT key FROM sessions WHERE user_id = 1 AND epoch < 1 LIMIT 5", "sessions_by_user"},
        {"SELECT id, epoch FROM users WHERE swept_epoch < epoch LIMIT 1", "users_to_sweep"},
        {"DELETE FROM sessions WHERE user_id = 1 AND handle = ''", "sessions_by_user"},
    };
    for (const auto& [query, index] : cases) {
        std::string plan, all;
        int id = 0, parent = 0, unused = 0;
        sql->for_each(std::string{"EXPLAIN QUERY PLAN "} + query, in(), out(id, parent, unused, plan), [&] {
            all += plan + '\n';
        });
        BOOST_TEST_CONTEXT(query << ": " << all) {
            BOOST_TEST(all.find(index) != std::string::npos);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
