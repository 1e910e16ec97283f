#include "cookieshop/util/event.hpp"

#include "support/run_task.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <thread>
#include <vector>

namespace cookieshop {

BOOST_AUTO_TEST_SUITE(event_)

BOOST_AUTO_TEST_CASE(who_waits_goes_on_when_it_is_set) {
    asio::io_context io;
    event event;
    bool went_on = false;
    asio::co_spawn(io, event.wait(), [&](std::exception_ptr) { went_on = true; });
    io.poll();
    BOOST_TEST(!went_on);
    event.set();
    io.run();
    BOOST_TEST(went_on);
}

BOOST_AUTO_TEST_CASE(who_comes_later_does_not_wait) {
    asio::io_context io;
    event event;
    event.set();
    BOOST_CHECK_NO_THROW(test::run_task(io, event.wait()));
}

BOOST_AUTO_TEST_CASE(every_coroutine_goes_on_on_its_own_thread) {
    event event;
    std::atomic<int> right = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            asio::io_context io{1};
            const auto here = std::this_thread::get_id();
            asio::co_spawn(io, event.wait(), [&, here](std::exception_ptr) {
                right += std::this_thread::get_id() == here;
            });
            io.run();  // returns when the coroutine is done: the event keeps the loop alive
        });
    }
    event.set();
    for (std::thread& thread : threads) thread.join();
    BOOST_TEST(right == 4);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cookieshop
