/// What a new password must be (ASVS 6.2: length and a blocklist, no composition rules).

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cookieshop::auth {

inline constexpr std::size_t password_bytes_max = 1024;

/// The sentences that say what is wrong with a new password of the user with that email; empty: nothing.
/// `length_min` counts code points. Taken exactly as typed: not trimmed, not normalised, NUL and emoji are
/// characters like others.
std::vector<std::string> password_faults(
    std::string_view password, std::size_t length_min, std::string_view email = {}
);

/// Whether it is among the 30,000 most frequent passwords of breaches, or is so close to a common one (a
/// digit more, letters as digits) that it is among the first guesses: zxcvbn's lists and estimate, whatever
/// the case of its letters. The name of this place counts as common, and so does the user's own address, with
/// what is often added to them: "cookieshop2026" (ASVS 6.2.4, 6.2.11, 6.2.12). What is longer than any entry
/// of such lists, or holds anything but printable ASCII, is not common. At most half a millisecond.
bool is_common_password(std::string_view password, std::string_view email = {});

}  // namespace cookieshop::auth
