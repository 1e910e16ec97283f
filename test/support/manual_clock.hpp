/// A clock that a test moves by hand.

#pragma once

#include "cookieshop/util/clock.hpp"

#include <atomic>

namespace cookieshop::test {

class manual_clock final : public wall_clock {
public:
    /// Some moment in 2026, whole seconds.
    static constexpr time_point start{std::chrono::milliseconds{1'780'000'000'000}};

    time_point now() const override { return now_.load(); }

    void advance(std::chrono::milliseconds by) { now_ = now_.load() + by; }

private:
    std::atomic<time_point> now_{start};
};

}  // namespace cookieshop::test
