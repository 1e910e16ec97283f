#include "cookieshop/auth/password.hpp"

#include "auth/ascii.hpp"

#include <sodium/utils.h>
#include <zxcvbn.h>

#include <algorithm>
#include <array>

namespace cookieshop::auth {
namespace {

// No entry of the usual lists is longer. Also bounds the work: zxcvbn takes 0.4 ms for 32 equal letters, the
// worst case, and time grows with the square of the length.
constexpr std::size_t common_bytes_max = 32;

// Guesses until zxcvbn finds it, in bits. Lists hold words and keys in a row, run together: refused within
// the first million guesses. They hold next to no phrases, for which zxcvbn's estimate is low: the first ten
// thousand.
constexpr double run_together_bits_min = 20;
constexpr double phrase_bits_min = 13;
constexpr std::string_view phrase_separators = " -_.";

// What zxcvbn's own lists lack: the name of this place (ASVS 6.2.11), and well-known passwords that it takes
// for strong: ways over the keyboard, numbers, words of other languages and of keyboards switched to
// Cyrillic.
constexpr auto further_words = std::to_array<const char*>(
    {"cookieshop",
     // ways over the keyboard
     "!qaz2wsx", "12qw34er", "1a2s3d4f", "1g2w3e4r", "1q2w3e4r5t6y", "1qa2ws3ed", "1qaz2wsx3edc", "1qaz@wsx",
     "1qazxsw23edc", "1qw23er4", "1z2x3c4v", "2wsx3edc", "a1s2d3f4", "asdqwe123", "azertyuiop", "azsxdcfv",
     "gwerty123", "p0o9i8u7", "q1w2e3r4t5", "q2w3e4r5", "qawsedrf", "qazwsxedcrfv", "qweasdzxc",
     "qwerasdfzxcv", "z1x2c3v4", "zag12wsx", "zaq1@wsx", "zxcasdqwe",
     // numbers and patterns
     "0192837465", "1029384756", "111222tianya", "112233445566", "1213141516", "13243546", "192837465",
     "19283746", "1q2q3q4q", "22446688", "4815162342", "5201314520", "789632145", "918273645", "a1a2a3a4",
     "a1b2c3d4e5", "q1q2q3q4", "qqww1122",
     // words
     "anhyeuem", "bismillah", "cambiami", "dbrnjhbz", "fktrcfylh", "friendster", "fyfcnfcbz", "gfhjkm",
     "ghbdtn", "kennwort", "leavemealone", "motdepasse", "needforspeed", "runescape", "vkontakte",
     "wachtwoord", "woaini"}
);

bool is_printable_ascii(char c) noexcept {
    return c >= ' ' && c <= '~';
}

std::size_t code_points(std::string_view utf8) noexcept {
    const auto begins_one = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; };
    return static_cast<std::size_t>(std::ranges::count_if(utf8, begins_one));
}

// Precondition: `password` fits, and is printable ASCII.
double guesses_in_bits(std::string_view password) {
    std::array<char, common_bytes_max + 1> folded{};
    std::ranges::transform(password, folded.begin(), ascii::to_lower);
    std::array<const char*, further_words.size() + 1> words{};  // ends with a null
    std::ranges::copy(further_words, words.begin());
    const double bits = ZxcvbnMatch(folded.data(), words.data(), nullptr);
    sodium_memzero(folded.data(), folded.size());
    return bits;
}

}  // namespace

bool is_common_password(std::string_view password) {
    // The lists are of printable ASCII, and zxcvbn knows nothing else.
    if (password.size() > common_bytes_max || !std::ranges::all_of(password, is_printable_ascii))
        return false;
    const bool phrase = password.find_first_of(phrase_separators) != std::string_view::npos;
    return guesses_in_bits(password) < (phrase ? phrase_bits_min : run_together_bits_min);
}

std::vector<std::string> password_faults(std::string_view password, std::size_t length_min) {
    if (password.size() > password_bytes_max) {
        return {"The password must be at most " + std::to_string(password_bytes_max) + " bytes long."};
    }
    // A common one that is too short needs no second reproach.
    if (code_points(password) < length_min) {
        return {"The password must be at least " + std::to_string(length_min) + " characters long."};
    }
    if (is_common_password(password)) return {"This password is too common. Please choose another."};
    return {};
}

}  // namespace cookieshop::auth
