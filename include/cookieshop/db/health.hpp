/// Whether the database can be used at present: the one place that knows, and the one that logs it.

#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <string>

namespace cookieshop::db {

/// Why the database did not do what it was asked to, in a line for the log: what was wrong, and what helps.
struct fault {
    std::string reason;
    bool damage = false;  ///< its content is not what it was: nothing of it can be trusted
    bool busy = false;    ///< another process holds the lock
};

/// The writer finds out, commit by commit, and is the only one to find it well again; readers that meet
/// damage tell. What stays as it is, is logged once. Any thread.
///
/// A damaged database is neither written nor read any more by this process: nobody can say what else is
/// wrong, or how old the content is, and an ended session must not come back from a copy of yesterday. It is
/// put right while no server runs.
class health {
public:
    /// `name`: what the log calls the database. `marker`: the file that is made when it is damaged, for the
    /// next start to know.
    explicit health(std::string name, std::filesystem::path marker = {});

    bool writable() const noexcept { return state_ == state::good; }
    bool readable() const noexcept { return state_ != state::damaged; }

    /// It can't be written.
    void failed(const fault& fault);

    /// It was just written.
    void worked();

    /// What it lacks; empty: nothing.
    std::string reason() const;

private:
    enum class state { good, not_writable, damaged };

    const std::string name_;
    const std::filesystem::path marker_;
    std::atomic<state> state_{state::good};
    mutable std::mutex mutex_;  // guards what follows
    std::string reason_;
    std::chrono::steady_clock::time_point since_;
};

}  // namespace cookieshop::db
