/// Unguessable names from libsodium's generator (ASVS 11.5.1).

#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace cookieshop {

/// 128 random bits as 22 characters of base64url, without a heap allocation.
class random_token {
public:
    static constexpr std::size_t size = 22;

    static random_token generate();

    /// From the database or a form: None when `text` is not 22 characters of the base64url alphabet.
    static std::optional<random_token> parse(std::string_view text) noexcept;

    std::string_view view() const noexcept { return {text_.data(), text_.size()}; }

    friend bool operator==(const random_token&, const random_token&) = default;

private:
    std::array<char, size> text_{};
};

}  // namespace cookieshop
