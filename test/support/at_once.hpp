/// Threads that do something at the same moment.

#pragma once

#include <boost/test/unit_test.hpp>

#include <barrier>
#include <exception>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace cookieshop::test {

/// Runs `act(i)` for every i below `count`, each on a thread of its own; what one throws fails the test. No
/// checks in there: Boost.Test is for one thread at a time.
inline void at_once(std::size_t count, const std::function<void(std::size_t)>& act) {
    std::barrier start{static_cast<std::ptrdiff_t>(count)};
    std::vector<std::string> failures(count);
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < count; ++i) {
            threads.emplace_back([&, i] {
                start.arrive_and_wait();
                try {
                    act(i);
                } catch (const std::exception& e) {
                    failures[i] = e.what();
                }
            });
        }
    }
    for (std::size_t i = 0; i < count; ++i)
        BOOST_TEST(failures[i].empty(), "thread " << i << ": " << failures[i]);
}

}  // namespace cookieshop::test
