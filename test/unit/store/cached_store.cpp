// The invariants C1 to C9 of cached_store.hpp, each against a store behind that a test can hold back.

#include "cookieshop/store/cached_store.hpp"

#include "cookieshop/store/memory_store.hpp"
#include "cookieshop/util/event.hpp"
#include "support/run_task.hpp"

#include <boost/test/unit_test.hpp>

#include <barrier>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>

namespace cookieshop::store {
namespace {

using namespace std::chrono_literals;
using session::change;
using session::committed;
using session::session_data;
using session::session_id;
using session::session_ptr;
using action = change::action;

// A memory store that counts, and that waits where a test says so: after it has read or committed, before it
// answers.
class slow_store final : public session::session_store {
public:
    explicit slow_store(const session::policy& policy) : store_{policy} {}

    task<session_ptr> find(session_id id, time_point now) override {
        ++finds;
        session_ptr found = co_await store_.find(id, now);
        if (find_gate) co_await find_gate->wait();
        if (find_fails) throw unavailable{"the disk is on fire"};
        co_return found;
    }
    task<result<committed>> commit(change change) override {
        if (refuses) throw unavailable{"not now", false};
        if (before_commit) co_await before_commit->wait();
        result<committed> done = co_await store_.commit(std::move(change));
        if (event* const gate = after_commit) co_await gate->wait();
        if (answers_are_lost) throw unavailable{"the answer was lost"};
        co_return done;
    }
    void touch(const session_ptr& session) noexcept override {
        ++touches;
        store_.touch(session);
    }
    task<std::vector<session::session_info>> list(session::user_id user, time_point now) override {
        return store_.list(user, now);
    }
    task<bool> end(session::user_id user, std::string handle) override {
        if (event* const gate = before_end) co_await gate->wait();
        const bool found = co_await store_.end(user, std::move(handle));
        if (answers_are_lost) throw unavailable{"the answer was lost"};
        co_return found;
    }
    task<std::size_t> erase_expired(time_point now, std::size_t limit) override {
        return store_.erase_expired(now, limit);
    }

    void add_user(session::user_id id) { store_.add_user(id, "user" + std::to_string(id) + "@example.org"); }

    int finds = 0, touches = 0;
    bool find_fails = false, answers_are_lost = false, refuses = false;
    event *find_gate = nullptr, *before_commit = nullptr, *after_commit = nullptr, *before_end = nullptr;

private:
    memory_store store_;
};

struct fixture {
    explicit fixture(std::size_t bytes_max = 1024 * 1024) : cache{behind, policy, bytes_max} {
        behind.add_user(1);
    }

    session::policy policy;
    slow_store behind{policy};
    cached_store cache;
    asio::io_context io;
    secret key{"a secret that only this test knows"};
    session::id_signer signer{std::span{&key, 1}};
    time_point now{1'000'000s};

    static session::data_operation set(std::string value) {
        return [=](session_data& data) -> result<void> {
            data.set("a", value);
            return {};
        };
    }

    change creation(std::string value, std::optional<session::login> log_in = {}) {
        change c{.what = action::create, .fresh = signer.generate(), .operations = {set(std::move(value))}};
        c.log_in = log_in;
        c.now = now;
        return c;
    }
    change saving(const session_ptr& session, std::string value) {
        return {.what = action::save, .current = session, .operations = {set(std::move(value))}, .now = now};
    }
    change ending(const session_ptr& session) {
        return {.what = action::destroy, .current = session, .now = now};
    }

    session_ptr run(change c) { return test::run_task(io, cache.commit(std::move(c))).value().session; }
    session_ptr create(std::string value = "1") { return run(creation(std::move(value))); }
    session_ptr log_in(session::user_id user = 1) {
        return run(creation("1", session::login{user, 0, false}));
    }

    session_ptr peek(const session_ptr& session) { return cache.peek(session->id.token(), now); }
    session_ptr find(const session_ptr& session) { return test::run_task(io, cache.find(session->id, now)); }

    // Out of the memory, not out of the store behind.
    void evict(const session_ptr& session) {
        const std::string big(policy.data_limit - 100, 'x');
        while (peek(session)) {
            for (int i = 0; i < 50; ++i) create(big);
        }
    }

    // A task that goes on beside the test, until `io` has nothing left to do.
    template <class T>
    std::shared_ptr<std::optional<T>> start(task<T> work) {
        auto outcome = std::make_shared<std::optional<T>>();
        asio::co_spawn(io, std::move(work), [outcome](std::exception_ptr e, T value) {
            if (!e) *outcome = std::move(value);
        });
        poll();
        return outcome;
    }
    void poll() {
        io.restart();
        io.poll();
    }
    // Somebody who never asks the cache ends the session, while a read of it is under way; then the cache
    // follows.
    bool ended_outside_while_read(const session_ptr& session, const store::ending& ended) {
        evict(session);
        event gate;
        behind.find_gate = &gate;
        start(cache.find(session->id, now));
        behind.find_gate = nullptr;
        test::run_task(io, behind.commit(ending(session)));
        cache.follow(ended);
        const bool joined = find(session) != nullptr;
        open(gate);
        return !joined && !peek(session) && !find(session);
    }
    void open(event& gate) {
        gate.set();
        behind.find_gate = behind.before_commit = behind.after_commit = behind.before_end = nullptr;
        poll();
    }
};

std::string value_of(const session_ptr& session) {
    return std::string{session->data.get("a").value_or("nothing")};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cached_store_)

BOOST_AUTO_TEST_CASE(a_hit_asks_nobody) {
    fixture f;
    const session_ptr session = f.create();
    BOOST_TEST(f.peek(session));
    BOOST_TEST(f.find(session));
    BOOST_TEST(f.behind.finds == 0);
}

BOOST_AUTO_TEST_CASE(a_miss_asks_once_and_is_a_hit_from_then_on) {
    fixture f{64 * 1024};
    const session_ptr session = f.create();
    f.evict(session);
    BOOST_TEST(f.find(session));
    BOOST_TEST(f.peek(session));
    BOOST_TEST(f.behind.finds == 1);
}

BOOST_AUTO_TEST_CASE(C1_a_read_that_a_save_overtook_is_not_cached) {
    fixture f{64 * 1024};
    const session_ptr session = f.create("old");
    f.evict(session);
    event gate;
    f.behind.find_gate = &gate;
    f.start(f.cache.find(session->id, f.now));
    f.run(f.saving(session, "new"));
    f.open(gate);
    BOOST_TEST(value_of(f.find(session)) == "new");
}

BOOST_AUTO_TEST_CASE(C1_a_read_that_a_logout_overtook_is_not_cached) {
    fixture f{64 * 1024};
    const session_ptr session = f.create();
    f.evict(session);
    event gate;
    f.behind.find_gate = &gate;
    f.start(f.cache.find(session->id, f.now));
    f.run(f.ending(session));
    f.open(gate);
    BOOST_TEST(!f.peek(session));
    BOOST_TEST(!f.find(session));
}

BOOST_AUTO_TEST_CASE(C1_a_read_that_an_ending_by_handle_overtook_is_not_cached) {
    fixture f{64 * 1024};
    const session_ptr session = f.log_in();
    f.evict(session);
    event gate;
    f.behind.find_gate = &gate;
    f.start(f.cache.find(session->id, f.now));
    BOOST_TEST(test::run_task(f.io, f.cache.end(1, std::string{session->handle.view()})));
    f.open(gate);
    BOOST_TEST(!f.peek(session));
}

BOOST_AUTO_TEST_CASE(C1_a_save_that_a_logout_overtook_is_not_cached) {
    fixture f;
    const session_ptr session = f.create();
    event gate;
    f.behind.after_commit = &gate;
    f.start(f.cache.commit(f.saving(session, "2")));
    f.behind.after_commit = nullptr;
    f.run(f.ending(session));
    f.open(gate);
    BOOST_TEST(!f.peek(session));
    BOOST_TEST(!f.find(session));
}

BOOST_AUTO_TEST_CASE(C1_a_save_that_an_ending_by_handle_overtook_is_not_cached) {
    fixture f;
    const session_ptr session = f.log_in();
    event gate;
    f.behind.after_commit = &gate;
    f.start(f.cache.commit(f.saving(session, "2")));
    f.behind.after_commit = nullptr;
    BOOST_TEST(test::run_task(f.io, f.cache.end(1, std::string{session->handle.view()})));
    f.open(gate);
    BOOST_TEST(!f.peek(session));
}

BOOST_AUTO_TEST_CASE(C1_a_request_after_an_ending_by_handle_joins_no_read_of_before) {
    fixture f{64 * 1024};
    const session_ptr session = f.log_in();
    f.evict(session);
    event gate;
    f.behind.find_gate = &gate;
    f.start(f.cache.find(session->id, f.now));
    f.behind.find_gate = nullptr;
    BOOST_TEST(test::run_task(f.io, f.cache.end(1, std::string{session->handle.view()})));
    const auto later = f.start(f.cache.find(session->id, f.now));
    BOOST_REQUIRE(later->has_value());
    BOOST_TEST(!**later);
    f.open(gate);
}

// Two threads, so that each of them is everywhere once while the other one is somewhere.
BOOST_AUTO_TEST_CASE(C1_a_read_on_one_thread_against_an_ending_on_another) {
    constexpr int rounds = 20'000;
    fixture f;
    std::barrier both{2};
    session_ptr session;
    std::jthread reader{[&] {
        asio::io_context io;
        for (int i = 0; i < rounds; ++i) {
            both.arrive_and_wait();
            test::run_task(io, f.cache.find(session->id, f.now));
            both.arrive_and_wait();
        }
    }};
    int left = 0;
    for (int i = 0; i < rounds; ++i) {
        session = test::run_task(f.io, f.behind.commit(f.creation("1", session::login{1, 0, false})))
                      .value()
                      .session;
        both.arrive_and_wait();
        test::run_task(f.io, f.cache.end(1, std::string{session->handle.view()}));
        both.arrive_and_wait();
        if (f.peek(session)) ++left;
    }
    BOOST_TEST(left == 0);
}

BOOST_AUTO_TEST_CASE(the_bytes_are_those_of_what_is_shared) {
    fixture f;
    const session_ptr one = f.log_in(), other = f.log_in();
    const std::size_t bytes = f.cache.figures().bytes;
    f.run(f.ending(one));
    f.run(f.ending(other));
    BOOST_TEST(bytes > 0u);
    BOOST_TEST(f.cache.figures().bytes == 0u);
}

BOOST_AUTO_TEST_CASE(a_sweep_leaves_the_row_of_who_is_alive_in_memory) {
    fixture f;
    const session_ptr session = f.create();
    f.now += f.policy.touch_after() - 1s;
    session->see(f.now);  // too soon to be written
    f.now += f.policy.idle_timeout - 1s;
    test::run_task(f.io, f.cache.erase_expired(f.now, 100));
    BOOST_TEST(f.peek(session));
    BOOST_TEST(f.run(f.saving(session, "2")) != nullptr);
    f.now += f.policy.idle_timeout + f.policy.touch_after();
    test::run_task(f.io, f.cache.erase_expired(f.now, 100));
    BOOST_TEST(!test::run_task(f.io, f.behind.find(session->id, f.now - f.policy.idle_timeout)));
}

BOOST_AUTO_TEST_CASE(C2_a_session_that_is_being_ended_is_not_found_meanwhile) {
    fixture f;
    const session_ptr session = f.create();
    event gate;
    f.behind.before_commit = &gate;
    const auto logout = f.start(f.cache.commit(f.ending(session)));
    BOOST_TEST(!f.peek(session));
    BOOST_TEST(!f.find(session));
    BOOST_TEST(f.behind.finds == 0);
    f.open(gate);
    BOOST_TEST(logout->has_value());
    BOOST_TEST(!f.find(session));
}

BOOST_AUTO_TEST_CASE(C2_an_ending_empties_the_cache) {
    fixture f;
    const session_ptr session = f.create();
    f.run(f.ending(session));
    BOOST_TEST(f.cache.figures().entries == 0u);
    BOOST_TEST(f.cache.figures().bytes == 0u);
}

BOOST_AUTO_TEST_CASE(C3_of_two_saves_the_newer_one_stays_whichever_answers_last) {
    fixture f;
    const session_ptr session = f.create();
    event gate;
    f.behind.after_commit = &gate;
    f.start(f.cache.commit(f.saving(session, "older")));
    f.behind.after_commit = nullptr;
    f.run(f.saving(session, "newer"));
    f.open(gate);
    BOOST_TEST(value_of(f.find(session)) == "newer");
}

BOOST_AUTO_TEST_CASE(C3_a_newer_version_that_was_evicted_does_not_let_an_older_one_in) {
    fixture f{64 * 1024};
    const session_ptr session = f.create();
    event gate;
    f.behind.after_commit = &gate;
    f.start(f.cache.commit(f.saving(session, "older")));
    f.behind.after_commit = nullptr;
    f.evict(f.run(f.saving(session, "newer")));
    f.open(gate);
    BOOST_TEST(value_of(f.find(session)) == "newer");
}

BOOST_AUTO_TEST_CASE(C4_the_bound_holds_and_evicting_ends_nothing) {
    constexpr std::size_t bound = 64 * 1024;
    fixture f{bound};
    std::vector<session_ptr> sessions;
    for (int i = 0; i < 1000; ++i) {
        sessions.push_back(f.create(std::string(static_cast<std::size_t>(i), 'x')));
        BOOST_REQUIRE(f.cache.figures().bytes <= bound);
    }
    BOOST_TEST(f.cache.figures().evictions > 0u);
    for (const session_ptr& session : sessions) BOOST_TEST(f.find(session));
    BOOST_TEST(f.cache.figures().bytes <= bound);
}

BOOST_AUTO_TEST_CASE(C4_what_was_used_least_recently_goes_first) {
    fixture f{64 * 1024};
    const session_ptr used = f.create(), unused = f.create();
    const std::string big(f.policy.data_limit - 100, 'x');
    while (f.cache.figures().evictions == 0) {
        BOOST_REQUIRE(f.peek(used));
        f.create(big);
    }
    BOOST_TEST(f.peek(used));
    BOOST_TEST(!f.peek(unused));
}

BOOST_AUTO_TEST_CASE(C5_misses_at_the_same_time_make_one_read) {
    fixture f{64 * 1024};
    const session_ptr session = f.create();
    f.evict(session);
    event gate;
    f.behind.find_gate = &gate;
    std::vector<std::shared_ptr<std::optional<session_ptr>>> requests;
    for (int i = 0; i < 20; ++i) requests.push_back(f.start(f.cache.find(session->id, f.now)));
    f.open(gate);
    for (const auto& found : requests) {
        BOOST_REQUIRE(found->has_value());
        BOOST_TEST(**found);
    }
    BOOST_TEST(f.behind.finds == 1);
}

BOOST_AUTO_TEST_CASE(C5_a_read_that_fails_fails_for_all_and_the_next_one_tries_again) {
    fixture f{64 * 1024};
    const session_ptr session = f.create();
    f.evict(session);
    event gate;
    f.behind.find_gate = &gate;
    f.behind.find_fails = true;
    int failures = 0;
    for (int i = 0; i < 20; ++i) {
        asio::co_spawn(f.io, f.cache.find(session->id, f.now), [&](std::exception_ptr e, const session_ptr&) {
            failures += e != nullptr;
        });
    }
    f.poll();
    f.open(gate);
    BOOST_TEST(failures == 20);
    BOOST_TEST(f.behind.finds == 1);
    f.behind.find_fails = false;
    BOOST_TEST(f.find(session));
}

BOOST_AUTO_TEST_CASE(C5_who_joins_a_read_gets_nothing_that_has_expired_meanwhile) {
    fixture f{64 * 1024};
    const session_ptr session = f.create();
    f.evict(session);
    event gate;
    f.behind.find_gate = &gate;
    const auto in_time = f.start(f.cache.find(session->id, f.now));
    f.now += f.policy.idle_timeout;
    const auto too_late = f.start(f.cache.find(session->id, f.now));
    f.open(gate);
    BOOST_TEST((in_time->has_value() && **in_time));
    BOOST_TEST((too_late->has_value() && !**too_late));
}

BOOST_AUTO_TEST_CASE(C5_who_joins_a_read_gets_what_the_session_became_meanwhile) {
    fixture f{64 * 1024};
    const session_ptr session = f.log_in();
    f.evict(session);
    f.log_in();  // the user is known in memory, and so its epoch
    event gate;
    f.behind.find_gate = &gate;
    const auto find_and_end_others = [](cached_store& cache, session_id id,
                                        time_point now) -> task<session_ptr> {
        change c{.what = action::save, .end_others = true, .now = now};
        c.current = co_await cache.find(id, now);
        result<committed> done = co_await cache.commit(std::move(c));
        co_return done.value().session;
    };
    const auto first = f.start(find_and_end_others(f.cache, session->id, f.now));
    const auto second = f.start(f.cache.find(session->id, f.now));
    f.open(gate);
    BOOST_REQUIRE((first->has_value() && second->has_value() && **second));
    BOOST_TEST((**second)->version == (**first)->version);
}

BOOST_AUTO_TEST_CASE(C5_a_request_after_a_creation_joins_no_read_of_before) {
    fixture f{64 * 1024};
    change creation = f.creation("1");
    const session_id id = *creation.fresh;
    event gate;
    f.behind.find_gate = &gate;
    f.start(f.cache.find(id, f.now));
    f.behind.find_gate = nullptr;
    f.evict(f.run(std::move(creation)));
    const auto later = f.start(f.cache.find(id, f.now));
    BOOST_TEST((later->has_value() && **later));
    f.open(gate);
}

BOOST_AUTO_TEST_CASE(C6_all_sessions_of_a_user_share_one_account) {
    fixture f;
    const session_ptr a = f.log_in(), b = f.log_in();
    BOOST_TEST(f.peek(a)->owner == f.peek(b)->owner);
}

BOOST_AUTO_TEST_CASE(C6_ending_all_others_is_seen_by_what_is_cached_at_once) {
    fixture f;
    const session_ptr mine = f.log_in(), other = f.log_in();
    change c{.what = action::save, .current = mine, .end_others = true, .now = f.now};
    f.run(std::move(c));
    BOOST_TEST(f.peek(mine));
    BOOST_TEST(!f.peek(other));
}

BOOST_AUTO_TEST_CASE(C6_a_read_that_a_risen_epoch_overtook_is_not_cached) {
    fixture f{64 * 1024};
    const session_ptr other = f.log_in();
    f.evict(other);
    const session_ptr mine = f.log_in();
    event gate;
    f.behind.find_gate = &gate;
    f.start(f.cache.find(other->id, f.now));
    change c{.what = action::save, .current = mine, .end_others = true, .now = f.now};
    f.run(std::move(c));
    f.open(gate);
    BOOST_TEST(!f.peek(other));
}

BOOST_AUTO_TEST_CASE(C7_what_expired_is_not_found_and_leaves_the_memory) {
    fixture f;
    const session_ptr session = f.create();
    f.now += f.policy.idle_timeout;
    BOOST_TEST(!f.peek(session));
    BOOST_TEST(f.cache.figures().entries == 0u);
}

BOOST_AUTO_TEST_CASE(C7_sweeping_frees_what_nobody_asks_for) {
    fixture f;
    for (int i = 0; i < 10; ++i) f.create();
    f.now += f.policy.idle_timeout;
    const session_ptr live = f.create();
    test::run_task(f.io, f.cache.erase_expired(f.now, 100));
    BOOST_TEST(f.cache.figures().entries == 1u);
    BOOST_TEST(f.peek(live));
}

BOOST_AUTO_TEST_CASE(C8_one_session_of_a_user_that_was_ended_outside_is_forgotten) {
    fixture f;
    const session_ptr one = f.log_in(), other = f.log_in();
    f.cache.follow({.user = 1, .handle = std::string{one->handle.view()}});
    BOOST_TEST(!f.peek(one));
    BOOST_TEST(f.peek(other));
}

BOOST_AUTO_TEST_CASE(C8_a_session_of_a_guest_that_was_ended_outside_is_forgotten) {
    fixture f;
    const session_ptr one = f.create(), other = f.create(), member = f.log_in();
    f.cache.follow({.user = {}, .handle = std::string{one->handle.view()}});
    BOOST_TEST(!f.peek(one));
    BOOST_TEST(f.peek(other));
    BOOST_TEST(f.peek(member));
    BOOST_TEST(f.cache.figures().entries == 2u);
}

BOOST_AUTO_TEST_CASE(C8_all_sessions_of_a_user_whose_epoch_rose_outside_are_dead) {
    fixture f;
    f.behind.add_user(2);
    const session_ptr one = f.log_in(), other = f.log_in(), stranger = f.log_in(2), guest = f.create();
    f.cache.follow({.user = 1, .handle = {}, .epoch = 1});
    BOOST_TEST(!f.peek(one));
    BOOST_TEST(!f.peek(other));
    BOOST_TEST(f.peek(stranger));
    BOOST_TEST(f.peek(guest));
}

BOOST_AUTO_TEST_CASE(C8_when_all_was_ended_outside_nothing_is_left_in_memory) {
    fixture f;
    const session_ptr member = f.log_in(), guest = f.create();
    f.cache.follow({});
    BOOST_TEST(!f.peek(member));
    BOOST_TEST(!f.peek(guest));
    BOOST_TEST(f.cache.figures().entries == 0u);
    BOOST_TEST(f.cache.figures().bytes == 0u);
    BOOST_TEST(f.peek(f.log_in()), "who comes later is served");
}

// The row was read before the operator's commit, and arrives when the cache has followed already.
BOOST_AUTO_TEST_CASE(C8_a_read_of_before_an_ending_outside_is_not_cached_after_it) {
    for (const bool guest : {false, true}) {
        fixture f{64 * 1024};
        const auto begin = [&] { return guest ? f.create() : f.log_in(); };
        const session_ptr one = begin();
        const auto user = guest ? std::nullopt : std::optional<session::user_id>{1};
        BOOST_TEST(f.ended_outside_while_read(one, {.user = user, .handle = std::string{one->handle.view()}})
        );
        BOOST_TEST(f.ended_outside_while_read(begin(), {}));
        if (!guest) BOOST_TEST(f.ended_outside_while_read(begin(), {.user = 1, .handle = {}, .epoch = 1}));
    }
}

// Two threads, so that each of them is everywhere once while the other one is somewhere.
BOOST_AUTO_TEST_CASE(C8_a_read_on_one_thread_against_an_ending_outside_on_another) {
    constexpr int rounds = 2000;
    fixture f;
    std::barrier both{2};
    session_ptr session;
    std::jthread reader{[&] {
        asio::io_context io;
        for (int i = 0; i < rounds; ++i) {
            both.arrive_and_wait();
            test::run_task(io, f.cache.find(session->id, f.now));
            both.arrive_and_wait();
        }
    }};
    int left = 0;
    for (int i = 0; i < rounds; ++i) {
        const bool guest = i % 2 == 0;
        change creation = guest ? f.creation("1") : f.creation("1", session::login{1, 0, false});
        session = test::run_task(f.io, f.behind.commit(std::move(creation))).value().session;
        const std::string handle{session->handle.view()};
        ending ended;
        if (i % 3 == 0)
            ended = {.user = guest ? std::nullopt : std::optional<session::user_id>{1}, .handle = handle};
        if (i % 3 == 1 && !guest) ended = {.user = 1, .handle = {}, .epoch = 1};
        both.arrive_and_wait();
        test::run_task(f.io, f.behind.commit(f.ending(session)));
        f.cache.follow(ended);
        both.arrive_and_wait();
        if (f.peek(session)) ++left;
    }
    BOOST_TEST(left == 0);
}

BOOST_AUTO_TEST_CASE(C9_a_save_whose_answer_was_lost_is_read_again) {
    fixture f{64 * 1024};
    const session_ptr session = f.create("old");
    f.evict(session);
    event gate;
    f.behind.find_gate = &gate;
    f.start(f.cache.find(session->id, f.now));
    f.behind.answers_are_lost = true;
    BOOST_CHECK_THROW(f.run(f.saving(session, "new")), unavailable);
    f.open(gate);
    BOOST_TEST(value_of(f.find(session)) == "new");
}

BOOST_AUTO_TEST_CASE(C9_a_save_that_was_refused_untried_leaves_the_session_in_memory) {
    fixture f;
    const session_ptr session = f.log_in(), other = f.log_in();
    f.behind.refuses = true;
    BOOST_CHECK_THROW(f.run(f.saving(session, "new")), unavailable);
    BOOST_CHECK_THROW(
        f.run(change{.what = action::save, .current = session, .end_others = true, .now = f.now}), unavailable
    );
    BOOST_CHECK_THROW(f.log_in(), unavailable);
    BOOST_TEST(value_of(f.peek(session)) == "1");
    BOOST_TEST(f.peek(other));
}

BOOST_AUTO_TEST_CASE(C9_an_end_of_others_whose_answer_was_lost_leaves_none_of_them) {
    fixture f;
    const session_ptr mine = f.log_in(), other = f.log_in();
    f.behind.answers_are_lost = true;
    BOOST_CHECK_THROW(
        f.run(change{.what = action::save, .current = mine, .end_others = true, .now = f.now}), unavailable
    );
    BOOST_TEST(!f.find(other));
    BOOST_TEST(f.find(mine));
}

BOOST_AUTO_TEST_CASE(C9_a_login_whose_answer_was_lost_leaves_none_that_it_ended) {
    fixture f;
    f.policy.sessions_per_user_max = 1;
    const session_ptr first = f.log_in();
    f.now += 1s;
    f.behind.answers_are_lost = true;
    BOOST_CHECK_THROW(f.log_in(), unavailable);
    BOOST_TEST(!f.find(first));
}

BOOST_AUTO_TEST_CASE(C9_an_end_by_handle_whose_answer_was_lost_is_not_cached_by_a_read_meanwhile) {
    fixture f{64 * 1024};
    const session_ptr session = f.log_in();
    f.evict(session);
    event reading, ending;
    f.behind.find_gate = &reading;
    f.behind.before_end = &ending;
    f.behind.answers_are_lost = true;
    const auto end = f.start(f.cache.end(1, std::string{session->handle.view()}));
    f.start(f.cache.find(session->id, f.now));
    f.open(reading);
    f.open(ending);
    BOOST_TEST(!end->has_value());
    BOOST_TEST(!f.peek(session));
}

BOOST_AUTO_TEST_CASE(a_login_past_the_limit_frees_the_one_that_it_ended) {
    fixture f;
    f.policy.sessions_per_user_max = 1;
    const session_ptr first = f.log_in();
    f.now += 1s;
    f.log_in();
    BOOST_TEST(!f.peek(first));
    BOOST_TEST(f.cache.figures().entries == 1u);
}

BOOST_AUTO_TEST_CASE(a_list_knows_who_was_seen_in_memory_and_has_it_written_nowhere) {
    fixture f;
    const session_ptr first = f.log_in();
    f.now += 1s;
    const session_ptr second = f.log_in();
    f.now += f.policy.idle_timeout - 1s;  // by its row, the first one has expired
    first->see(f.now - 10s);
    second->see(f.now - 20s);
    const auto list = test::run_task(f.io, f.cache.list(1, f.now));
    BOOST_REQUIRE(list.size() == 2u);
    BOOST_TEST(list[0].handle == first->handle.view());
    BOOST_TEST((list[0].last_seen_at == f.now - 10s));
    BOOST_TEST((list[0].expires_at == f.now - 10s + f.policy.idle_timeout));
    BOOST_TEST(list[1].handle == second->handle.view());
    BOOST_TEST(f.behind.touches == 0);
}

BOOST_AUTO_TEST_CASE(a_list_leaves_out_what_expired) {
    fixture f;
    f.log_in();
    f.now += f.policy.idle_timeout;
    BOOST_TEST(test::run_task(f.io, f.cache.list(1, f.now)).empty());
}

BOOST_AUTO_TEST_CASE(a_stop_loses_no_last_seen) {
    session::policy policy;
    slow_store behind{policy};
    secret key{"a secret that only this test knows"};
    session::id_signer signer{std::span{&key, 1}};
    asio::io_context io;
    time_point now{1'000'000s};
    const session_id id = signer.generate();
    {
        cached_store cache{behind, policy, 64 * 1024};
        change c{.what = action::create, .fresh = id, .operations = {fixture::set("1")}, .now = now};
        const session_ptr session = test::run_task(io, cache.commit(std::move(c))).value().session;
        session->see(now + 7s);
    }
    BOOST_TEST((test::run_task(io, behind.find(id, now))->seen_at() == now + 7s));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cookieshop::store
