/// What the browser holds, and what the store is keyed with.
///
///     cookie = base64url(key number ‖ id ‖ MAC)
///         key number   1 byte
///         id           16 random bytes
///         MAC          HMAC-SHA-256 of both, cut to 16 bytes
///
/// 33 bytes make 44 characters with no bits left over, so that no two texts mean the same bytes.
///
/// Invariants:
///   I1. A `session_id` exists only if this process generated it or its MAC was right: a forged or damaged
///       cookie can't be looked up in a store, because no store takes anything else.
///   I2. A store is given the hash of an id and never the id: who reads the database can't log in with it.
///
/// Values without locks; any thread.

#pragma once

#include "cookieshop/util/secret.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cookieshop::session {

class session_id {
public:
    static constexpr std::size_t token_size = 44;

    /// The cookie's value. For Set-Cookie and for the cache; never for a page, a URL or a log.
    std::string_view token() const noexcept { return {token_.data(), token_.size()}; }

    /// BLAKE2b-256 of the id in base64url, 43 characters: what the store is keyed with. The id has 128 random
    /// bits, so a fast hash is enough (ASVS 6.5.2).
    std::string key() const;

    friend bool operator==(const session_id&, const session_id&) = default;

private:
    friend class id_signer;
    session_id() = default;

    std::array<char, token_size> token_;
};

/// Makes ids and tells ours from others. Const once made.
class id_signer {
public:
    /// `keys`: the first signs, all verify. A key's number comes from the key itself, so that their order may
    /// change. Throws `std::invalid_argument` when there is none, or one is shorter than `key_size_min`.
    explicit id_signer(std::span<const secret> keys);

    static constexpr std::size_t key_size_min = 32;

    /// A new id, from libsodium's generator.
    session_id generate() const;

    /// None unless it has the right form and the MAC of one of the keys. Constant time in the MAC.
    std::optional<session_id> verify(std::string_view cookie_value) const;

private:
    struct key {
        std::uint8_t number;
        std::array<unsigned char, 32> mac_key;
    };
    std::vector<key> keys_;
};

}  // namespace cookieshop::session
