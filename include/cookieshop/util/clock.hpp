/// The time of day, as sessions see it. Tests bring a clock that they move by hand.

#pragma once

#include <chrono>
#include <ctime>

namespace cookieshop {

/// Milliseconds since 1970 in UTC: what the database stores.
using time_point = std::chrono::sys_time<std::chrono::milliseconds>;

/// May be called from any thread.
class wall_clock {
public:
    virtual ~wall_clock() = default;
    virtual time_point now() const = 0;
};

/// The kernel's, as of its last tick: up to 4 ms behind with HZ=250, 10 ms with HZ=100, and several times
/// cheaper to read than the exact time. It is read for every request, and what depends on it is counted in
/// seconds.
class system_wall_clock final : public wall_clock {
public:
    time_point now() const override {
        timespec now{};
        clock_gettime(CLOCK_REALTIME_COARSE, &now);
        return time_point{std::chrono::floor<std::chrono::milliseconds>(
            std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec}
        )};
    }
};

}  // namespace cookieshop
