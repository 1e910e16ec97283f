#include "cookieshop/auth/password_hasher.hpp"

#include "cookieshop/util/random.hpp"

#include <sodium/core.h>
#include <sodium/crypto_pwhash.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
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

// What argon2id's time is proportional to: KiB times passes.
long long work_of(const password_cost& cost) {
    return static_cast<long long>(cost.memory / 1024) * cost.passes;
}

long long work_of(const std::string& phc) {
    long long memory = 0, passes = 0;
    const auto parameters = phc.find("$m=");
    if (parameters == std::string::npos) return 0;
    std::sscanf(phc.c_str() + parameters, "$m=%lld,t=%lld", &memory, &passes);
    return memory * passes;
}

// Computes a hash of that much work in so many passes, and drops it. Less than the least that there is counts
// as nothing.
void spend(long long work, unsigned passes) {
    const auto memory = static_cast<std::size_t>(std::max(work, 0LL)) / passes * 1024;
    if (memory < crypto_pwhash_MEMLIMIT_MIN) return;
    constexpr std::array<unsigned char, crypto_pwhash_SALTBYTES> salt{};
    std::array<unsigned char, crypto_pwhash_BYTES_MIN> dropped;
    const int failed = crypto_pwhash(
        dropped.data(), dropped.size(), "", 0, salt.data(), passes, memory, crypto_pwhash_ALG_ARGON2ID13
    );
    if (failed) throw unavailable{out_of_memory};
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
      pool_{"hash", cost.workers, cost.workers * queued_per_worker, worker_pool::priority::low} {}

task<std::string> password_hasher::hash(secret password) {
    auto job = [password = std::move(password), cost = cost_] {
        return compute_hash(password.reveal(), cost);
    };
    co_return co_await pool_.run(std::move(job));
}

task<bool> password_hasher::verify(secret password, std::optional<std::string> hash) {
    const bool present = hash.has_value();
    auto job = [password = std::move(password), phc = present ? *std::move(hash) : absent_, cost = cost_] {
        if (matches(password.reveal(), phc)) return true;
        // A failure at a hash of the past, which was cheaper, must not be told by its time.
        spend(work_of(cost) - work_of(phc), cost.passes);
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
