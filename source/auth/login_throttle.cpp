#include "cookieshop/auth/login_throttle.hpp"

#include "cookieshop/http/source.hpp"

#include <sodium/core.h>
#include <sodium/crypto_shorthash_siphash24.h>
#include <sodium/randombytes.h>
#include <sodium/utils.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <list>
#include <mutex>
#include <stdexcept>
#include <string>
#include <unordered_map>

namespace cookieshop::auth {
namespace {

using boost::asio::ip::address;
using http::source_of;
using std::chrono::seconds;

constexpr seconds failure_window = std::chrono::minutes{15};
constexpr seconds registration_window = std::chrono::hours{1};
constexpr unsigned free_failures = 5;           // of one source at one account
constexpr unsigned source_failures_max = 100;   // of one source, at any account
constexpr unsigned account_failures_max = 100;  // at one account, from anywhere
constexpr unsigned taken_max = 100;             // addresses that one source found taken
constexpr seconds delay_max = failure_window;
constexpr seconds unknown_source_delay{1};

struct counter {
    unsigned count = 0;
    time_point last{};     // when it was counted last
    time_point expires{};  // when what was counted is forgotten
    bool known = false;    // this source logged in to this account before

    void add(time_point now, seconds window) noexcept {
        if (count == 0) expires = now + window;
        ++count;
        last = now;
    }
    void take_back() noexcept { count -= std::min(count, 1u); }
};

// SipHash with a key of this process: nobody can aim at another's counter, and an entry is small however long
// the email is.
using counter_key = std::array<unsigned char, crypto_shorthash_siphashx24_BYTES>;

struct hash_of_key {
    std::size_t operator()(const counter_key& key) const noexcept {
        std::size_t value;
        std::memcpy(&value, key.data(), sizeof value);
        return value;
    }
};

// Counters by key; past `capacity` the one that was touched least recently goes.
class counter_table {
public:
    explicit counter_table(std::size_t capacity) : capacity_{capacity} {}

    // As it is at `now`; null when there is none.
    counter* find(const counter_key& key, time_point now) {
        const auto place = places_.find(key);
        if (place == places_.end()) return nullptr;
        order_.splice(order_.begin(), order_, place->second);
        counter& found = place->second->value;
        if (found.expires <= now) found.count = 0;
        return &found;
    }

    counter& find_or_add(const counter_key& key, time_point now) {
        if (counter* found = find(key, now)) return *found;
        if (order_.size() == capacity_) {
            places_.erase(order_.back().key);
            order_.pop_back();
        }
        order_.push_front({key, {}});
        places_.emplace(key, order_.begin());
        return order_.front().value;
    }

    std::size_t size() const noexcept { return order_.size(); }

private:
    struct entry {
        counter_key key;
        counter value;
    };
    const std::size_t capacity_;
    std::list<entry> order_;  // the most recently touched first
    std::unordered_map<counter_key, std::list<entry>::iterator, hash_of_key> places_;
};

// 1 s after `free_failures`, twice as long after each further one.
seconds delay_after(unsigned failures) noexcept {
    if (failures < free_failures) return seconds{0};
    constexpr unsigned doublings_max = 10;  // 2^10 s are past delay_max already
    return std::min(delay_max, seconds{1LL << std::min(failures - free_failures, doublings_max)});
}

// Null: never counted.
time_point next_try(const counter* both, const counter* source, const counter* account) noexcept {
    time_point next{};
    // Without a delay `last` says nothing: it may lie ahead of a request that another thread read a moment
    // before.
    const seconds delay = both ? delay_after(both->count) : seconds{0};
    if (delay > seconds{0}) next = both->last + delay;
    if (source && source->count >= source_failures_max) next = std::max(next, source->expires);
    const bool under_attack = account && account->count >= account_failures_max;
    if (under_attack && both && !both->known) next = std::max(next, both->last + unknown_source_delay);
    return next;
}

// Nothing to wait for is none; a part of a second is a whole one. Who has waited for as long as they were
// told is let in, though the clock may be a tick behind.
std::optional<seconds> wait_until(time_point then, time_point now) noexcept {
    constexpr std::chrono::milliseconds tick_max{10};
    if (then <= now + tick_max) return std::nullopt;
    return std::chrono::ceil<seconds>(then - now);
}

}  // namespace

struct login_throttle::implementation {
    explicit implementation(const options& given) : settings{given}, counters{given.entries_max} {
        if (sodium_init() < 0) throw std::runtime_error{"libsodium does not start"};
        if (given.entries_max < 3) throw std::invalid_argument{"login_throttle: entries_max"};
        randombytes_buf(hash_key.data(), hash_key.size());
    }

    // `kind` keeps the counters of different purposes apart.
    counter_key key(char kind, const http::source& source, std::string_view account) const {
        std::string text{kind};
        text.append(source.begin(), source.end()).append(account);
        counter_key hashed;
        const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
        crypto_shorthash_siphashx24(hashed.data(), bytes, text.size(), hash_key.data());
        return hashed;
    }

    // What a try at a password is counted by.
    struct try_keys {
        counter_key both, source, account;
    };
    try_keys keys_of(std::string_view account, const address& from) const {
        const auto source = source_of(from);
        return {key('b', source, account), key('s', source, {}), key('a', {}, account)};
    }

    // What a registration is counted by.
    struct registration_keys {
        counter_key made, taken;
    };
    registration_keys registration_keys_of(const address& from) const {
        const auto source = source_of(from);
        return {key('r', source, {}), key('t', source, {})};
    }

    // Precondition: the mutex is held.
    void take_back(const counter_key& key, time_point now) {
        if (counter* counted = counters.find(key, now)) counted->take_back();
    }

    const options settings;
    std::array<unsigned char, crypto_shorthash_siphashx24_KEYBYTES> hash_key;
    mutable std::mutex mutex;
    counter_table counters;
};

login_throttle::login_throttle(const options& settings) : self_{std::make_unique<implementation>(settings)} {}

login_throttle::~login_throttle() = default;

std::optional<seconds> login_throttle::try_password(
    std::string_view account, const address& source, time_point now
) {
    const auto keys = self_->keys_of(account, source);
    const std::lock_guard lock{self_->mutex};
    counter_table& counters = self_->counters;
    const time_point next = next_try(
        counters.find(keys.both, now), counters.find(keys.source, now), counters.find(keys.account, now)
    );
    if (const auto wait = wait_until(next, now)) return wait;
    counter& both = counters.find_or_add(keys.both, now);
    both.add(now, failure_window);
    both.expires = now + failure_window;  // from the last failure: else no delay could grow past the window
    counters.find_or_add(keys.source, now).add(now, failure_window);
    counters.find_or_add(keys.account, now).add(now, failure_window);
    return std::nullopt;
}

void login_throttle::succeeded(std::string_view account, const address& source, time_point now) {
    const auto keys = self_->keys_of(account, source);
    const std::lock_guard lock{self_->mutex};
    counter& both = self_->counters.find_or_add(keys.both, now);
    both.count = 0;
    both.known = true;
    self_->take_back(keys.source, now);
    self_->take_back(keys.account, now);
}

void login_throttle::cancelled(std::string_view account, const address& source, time_point now) {
    const auto keys = self_->keys_of(account, source);
    const std::lock_guard lock{self_->mutex};
    self_->take_back(keys.both, now);
    self_->take_back(keys.source, now);
    self_->take_back(keys.account, now);
}

std::optional<seconds> login_throttle::try_registration(const address& source, time_point now) {
    const auto keys = self_->registration_keys_of(source);
    const std::lock_guard lock{self_->mutex};
    counter_table& counters = self_->counters;
    const std::size_t most = self_->settings.registrations_per_hour;
    if (const counter* made = counters.find(keys.made, now); most > 0 && made && made->count >= most)
        return wait_until(made->expires, now);
    if (const counter* taken = counters.find(keys.taken, now); taken && taken->count >= taken_max)
        return wait_until(taken->expires, now);
    if (most > 0) counters.find_or_add(keys.made, now).add(now, registration_window);
    counters.find_or_add(keys.taken, now).add(now, failure_window);
    return std::nullopt;
}

void login_throttle::address_is_free(const address& source, time_point now) {
    const auto keys = self_->registration_keys_of(source);
    const std::lock_guard lock{self_->mutex};
    self_->take_back(keys.taken, now);
}

void login_throttle::registration_cancelled(const address& source, time_point now) {
    const auto keys = self_->registration_keys_of(source);
    const std::lock_guard lock{self_->mutex};
    self_->take_back(keys.made, now);
}

std::string login_throttle::alias(std::string_view account) const {
    const counter_key hashed = self_->key('l', {}, account);
    std::array<char, 2 * hashed.size() + 1> text;
    return sodium_bin2hex(text.data(), text.size(), hashed.data(), hashed.size());
}

std::size_t login_throttle::entries() const {
    const std::lock_guard lock{self_->mutex};
    return self_->counters.size();
}

}  // namespace cookieshop::auth
