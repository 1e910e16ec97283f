#include "cookieshop/store/janitor.hpp"

#include "cookieshop/util/error.hpp"
#include "support/manual_clock.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

#include <functional>
#include <vector>

using namespace cookieshop;
using namespace cookieshop::session;
using cookieshop::store::janitor_options;
using cookieshop::store::sweep_expired;

namespace {

// Sweeps what a test says; everything else is not for a janitor.
class scripted_store final : public session_store {
public:
    explicit scripted_store(std::function<std::size_t()> sweep) : sweep_{std::move(sweep)} {}

    task<std::size_t> erase_expired(time_point now, std::size_t limit) override {
        sweeps.push_back(now);
        limits.push_back(limit);
        co_return sweep_();
    }

    task<session_ptr> find(session_id, time_point) override { throw std::logic_error{"find"}; }
    task<result<committed>> commit(change) override { throw std::logic_error{"commit"}; }
    void touch(const session_ptr&) noexcept override {}
    task<std::vector<session_info>> list(user_id, time_point) override { throw std::logic_error{"list"}; }
    task<bool> end(user_id, std::string) override { throw std::logic_error{"end"}; }

    std::vector<time_point> sweeps;
    std::vector<std::size_t> limits;

private:
    std::function<std::size_t()> sweep_;
};

struct fixture {
    // Runs the janitor until it ends.
    void run(session_store& store, janitor_options options) {
        asio::co_spawn(
            io, sweep_expired(store, clock, options),
            asio::bind_cancellation_slot(
                stop.slot(),
                [this](std::exception_ptr e) {
                    ended = true;
                    error = e;
                }
            )
        );
        io.run();
    }

    asio::io_context io;
    test::manual_clock clock;
    asio::cancellation_signal stop;
    bool ended = false;
    std::exception_ptr error;
};

constexpr std::chrono::hours never{24};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(janitor, fixture)

BOOST_AUTO_TEST_CASE(full_batches_follow_each_other_and_a_partial_one_ends_the_round) {
    std::vector<std::size_t> found{0, 3, 5, 5};  // from the back
    scripted_store store{[&] {
        const std::size_t count = found.back();
        found.pop_back();
        // The round is over: in the pause that follows, it is told to stop.
        if (count < 5) asio::post(io, [this] { stop.emit(asio::cancellation_type::terminal); });
        return count;
    }};
    run(store, {.every = never, .batch = 5, .pause = std::chrono::milliseconds{0}});
    BOOST_TEST(store.sweeps.size() == 3U);
    BOOST_TEST(ended);
    BOOST_TEST(!error);
}

BOOST_AUTO_TEST_CASE(the_clock_and_the_batch_are_passed_on) {
    scripted_store store{[&] {
        clock.advance(std::chrono::seconds{1});
        if (store.sweeps.size() == 2) stop.emit(asio::cancellation_type::terminal);
        return 7;
    }};
    run(store, {.every = never, .batch = 7, .pause = std::chrono::milliseconds{0}});
    BOOST_REQUIRE(store.sweeps.size() == 2U);
    BOOST_TEST((store.sweeps[0] == test::manual_clock::start));
    BOOST_TEST((store.sweeps[1] == test::manual_clock::start + std::chrono::seconds{1}));
    BOOST_TEST(store.limits[1] == 7U);
}

BOOST_AUTO_TEST_CASE(a_failing_store_is_tried_again_at_the_next_round) {
    scripted_store store{[&]() -> std::size_t {
        if (store.sweeps.size() == 1) throw unavailable{"for a moment"};
        stop.emit(asio::cancellation_type::terminal);
        return 0;
    }};
    run(store, {.every = std::chrono::milliseconds{0}, .batch = 5, .pause = never});
    BOOST_TEST(store.sweeps.size() == 2U);
    BOOST_TEST(!error);
}

BOOST_AUTO_TEST_CASE(cancelled_while_it_sweeps_it_ends_without_a_pause) {
    scripted_store store{[&] {
        stop.emit(asio::cancellation_type::terminal);
        return 5;
    }};
    run(store, {.every = never, .batch = 5, .pause = never});
    BOOST_TEST(store.sweeps.size() == 1U);
    BOOST_TEST(ended);
    BOOST_TEST(!error);
}

BOOST_AUTO_TEST_SUITE_END()
