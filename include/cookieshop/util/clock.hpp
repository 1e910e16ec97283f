/// The time of day, as sessions see it. Tests bring a clock that they move by hand.

#pragma once

#include <chrono>

namespace cookieshop {

/// Milliseconds since 1970 in UTC: what the database stores.
using time_point = std::chrono::sys_time<std::chrono::milliseconds>;

/// May be called from any thread.
class wall_clock {
public:
    virtual ~wall_clock() = default;
    virtual time_point now() const = 0;
};

class system_wall_clock final : public wall_clock {
public:
    time_point now() const override {
        return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    }
};

}  // namespace cookieshop
