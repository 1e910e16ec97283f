#include "support/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {  // which glibc 2.36 does not say in the header itself
#include <sys/pidfd.h>
}

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace cookieshop::test {

namespace {

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error{errno, std::generic_category(), what};
}

std::vector<std::string> environment_of(const command& command) {
    std::vector<std::string> result;
    for (const char* name :
         {"PATH", "HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"}) {
        const char* value = std::getenv(name);
        if (value != nullptr && !command.environment.contains(name))
            result.push_back(std::string{name} + "=" + value);
    }
    for (const auto& [name, value] : command.environment) result.push_back(name + "=" + value);
    return result;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (auto& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

int open_output(const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) fail(path.string());
    return file;
}

int open_input(const command& command) {
    const auto path = command.folder / ".stdin";
    if (!command.input.empty()) std::ofstream{path, std::ios::binary} << command.input;
    const int file = ::open(command.input.empty() ? "/dev/null" : path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) fail(path.string());
    return file;
}

}  // namespace

process::process(const command& command)
    : output_{command.folder / ".stdout"}, errors_{command.folder / ".stderr"} {
    std::vector<std::string> arguments{command.program.string()};
    arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
    auto environment = environment_of(command);
    const auto argument_list = pointers(arguments), environment_list = pointers(environment);
    const int in = open_input(command), out = open_output(output_), err = open_output(errors_);

    // Nothing but system calls between fork and exec: a test may have threads.
    id_ = ::fork();
    if (id_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::chdir(command.folder.c_str()) == 0 && ::dup2(in, 0) >= 0 && ::dup2(out, 1) >= 0
            && ::dup2(err, 2) >= 0)
            ::execve(argument_list.front(), argument_list.data(), environment_list.data());
        ::_exit(127);
    }
    ::close(in);
    ::close(out);
    ::close(err);
    if (id_ < 0) fail("fork");
    handle_ = ::pidfd_open(id_, 0);
    if (handle_ < 0) fail("pidfd_open");
}

process::~process() {
    if (!status_) {
        ::kill(id_, SIGKILL);
        ::waitpid(id_, nullptr, 0);
    }
    ::close(handle_);
}

void process::signal(int number) const {
    if (!status_) ::kill(id_, number);
}

std::optional<int> process::wait(std::chrono::milliseconds limit) {
    if (status_) return status_;
    pollfd ended{handle_, POLLIN, 0};
    if (::poll(&ended, 1, static_cast<int>(limit.count())) <= 0) return std::nullopt;
    int status = 0;
    if (::waitpid(id_, &status, 0) != id_) fail("waitpid");
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return status_;
}

std::string process::output() const {
    return read_file(output_);
}
std::string process::errors() const {
    return read_file(errors_);
}

finished run(const command& command) {
    process process{command};
    const auto status = process.wait();
    if (!status) throw std::runtime_error{command.program.string() + " does not end\n" + process.errors()};
    return {*status, process.output(), process.errors()};
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace cookieshop::test
