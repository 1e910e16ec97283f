#include "password_input.hpp"

#include "cookieshop/auth/password.hpp"

#include <sodium/utils.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <system_error>

namespace cookieshop {

namespace {

// What the signal handler needs; all that it calls may be called there (POSIX, 2.4.3).
termios terminal_before;

void restore_and_end(int signal) {
    ::tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before);
    ::raise(signal);  // its handler is the default again: SA_RESETHAND
}

// While it lives, the terminal does not show what is typed.
class silence {
public:
    silence() {
        ::tcgetattr(STDIN_FILENO, &terminal_before);
        for (std::size_t i = 0; i < signals.size(); ++i) {
            struct sigaction action {};
            // Stopped by ^Z, the program would leave the terminal silent.
            action.sa_handler = signals[i] == SIGTSTP ? SIG_IGN : restore_and_end;
            action.sa_flags = static_cast<int>(SA_RESETHAND);
            ::sigaction(signals[i], &action, &actions_before_[i]);
        }
        termios silent = terminal_before;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSANOW, &silent);
    }
    ~silence() {
        ::tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before);
        for (std::size_t i = 0; i < signals.size(); ++i)
            ::sigaction(signals[i], &actions_before_[i], nullptr);
    }
    silence(const silence&) = delete;
    silence& operator=(const silence&) = delete;

private:
    static constexpr std::array signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
    std::array<struct sigaction, signals.size()> actions_before_{};
};

// Room for the longest password, its newline, and one byte that shows that it is longer.
class input_buffer {
public:
    ~input_buffer() { sodium_memzero(bytes_.data(), bytes_.size()); }
    input_buffer() = default;
    input_buffer(const input_buffer&) = delete;
    input_buffer& operator=(const input_buffer&) = delete;

    // False: there is no more, or no room.
    bool read_more() {
        for (;;) {
            const ssize_t count = ::read(STDIN_FILENO, bytes_.data() + size_, bytes_.size() - size_);
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) throw std::system_error{errno, std::generic_category(), "can't read the password"};
            size_ += static_cast<std::size_t>(count);
            return count > 0 && size_ < bytes_.size();
        }
    }

    std::string_view text() const noexcept { return {bytes_.data(), size_}; }

private:
    std::array<char, auth::password_bytes_max + 2> bytes_{};
    std::size_t size_ = 0;
};

void say(std::string_view text) {
    [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, text.data(), text.size());
}

void read_line_silently(input_buffer& input) {
    say("Password: ");
    const silence silence;
    while (input.read_more() && !input.text().ends_with('\n')) {}
    say("\n");
}

}  // namespace

secret read_password() {
    input_buffer input;
    if (::isatty(STDIN_FILENO) == 1)
        read_line_silently(input);
    else
        while (input.read_more()) {}
    std::string_view text = input.text();
    if (text.ends_with('\n')) text.remove_suffix(1);
    return secret{text};
}

}  // namespace cookieshop
