/// The program's log: lines on the standard error.

#pragma once

#include <spdlog/common.h>

#include <cstdint>

namespace cookieshop {

/// A thread of its own writes the log, so that a slow reader of it holds up nobody; past its bound the oldest
/// lines go, and are counted. Whatever is in a message, it stays one line (ASVS 16.4.1).
class log_thread {
public:
    explicit log_thread(spdlog::level::level_enum level);
    ~log_thread();
    log_thread(const log_thread&) = delete;
    log_thread& operator=(const log_thread&) = delete;

    /// Says how many lines were left out, or went unwritten, since the last call; nothing, if none.
    void report_losses();

private:
    std::uint64_t left_out_ = 0, unwritten_ = 0;  // as they were then
};

}  // namespace cookieshop
