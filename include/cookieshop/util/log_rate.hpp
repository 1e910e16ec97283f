/// A flood of requests that fail must not become a flood of lines in the log.

#pragma once

#include <atomic>
#include <chrono>

namespace cookieshop {

/// Any thread.
class log_rate {
public:
    /// True once a second.
    bool due() noexcept {
        const auto now = std::chrono::steady_clock::now().time_since_epoch();
        auto next = next_.load(std::memory_order_relaxed);
        return now.count() >= next
               && next_.compare_exchange_strong(next, (now + std::chrono::seconds{1}).count());
    }

private:
    std::atomic<std::chrono::steady_clock::rep> next_{0};
};

}  // namespace cookieshop
