#include "cookieshop/auth/password_hasher.hpp"

#include "cookieshop/util/random.hpp"

#include <sodium/core.h>
#include <sodium/crypto_pwhash.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace cookieshop::auth {
namespace {

// At OWASP's minimum a hash takes about 11 ms: whoever is last in a full queue waits for 0.7 s, which is
// bearable, and by then a retry after the second that `overloaded` asks for finds room.
constexpr std::size_t queued_per_worker = 64;

constexpr auto out_of_memory = "argon2id: there is no memory for a hash";

std::string compute_hash(std::string_view password, const password_cost& cost) {
    std::array<char, crypto_pwhash_STRBYTES> phc;
    const int failed =
        crypto_pwhash_str(phc.data(), password.data(), password.size(), cost.passes, cost.memory);
    if (failed) throw unavailable{out_of_memory};
    return phc.data();
}

bool matches(std::string_view password, const std::string& hash) {
    errno = 0;
    if (crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0) return true;
    // Nobody is told that a password is wrong which was never compared.
    if (errno == ENOMEM) throw unavailable{out_of_memory};
    return false;
}

const password_cost& checked(const password_cost& cost) {
    if (sodium_init() < 0) throw std::runtime_error{"libsodium does not start"};
    if (cost.workers == 0) throw std::invalid_argument{"password_hasher: no workers"};
    return cost;
}

}  // namespace

password_hasher::password_hasher(const password_cost& cost)
    : cost_{checked(cost)},
      absent_{compute_hash(random_token::generate().view(), cost)},
      pool_{"hash", cost.workers, cost.workers * queued_per_worker} {}

task<std::string> password_hasher::hash(secret password) {
    auto job = [password = std::move(password), cost = cost_] {
        return compute_hash(password.reveal(), cost);
    };
    co_return co_await pool_.run(std::move(job));
}

task<bool> password_hasher::verify(secret password, std::optional<std::string> hash) {
    const bool present = hash.has_value();
    const bool old = present && outdated(*hash);
    auto job = [password = std::move(password), phc = present ? *std::move(hash) : absent_, old,
                absent = absent_] {
        if (matches(password.reveal(), phc)) return true;
        // Where an account's hash is of another cost, a failure must not be told by its time either.
        if (old) matches(password.reveal(), absent);
        return false;
    };
    const bool right = co_await pool_.run(std::move(job));
    co_return present ? right : false;
}

bool password_hasher::outdated(const std::string& hash) const {
    return crypto_pwhash_str_needs_rehash(hash.c_str(), cost_.passes, cost_.memory) != 0;
}

std::size_t password_hasher::queue_length() const {
    return pool_.queue_length();
}

}  // namespace cookieshop::auth
