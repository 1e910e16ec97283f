#include "cookieshop/db/health.hpp"

#include <spdlog/spdlog.h>

#include <fstream>
#include <utility>

namespace cookieshop::db {

health::health(std::string name, std::filesystem::path marker)
    : name_{std::move(name)}, marker_{std::move(marker)} {}

void health::failed(const fault& fault) {
    const std::lock_guard lock{mutex_};
    if (state_ == state::damaged) return;
    if (state_ == state::good) since_ = std::chrono::steady_clock::now();
    const bool new_to_us = fault.damage || fault.reason != reason_;
    state_ = fault.damage ? state::damaged : state::not_writable;
    reason_ = fault.reason;
    if (fault.damage && !marker_.empty()) std::ofstream{marker_} << reason_ << '\n';
    if (!new_to_us) return;
    spdlog::critical(
        "the database {}: {}. {}", name_, fault.reason,
        fault.damage ? "It is not used any more: sessions that are in memory go on until the server stops"
                     : "Until it can be written, all changes are refused"
    );
}

void health::worked() {
    if (state_ == state::good) return;
    const std::lock_guard lock{mutex_};
    if (state_ != state::not_writable) return;
    state_ = state::good;
    reason_.clear();
    const std::chrono::duration<double> out = std::chrono::steady_clock::now() - since_;
    spdlog::warn("the database {} can be written again, after {:.1f} s", name_, out.count());
}

std::string health::reason() const {
    const std::lock_guard lock{mutex_};
    return reason_;
}

}  // namespace cookieshop::db
