#include "cookieshop/util/worker_pool.hpp"

#include "support/run_task.hpp"

#include <boost/test/unit_test.hpp>
#include <sys/resource.h>

#include <latch>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace cookieshop {

BOOST_AUTO_TEST_SUITE(worker_pool_)

BOOST_AUTO_TEST_CASE(a_job_runs_elsewhere_and_its_caller_goes_on_where_it_was) {
    asio::io_context io;
    worker_pool pool{"test", 2, 10};
    const auto here = std::this_thread::get_id();
    const auto work = [&]() -> task<> {
        const auto there = co_await pool.run([] { return std::this_thread::get_id(); });
        BOOST_TEST((there != here));
        BOOST_TEST((std::this_thread::get_id() == here));
    };
    test::run_task(io, work());
}

BOOST_AUTO_TEST_CASE(what_a_job_throws_reaches_its_caller) {
    asio::io_context io;
    worker_pool pool{"test", 1, 10};
    BOOST_CHECK_THROW(
        test::run_task(io, pool.run([]() -> int { throw std::invalid_argument{"no"}; })),
        std::invalid_argument
    );
}

BOOST_AUTO_TEST_CASE(values_that_can_only_be_moved_come_back) {
    asio::io_context io;
    worker_pool pool{"test", 1, 10};
    const auto made = test::run_task(io, pool.run([] { return std::make_unique<int>(42); }));
    BOOST_TEST(*made == 42);
}

BOOST_AUTO_TEST_CASE(a_full_queue_refuses_at_once_and_what_waits_is_done) {
    asio::io_context io;
    worker_pool pool{"test", 1, 2};
    std::latch busy{1}, release{1};
    int done = 0, refused = 0;
    const auto count = [&](std::exception_ptr e) { ++(e ? refused : done); };
    asio::co_spawn(
        io, pool.run([&] {
            busy.count_down();
            release.wait();
        }),
        count
    );
    io.poll();
    busy.wait();
    for (int i = 0; i < 5; ++i) asio::co_spawn(io, pool.run([] {}), count);
    io.poll();
    BOOST_TEST(refused == 3);
    BOOST_TEST(pool.queue_length() == 2u);
    release.count_down();
    io.run();
    BOOST_TEST(done == 3);
}

BOOST_AUTO_TEST_CASE(its_end_finishes_what_is_queued) {
    asio::io_context io;
    int done = 0;
    {
        worker_pool pool{"test", 1, 100};
        for (int i = 0; i < 50; ++i) {
            asio::co_spawn(io, pool.run([] {}), [&](std::exception_ptr e) { done += !e; });
        }
        io.poll();
    }
    io.run();
    BOOST_TEST(done == 50);
}

BOOST_AUTO_TEST_CASE(threads_of_low_priority_let_others_go_first) {
    asio::io_context io;  // outlives the pools, whose threads hand it their results
    const auto niceness = [&io](worker_pool& pool) {
        return test::run_task(io, pool.run([] { return getpriority(PRIO_PROCESS, 0); }));
    };
    worker_pool usual{"test", 1, 10}, low{"test", 1, 10, worker_pool::priority::low};
    BOOST_TEST(niceness(low) > niceness(usual));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cookieshop
