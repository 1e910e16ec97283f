#pragma once

#include "support/process.hpp"

#include <chrono>
#include <thread>

namespace cookieshop::test {

/// Waits for what another thread or process does; false when it does not within `patience`.
template <class Condition>
bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    return true;
}

}  // namespace cookieshop::test
