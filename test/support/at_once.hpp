/// Threads that do something at the same moment.

#pragma once

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <barrier>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

namespace cookieshop::test {

/// Runs `act(i)` for every i below `count`, each on a thread of its own; what one throws fails the test.
inline void at_once(std::size_t count, const std::function<void(std::size_t)>& act) {
    std::barrier start{static_cast<std::ptrdiff_t>(count)};
    std::atomic<int> failures = 0;
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < count; ++i) {
            threads.emplace_back([&, i] {
                start.arrive_and_wait();
                try {
                    act(i);
                } catch (const std::exception&) {
                    ++failures;
                }
            });
        }
    }
    BOOST_TEST(failures == 0);
}

}  // namespace cookieshop::test
