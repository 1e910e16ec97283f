#include "cookieshop/auth/password.hpp"

#include "auth/ascii.hpp"
#include "cookieshop/auth/email.hpp"
#include "embedded.hpp"

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

constexpr std::size_t context_word_min = 4;  // a shorter one is in many a good password by chance

// Lower case, and gone when it is not needed any more.
class folded_text {
public:
    // Precondition: it fits.
    explicit folded_text(std::string_view text) : size_{text.size()} {
        std::ranges::transform(text, bytes_.begin(), ascii::to_lower);
    }
    ~folded_text() { sodium_memzero(bytes_.data(), bytes_.size()); }
    folded_text(const folded_text&) = delete;
    folded_text& operator=(const folded_text&) = delete;

    const char* c_str() const noexcept { return bytes_.data(); }
    std::string_view view() const noexcept { return {bytes_.data(), size_}; }

private:
    std::array<char, common_bytes_max + 1> bytes_{};
    std::size_t size_;
};

// Half of the lines at a time: the build sorts them.
bool is_listed(std::string_view folded) {
    std::string_view rest = embedded_breached_passwords().front().content;
    while (!rest.empty()) {
        const std::size_t before = rest.substr(0, rest.size() / 2).rfind('\n');
        const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
        const std::size_t end = rest.find('\n', begin);
        const std::string_view word = rest.substr(begin, end - begin);
        if (word == folded) return true;
        rest = word < folded ? rest.substr(end + 1) : rest.substr(0, begin);
    }
    return false;
}

// The whole address, and what stands before and after its '@'; without the last part of its domain.
std::vector<std::string> words_of(std::string_view email) {
    const std::string folded = fold_email(email);
    const std::size_t at = std::min(folded.find('@'), folded.size());
    const std::size_t dot = std::max(at, std::min(folded.rfind('.'), folded.size()));
    std::vector<std::string> words{folded, folded.substr(0, at)};
    if (at < dot) words.push_back(folded.substr(at + 1, dot - at - 1));
    std::erase_if(words, [](const std::string& word) { return word.size() < context_word_min; });
    return words;
}

double guesses_in_bits(const folded_text& password, const std::vector<std::string>& context) {
    std::vector<const char*> words;
    for (const std::string& word : context) words.push_back(word.c_str());
    words.insert(words.end(), further_words.begin(), further_words.end());
    words.push_back(nullptr);
    return ZxcvbnMatch(password.c_str(), words.data(), nullptr);
}

}  // namespace

bool is_common_password(std::string_view password, std::string_view email) {
    const std::vector<std::string> context = words_of(email);
    const auto is_password = [password](std::string_view word) {
        return ascii::equal_ignoring_case(word, password);
    };
    if (std::ranges::any_of(context, is_password)) return true;
    // The lists are of printable ASCII, and zxcvbn knows nothing else.
    if (password.size() > common_bytes_max || !std::ranges::all_of(password, is_printable_ascii))
        return false;
    const folded_text folded{password};
    if (is_listed(folded.view())) return true;
    const bool phrase = password.find_first_of(phrase_separators) != std::string_view::npos;
    return guesses_in_bits(folded, context) < (phrase ? phrase_bits_min : run_together_bits_min);
}

std::vector<std::string> password_faults(
    std::string_view password, std::size_t length_min, std::string_view email
) {
    if (password.size() > password_bytes_max) {
        return {"The password must be at most " + std::to_string(password_bytes_max) + " bytes long."};
    }
    // A common one that is too short needs no second reproach.
    if (code_points(password) < length_min) {
        return {"The password must be at least " + std::to_string(length_min) + " characters long."};
    }
    if (is_common_password(password, email)) return {"This password is too common. Please choose another."};
    return {};
}

}  // namespace cookieshop::auth
