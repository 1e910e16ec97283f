// What every session store promises, by the numbers of session_store.hpp.

#include "stores.hpp"

#include <boost/mp11/list.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>

namespace cookieshop::test {
namespace {

using namespace std::chrono_literals;
using session::change;
using session::committed;
using session::session_data;
using session::session_id;
using session::session_ptr;
using action = session::change::action;

using stores =
    boost::mp11::mp_list<memory_backend, sqlite_backend, cached<memory_backend>, cached<sqlite_backend>>;

session::data_operation set(std::string name, std::string value) {
    return [=](session_data& data) -> result<void> {
        data.set(name, value);
        return {};
    };
}

session::data_operation append(char c) {
    return [=](session_data& data) -> result<void> {
        data.set("text", std::string{data.get("text").value_or("")} + c);
        return {};
    };
}

// A store, a clock that the test moves, and the few changes that the cases are made of.
template <class Backend>
struct fixture {
    session::policy policy{
        .idle_timeout = 10min,
        .absolute_timeout = 60min,
        .remember_for = 24h,
        .data_limit = 200,
        .sessions_per_user_max = 3};
    asio::io_context io;
    Backend backend{policy};
    session::session_store& store = backend.store();
    secret key{"a secret that only this test knows"};
    session::id_signer signer{std::span{&key, 1}};
    time_point now{1'000'000s};

    session::user_id add_user(const std::string& email = "ada@example.org") {
        return backend.add_user(io, email);
    }

    result<committed> commit(change change) {
        change.now = now;
        return run_task(io, store.commit(std::move(change)));
    }

    session_ptr create(
        std::vector<session::data_operation> operations, std::optional<session::login> log_in = {}
    ) {
        change c{.what = action::create, .fresh = signer.generate(), .operations = std::move(operations)};
        c.log_in = log_in;
        return commit(std::move(c)).value().session;
    }

    session_ptr log_in(session::user_id user, bool remember = false, std::uint64_t epoch = 0) {
        return create({}, session::login{user, epoch, remember});
    }

    result<committed> save(const session_ptr& session, session::data_operation operation) {
        return commit({.what = action::save, .current = session, .operations = {std::move(operation)}});
    }

    result<committed> rotate(const session_ptr& session, std::optional<session::login> log_in = {}) {
        change c{.what = action::rotate, .current = session, .fresh = signer.generate()};
        c.log_in = log_in;
        return commit(std::move(c));
    }

    void destroy(const session_ptr& session) {
        commit({.what = action::destroy, .current = session}).value();
    }

    result<committed> end_others(const session_ptr& session) {
        return commit({.what = action::save, .current = session, .end_others = true});
    }

    // What a request with that cookie would get.
    session_ptr find(const session_id& id) {
        if (session_ptr cached = store.peek(id.token(), now)) return cached;
        return run_task(io, store.find(id, now));
    }
    session_ptr find(const session_ptr& session) { return find(session->id); }

    void touch(const session_ptr& session) {
        const session_ptr found = find(session);
        found->see(now);
        store.touch(found);
        backend.settle(io);
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(session_store)

// ---- S1: nothing brings an ended session back

BOOST_AUTO_TEST_CASE_TEMPLATE(S1_a_save_after_the_end_finds_nothing, Backend, stores) {
    fixture<Backend> f;
    const session_ptr session = f.create({set("a", "1")});
    f.destroy(session);
    BOOST_TEST(f.save(session, set("a", "2")).error() == error_code{errc::gone});
    BOOST_TEST(!f.find(session));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S1_a_rotation_after_the_end_finds_nothing, Backend, stores) {
    fixture<Backend> f;
    const session_ptr session = f.create({set("a", "1")});
    f.destroy(session);
    BOOST_TEST(f.rotate(session).error() == error_code{errc::gone});
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S1_a_login_after_the_end_begins_anew_with_nothing_of_it, Backend, stores) {
    fixture<Backend> f;
    const auto user = f.add_user();
    const session_ptr ended = f.create({set("a", "1")});
    f.destroy(ended);
    const session_ptr anew = f.rotate(ended, session::login{user, 0, false}).value().session;
    BOOST_TEST(anew->data.empty());
    BOOST_TEST(!(anew->handle == ended->handle));
    BOOST_TEST(!(anew->csrf_token == ended->csrf_token));
    BOOST_TEST(f.find(anew)->owner->id == user);
    BOOST_TEST(!f.find(ended));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S1_a_save_with_an_id_that_was_rotated_away_finds_nothing, Backend, stores) {
    fixture<Backend> f;
    const session_ptr before = f.create({set("a", "1")});
    const session_ptr after = f.rotate(before).value().session;
    BOOST_TEST(f.save(before, set("a", "2")).error() == error_code{errc::gone});
    BOOST_TEST(f.find(after)->data.get("a").value() == "1");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S1_ending_twice_is_harmless, Backend, stores) {
    fixture<Backend> f;
    const session_ptr session = f.create({set("a", "1")});
    f.destroy(session);
    f.destroy(session);
    BOOST_TEST(!f.find(session));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S1_a_save_after_all_others_were_ended_finds_nothing, Backend, stores) {
    fixture<Backend> f;
    const auto user = f.add_user();
    const session_ptr mine = f.log_in(user), other = f.log_in(user);
    f.end_others(mine).value();
    BOOST_TEST(f.save(other, set("a", "2")).error() == error_code{errc::gone});
    BOOST_TEST(f.rotate(other).error() == error_code{errc::gone});
}

// ---- S2: requests that run at the same time lose none of each other's changes

BOOST_AUTO_TEST_CASE_TEMPLATE(S2_operations_on_a_view_that_is_old_keep_what_came_since, Backend, stores) {
    fixture<Backend> f;
    const session_ptr old_view = f.create({set("a", "1")});
    f.save(old_view, set("b", "2")).value();
    const session_ptr newest = f.save(old_view, set("c", "3")).value().session;
    BOOST_TEST(newest->data.get("a").value() == "1");
    BOOST_TEST(newest->data.get("b").value() == "2");
    BOOST_TEST(newest->data.get("c").value() == "3");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S2_a_hundred_changes_at_once_are_all_there, Backend, stores) {
    fixture<Backend> f;
    f.policy.data_limit = 1000;
    const session_ptr session = f.create({set("text", "")});
    int failures = 0;
    for (int i = 0; i < 100; ++i) {
        change c{.what = action::save, .current = session, .operations = {append('x')}};
        c.now = f.now;
        asio::co_spawn(f.io, f.store.commit(std::move(c)), [&](std::exception_ptr e, result<committed> done) {
            failures += e || !done;
        });
    }
    f.io.restart();
    f.io.run();
    BOOST_TEST(failures == 0);
    BOOST_TEST(f.find(session)->data.get("text").value() == std::string(100, 'x'));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S2_operations_of_a_commit_run_in_their_order, Backend, stores) {
    fixture<Backend> f;
    const session_ptr session = f.create({append('a'), append('b'), append('c')});
    BOOST_TEST(f.find(session)->data.get("text").value() == "abc");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S2_every_change_raises_the_version, Backend, stores) {
    fixture<Backend> f;
    const session_ptr first = f.create({set("a", "1")});
    const session_ptr second = f.save(first, set("a", "2")).value().session;
    const session_ptr third = f.rotate(second).value().session;
    BOOST_TEST(first->version < second->version);
    BOOST_TEST(second->version < third->version);
}

// ---- S3: epochs

BOOST_AUTO_TEST_CASE_TEMPLATE(S3_ending_all_others_leaves_the_one_that_asked, Backend, stores) {
    fixture<Backend> f;
    const auto user = f.add_user();
    const session_ptr mine = f.log_in(user), other = f.log_in(user), third = f.log_in(user);
    f.end_others(mine).value();
    BOOST_TEST(f.find(mine));
    BOOST_TEST(!f.find(other));
    BOOST_TEST(!f.find(third));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S3_ending_all_others_concerns_no_other_user, Backend, stores) {
    fixture<Backend> f;
    const auto ada = f.add_user("ada@example.org"), eve = f.add_user("eve@example.org");
    const session_ptr adas = f.log_in(ada), eves = f.log_in(eve);
    f.end_others(adas).value();
    BOOST_TEST(f.find(eves));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S3_a_login_with_the_epoch_of_before_is_refused, Backend, stores) {
    fixture<Backend> f;
    const auto user = f.add_user();
    f.end_others(f.log_in(user)).value();
    change late{.what = action::create, .fresh = f.signer.generate()};
    late.log_in = session::login{user, 0, false};
    const session_id id = *late.fresh;
    const auto refused = f.commit(std::move(late));
    BOOST_TEST(refused.error() == error_code{errc::conflict});
    BOOST_TEST(!f.find(id));
    BOOST_TEST(f.find(f.log_in(user, false, 1)));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S3_a_login_of_nobody_is_refused, Backend, stores) {
    fixture<Backend> f;
    change c{.what = action::create, .fresh = f.signer.generate()};
    c.log_in = session::login{12345, 0, false};
    const auto refused = f.commit(std::move(c));
    BOOST_TEST(refused.error() == error_code{errc::conflict});
}

// ---- S4: ids

BOOST_AUTO_TEST_CASE_TEMPLATE(S4_an_id_that_was_never_created_is_unknown, Backend, stores) {
    fixture<Backend> f;
    BOOST_TEST(!f.find(f.signer.generate()));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S4_a_rotation_moves_all_but_the_id, Backend, stores) {
    fixture<Backend> f;
    const session_ptr before = f.create({set("a", "1")});
    const session_ptr after = f.rotate(before).value().session;
    BOOST_TEST(!f.find(before));
    const session_ptr found = f.find(after);
    BOOST_REQUIRE(found);
    BOOST_TEST((found->id == before->id) == false);
    BOOST_TEST(found->data.get("a").value() == "1");
    BOOST_TEST(found->handle.view() == before->handle.view());
    BOOST_TEST(found->csrf_token.view() == before->csrf_token.view());
    BOOST_TEST((found->created_at == before->created_at));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S4_a_login_keeps_the_guests_data_and_begins_anew, Backend, stores) {
    fixture<Backend> f;
    const auto user = f.add_user();
    const session_ptr guest = f.create({set("basket", "3")});
    f.now += 5min;
    const session_ptr member = f.rotate(guest, session::login{user, 0, true}).value().session;
    BOOST_TEST(!f.find(guest));
    const session_ptr found = f.find(member);
    BOOST_REQUIRE(found);
    BOOST_TEST(found->data.get("basket").value() == "3");
    BOOST_TEST(found->owner->id == user);
    BOOST_TEST(found->owner->email == "ada@example.org");
    BOOST_TEST((found->created_at == f.now));
    BOOST_TEST(found->remembered);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S4_a_login_by_another_user_takes_nothing_over, Backend, stores) {
    fixture<Backend> f;
    const auto ada = f.add_user("ada@example.org"), eve = f.add_user("eve@example.org");
    const session_ptr adas = f.create({set("basket", "3")}, session::login{ada, 0, false});
    change c{.what = action::replace, .current = adas, .fresh = f.signer.generate()};
    c.log_in = session::login{eve, 0, false};
    const session_ptr eves = f.commit(std::move(c)).value().session;
    BOOST_TEST(!f.find(adas));
    BOOST_TEST(f.find(eves)->data.empty());
    BOOST_TEST(f.find(eves)->owner->id == eve);
    BOOST_TEST((eves->handle.view() == adas->handle.view()) == false);
    BOOST_TEST((eves->csrf_token.view() == adas->csrf_token.view()) == false);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S4_a_session_is_ended_by_its_handle_but_only_by_its_owner, Backend, stores) {
    fixture<Backend> f;
    const auto ada = f.add_user("ada@example.org"), eve = f.add_user("eve@example.org");
    const session_ptr adas = f.log_in(ada);
    const std::string handle{adas->handle.view()};
    BOOST_TEST(!run_task(f.io, f.store.end(eve, handle)));
    BOOST_TEST(f.find(adas));
    BOOST_TEST(run_task(f.io, f.store.end(ada, handle)));
    BOOST_TEST(!f.find(adas));
    BOOST_TEST(!run_task(f.io, f.store.end(ada, handle)));
}

// ---- S5: timeouts

BOOST_AUTO_TEST_CASE_TEMPLATE(S5_an_idle_session_ends_to_the_millisecond, Backend, stores) {
    fixture<Backend> f;
    const session_ptr session = f.create({set("a", "1")});
    f.now += f.policy.idle_timeout - 1ms;
    BOOST_TEST(f.find(session));
    f.now += 1ms;
    BOOST_TEST(!f.find(session));
    BOOST_TEST(f.save(session, set("a", "2")).error() == error_code{errc::gone});
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S5_a_busy_session_ends_at_the_absolute_timeout, Backend, stores) {
    fixture<Backend> f;
    const session_ptr session = f.create({set("a", "1")});
    const time_point began = f.now;
    while (f.now + 9min < began + f.policy.absolute_timeout) {
        f.now += 9min;
        BOOST_REQUIRE(f.save(session, set("a", "2")).has_value());
    }
    f.now = began + f.policy.absolute_timeout - 1ms;
    BOOST_TEST(f.find(session));
    f.now += 1ms;
    BOOST_TEST(!f.find(session));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S5_a_remembered_session_lives_as_long_as_it_was_promised, Backend, stores) {
    fixture<Backend> f;
    const session_ptr session = f.log_in(f.add_user(), true);
    f.now += f.policy.remember_for - 1ms;
    BOOST_TEST(f.find(session));
    f.now += 1ms;
    BOOST_TEST(!f.find(session));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S5_a_touch_keeps_a_session_alive, Backend, stores) {
    fixture<Backend> f;
    const session_ptr session = f.create({set("a", "1")});
    f.now += 9min;
    f.touch(session);
    f.now += 9min;
    BOOST_TEST(f.find(session));
    f.now += 2min;
    BOOST_TEST(!f.find(session));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    S5_sweeping_removes_the_expired_in_bounded_steps_and_nothing_else, Backend, stores
) {
    fixture<Backend> f;
    for (int i = 0; i < 5; ++i) f.create({set("a", "1")});
    f.now += f.policy.idle_timeout + f.policy.touch_after();  // a row may be so far behind what is in memory
    const session_ptr live = f.create({set("a", "1")});
    BOOST_TEST(run_task(f.io, f.store.erase_expired(f.now, 3)) == 3u);
    BOOST_TEST(run_task(f.io, f.store.erase_expired(f.now, 3)) == 2u);
    BOOST_TEST(run_task(f.io, f.store.erase_expired(f.now, 3)) == 0u);
    BOOST_TEST(f.find(live));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S5_a_change_by_who_was_seen_and_not_yet_stored_is_in_time, Backend, stores) {
    fixture<Backend> f;
    const session_ptr session = f.create({set("a", "1")});
    f.now += f.policy.touch_after() - 1s;
    session->see(f.now);  // too soon to be written
    f.now += f.policy.idle_timeout - 1s;
    BOOST_TEST(f.save(session, set("a", "2")).has_value());
    BOOST_TEST(f.find(session)->data.get("a").value() == "2");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S5_a_change_stores_when_its_session_was_seen, Backend, stores) {
    fixture<Backend> f;
    const session_ptr session = f.create({set("a", "1")});
    session->see(f.now + 2s);  // by a request that came later and was quicker
    BOOST_TEST((f.save(session, set("a", "2")).value().session->seen_at() == f.now + 2s));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S5_sweeping_removes_what_an_epoch_ended, Backend, stores) {
    fixture<Backend> f;
    const auto user = f.add_user();
    const session_ptr mine = f.log_in(user);
    f.log_in(user);
    f.end_others(mine).value();
    BOOST_TEST(run_task(f.io, f.store.erase_expired(f.now, 10)) == 1u);
    BOOST_TEST(f.find(mine));
}

// ---- S6: a commit that fails leaves nothing behind

BOOST_AUTO_TEST_CASE_TEMPLATE(S6_an_operation_that_fails_undoes_those_before_it, Backend, stores) {
    fixture<Backend> f;
    const session_ptr session = f.create({set("a", "1")});
    const auto refuse = [](session_data&) -> result<void> { return errc::out_of_range; };
    const auto failed =
        f.commit({.what = action::save, .current = session, .operations = {set("a", "2"), refuse}});
    BOOST_TEST(failed.error() == error_code{errc::out_of_range});
    BOOST_TEST(f.find(session)->data.get("a").value() == "1");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S6_data_past_the_limit_are_refused, Backend, stores) {
    fixture<Backend> f;
    const session_ptr session = f.create({set("a", "1")});
    BOOST_TEST(f.save(session, set("b", std::string(300, 'x'))).error() == error_code{errc::too_large});
    BOOST_TEST(!f.find(session)->data.get("b").has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S6_a_companion_that_fails_stops_the_change, Backend, stores) {
    fixture<Backend> f;
    change c{.what = action::create, .fresh = f.signer.generate(), .operations = {set("a", "1")}};
    c.companions = {[](transaction&, change&) -> result<void> { return errc::exists; }};
    const session_id id = *c.fresh;
    const auto refused = f.commit(std::move(c));
    BOOST_TEST(refused.error() == error_code{errc::exists});
    BOOST_TEST(!f.find(id));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(S6_a_companion_may_fill_in_who_logs_in, Backend, stores) {
    fixture<Backend> f;
    const auto user = f.add_user();
    change c{.what = action::create, .fresh = f.signer.generate()};
    c.log_in = session::login{};
    c.companions = {[user](transaction&, change& change) -> result<void> {
        change.log_in->user = user;
        return {};
    }};
    const session_ptr made = f.commit(std::move(c)).value().session;
    BOOST_TEST(made->owner->id == user);
}

// ---- the list of sessions, and their number

BOOST_AUTO_TEST_CASE_TEMPLATE(the_list_shows_live_sessions_of_the_user_the_last_seen_first, Backend, stores) {
    fixture<Backend> f;
    const auto ada = f.add_user("ada@example.org"), eve = f.add_user("eve@example.org");
    f.log_in(eve);
    const session_ptr first = f.log_in(ada);
    f.now += 1min;
    const session_ptr second = f.log_in(ada);
    f.now += 1min;
    f.touch(first);
    const auto list = run_task(f.io, f.store.list(ada, f.now));
    BOOST_REQUIRE(list.size() == 2u);
    BOOST_TEST(list[0].handle == first->handle.view());
    BOOST_TEST(list[1].handle == second->handle.view());
    BOOST_TEST((list[1].expires_at == list[1].last_seen_at + f.policy.idle_timeout));
    f.now += f.policy.idle_timeout;
    BOOST_TEST(run_task(f.io, f.store.list(ada, f.now)).empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(of_sessions_seen_in_the_same_moment_the_oldest_ends, Backend, stores) {
    fixture<Backend> f;
    const auto user = f.add_user();
    std::vector<session_ptr> made;
    for (int i = 0; i < 8; ++i) made.push_back(f.log_in(user));
    for (std::size_t i = 0; i < made.size(); ++i) BOOST_TEST((f.find(made[i]) != nullptr) == (i >= 5));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_login_past_the_limit_ends_the_session_seen_least_recently, Backend, stores) {
    fixture<Backend> f;
    const auto user = f.add_user();
    const session_ptr a = f.log_in(user);
    f.now += 1s;
    const session_ptr b = f.log_in(user);
    f.now += 1s;
    const session_ptr c = f.log_in(user);
    f.now += 1s;
    f.touch(a);
    f.now += 1s;
    const session_ptr d = f.log_in(user);
    BOOST_TEST(!f.find(b));
    for (const session_ptr& live : {a, c, d}) BOOST_TEST(f.find(live));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cookieshop::test
