/// argon2id on a few threads of its own, with a bounded queue.
///
/// The memory that logins can take is `workers × memory`, and a flood of them makes no one wait but those who
/// log in: past the queue's bound the answer is `overloaded`, at once, and the threads let all others go
/// first.

#pragma once

#include "cookieshop/util/secret.hpp"
#include "cookieshop/util/task.hpp"
#include "cookieshop/util/worker_pool.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace cookieshop::auth {

struct password_cost {
    std::size_t memory = 19 * 1024 * 1024;  ///< bytes; OWASP's minimum for two passes
    unsigned passes = 2;
    std::size_t workers = 1;
};

/// `hash` and `verify` are called on io threads and resume there; they throw `overloaded`, and `unavailable`
/// when there is no memory for a hash. Passwords are bytes: NUL is one like any other.
class password_hasher {
public:
    explicit password_hasher(const password_cost& cost);

    /// A PHC string ("$argon2id$v=19$m=…"), which carries its own parameters and salt.
    task<std::string> hash(secret password);

    /// Without a `hash` (no such user) it computes one anyway, takes the same time, and answers false
    /// (ASVS 6.3.8).
    task<bool> verify(secret password, std::optional<std::string> hash);

    /// The hash was made with other parameters than today's: make it anew at the next login.
    bool outdated(const std::string& hash) const;

    /// What is verified where there is no user: the hash of a random password, of today's cost.
    const std::string& absent_hash() const noexcept { return absent_; }

    std::size_t queue_length() const;

private:
    password_cost cost_;
    std::string absent_;
    worker_pool pool_;
};

}  // namespace cookieshop::auth
