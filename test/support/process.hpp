/// Programs that a test runs. Nothing here waits longer than its limit, and no process outlives its object.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cookieshop::test {

/// Long enough for a sanitizer's build on a busy machine; a test that comes near it is broken.
inline constexpr std::chrono::seconds patience{30};

struct command {
    std::filesystem::path program;
    std::vector<std::string> arguments;
    std::map<std::string, std::string>
        environment;               ///< the whole of it, but for PATH and what sanitizers read
    std::filesystem::path folder;  ///< where it runs, and where its output goes
    std::string input = {};        ///< what it reads from the standard input
};

/// Output and errors are kept in files of the folder, so that they can be read at any time, after a kill too.
class process {
public:
    explicit process(const command& command);
    ~process();
    process(const process&) = delete;
    process& operator=(const process&) = delete;

    pid_t id() const noexcept { return id_; }

    void signal(int number) const;

    /// Its exit status, or 128 and the number of the signal that ended it. None: it still runs after `limit`.
    std::optional<int> wait(std::chrono::milliseconds limit = patience);

    std::string output() const;
    std::string errors() const;

private:
    std::filesystem::path output_, errors_;
    pid_t id_ = -1;
    int handle_ = -1;  // readable when the process has ended
    std::optional<int> status_;
};

struct finished {
    int status;
    std::string output, errors;
};

/// Runs it to its end; throws if it has none within `patience`.
finished run(const command& command);

std::string read_file(const std::filesystem::path& path);

}  // namespace cookieshop::test
