/// The real program, `cookieshop serve`, in a folder of its own.

#pragma once

#include "support/process.hpp"
#include "support/temp_folder.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace cookieshop::test {

/// Name and value of options of the command line; an empty value is an option that takes none. An option that
/// is given replaces the default of these tests.
using options = std::map<std::string, std::string>;

/// The program with these arguments, in this folder, with nothing else in its environment.
finished run_cookieshop(
    std::vector<std::string> arguments, const std::filesystem::path& folder,
    std::map<std::string, std::string> environment = {}, std::string input = {}
);

class server_process {
public:
    /// Starts it, with a free port, cheap password hashes and no limit of registrations, and waits until it
    /// listens.
    explicit server_process(options options = {}, std::map<std::string, std::string> environment = {});
    ~server_process();

    std::uint16_t port() const noexcept { return port_; }
    pid_t id() const noexcept { return process_->id(); }
    const std::filesystem::path& folder() const noexcept { return folder_.path(); }
    std::filesystem::path database() const { return folder() / "cookieshop.db"; }

    /// Again, in the same folder, on another port.
    void start();

    /// The same without waiting: the port is not known, and it may be killed at any moment of its start.
    void launch();

    /// SIGTERM; its exit status.
    int stop();

    /// SIGKILL: it can't do a thing about it.
    void kill();

    void signal(int number) const;

    /// Its exit status, once it has ended by itself or by a signal. None: it runs on after `limit`.
    std::optional<int> wait(std::chrono::milliseconds limit = patience);

    /// What it wrote to the standard error since its last start.
    std::string log() const;

private:
    temp_folder folder_;
    options options_;
    std::map<std::string, std::string> environment_;
    std::unique_ptr<process> process_;
    std::uint16_t port_ = 0;
};

}  // namespace cookieshop::test
