#include "cookieshop/session/session_id.hpp"

#include <sodium/core.h>
#include <sodium/crypto_auth_hmacsha256.h>
#include <sodium/crypto_generichash.h>
#include <sodium/randombytes.h>
#include <sodium/utils.h>

#include <algorithm>
#include <stdexcept>

namespace cookieshop::session {
namespace {

constexpr std::size_t id_size = 16;
constexpr std::size_t mac_size = 16;
constexpr std::size_t token_bytes = 1 + id_size + mac_size;
static_assert(token_bytes % 3 == 0 && token_bytes / 3 * 4 == session_id::token_size, "no bits left over");

constexpr int base64url = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

using raw_token = std::array<unsigned char, token_bytes>;

bool decode(std::string_view text, raw_token& raw) noexcept {
    std::size_t written = 0;
    return text.size() == session_id::token_size
           && sodium_base642bin(
                  raw.data(), raw.size(), text.data(), text.size(), nullptr, &written, nullptr, base64url
              ) == 0
           && written == raw.size();
}

// The MAC of the key number and the id, cut to what the cookie carries (RFC 2104, 5: not below half of the
// hash).
std::array<unsigned char, mac_size> mac_of(
    const raw_token& raw, const std::array<unsigned char, 32>& key
) noexcept {
    std::array<unsigned char, crypto_auth_hmacsha256_BYTES> whole;
    crypto_auth_hmacsha256(whole.data(), raw.data(), 1 + id_size, key.data());
    std::array<unsigned char, mac_size> cut;
    std::copy_n(whole.begin(), mac_size, cut.begin());
    return cut;
}

}  // namespace

std::string session_id::key() const {
    raw_token raw;
    decode(token(), raw);  // can't fail: a session_id exists only in this form (I1)
    std::array<unsigned char, 32> hash;
    crypto_generichash(hash.data(), hash.size(), raw.data() + 1, id_size, nullptr, 0);
    std::array<char, sodium_base64_ENCODED_LEN(32, base64url)> text;
    sodium_bin2base64(text.data(), text.size(), hash.data(), hash.size(), base64url);
    return text.data();
}

id_signer::id_signer(std::span<const secret> keys) {
    if (sodium_init() < 0) throw std::runtime_error{"libsodium can't be initialised"};
    if (keys.empty()) throw std::invalid_argument{"a secret key is needed"};
    for (const secret& text : keys) {
        const std::string_view bytes = text.reveal();
        if (bytes.size() < key_size_min)
            throw std::invalid_argument{"a secret key is shorter than 32 characters"};

        // One hash gives both: a key for this purpose alone, and the number that tells it from the others.
        constexpr std::string_view purpose = "cookieshop session cookie 1";
        std::array<unsigned char, 33> derived;
        crypto_generichash_state state;
        crypto_generichash_init(&state, nullptr, 0, derived.size());
        const auto update = [&state](std::string_view part) {
            crypto_generichash_update(
                &state, reinterpret_cast<const unsigned char*>(part.data()), part.size()
            );
        };
        update(purpose);
        update(bytes);
        crypto_generichash_final(&state, derived.data(), derived.size());

        key& added = keys_.emplace_back();
        added.number = derived[32];
        std::copy_n(derived.begin(), added.mac_key.size(), added.mac_key.begin());
        sodium_memzero(derived.data(), derived.size());
    }
}

session_id id_signer::generate() const {
    const key& signing = keys_.front();
    raw_token raw;
    raw[0] = signing.number;
    randombytes_buf(raw.data() + 1, id_size);
    const auto mac = mac_of(raw, signing.mac_key);
    std::ranges::copy(mac, raw.begin() + 1 + id_size);

    std::array<char, session_id::token_size + 1> text;
    sodium_bin2base64(text.data(), text.size(), raw.data(), raw.size(), base64url);
    session_id id;
    std::copy_n(text.begin(), session_id::token_size, id.token_.begin());
    return id;
}

std::optional<session_id> id_signer::verify(std::string_view cookie_value) const {
    raw_token raw;
    if (!decode(cookie_value, raw)) return std::nullopt;
    // Two keys of a rotation may share a number: each one with this number is tried.
    for (const key& candidate : keys_) {
        if (candidate.number != raw[0]) continue;
        const auto mac = mac_of(raw, candidate.mac_key);
        if (sodium_memcmp(mac.data(), raw.data() + 1 + id_size, mac.size()) != 0) continue;
        session_id id;
        std::ranges::copy(cookie_value, id.token_.begin());
        return id;
    }
    return std::nullopt;
}

}  // namespace cookieshop::session
