#include "support/server_process.hpp"

#include <charconv>
#include <csignal>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace cookieshop::test {

namespace {

/// The port that the line names; none while there is no whole line yet.
std::optional<std::uint16_t> announced_port(std::string_view output) {
    const bool announced = output.find("listening on http://") != output.npos;
    if (!announced || !output.ends_with('\n')) return std::nullopt;
    const auto colon = output.rfind(':');
    std::uint16_t port = 0;
    std::from_chars(output.data() + colon + 1, output.data() + output.size(), port);
    return port;
}

}  // namespace

finished run_cookieshop(
    std::vector<std::string> arguments, const std::filesystem::path& folder,
    std::map<std::string, std::string> environment, std::string input
) {
    return run({COOKIESHOP_PROGRAM, std::move(arguments), std::move(environment), folder, std::move(input)});
}

server_process::server_process(options options, std::map<std::string, std::string> environment)
    : options_{std::move(options)}, environment_{std::move(environment)} {
    const test::options defaults{
        {"--port", "0"},
        {"--password-memory", "8KiB"},
        {"--password-passes", "1"},
        {"--registration-limit", "0"}};
    options_.insert(defaults.begin(), defaults.end());
    start();
}

server_process::~server_process() = default;

void server_process::launch() {
    std::vector<std::string> arguments{"serve"};
    for (const auto& [name, value] : options_) {
        arguments.push_back(name);
        if (!value.empty()) arguments.push_back(value);
    }
    process_.reset();
    process_ = std::make_unique<process>(command{COOKIESHOP_PROGRAM, arguments, environment_, folder()});
}

void server_process::start() {
    launch();
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
        const auto ended = process_->wait(std::chrono::milliseconds{1});
        if (const auto port = announced_port(process_->output())) {
            port_ = *port;
            return;
        }
        if (ended || std::chrono::steady_clock::now() > deadline)
            throw std::runtime_error{"cookieshop serve does not listen\n" + process_->output() + log()};
    }
}

int server_process::stop() {
    signal(SIGTERM);
    const auto status = wait();
    if (!status) throw std::runtime_error{"cookieshop serve does not stop\n" + log()};
    return *status;
}

void server_process::kill() {
    signal(SIGKILL);
    wait();
}

void server_process::signal(int number) const {
    process_->signal(number);
}

std::optional<int> server_process::wait(std::chrono::milliseconds limit) {
    return process_->wait(limit);
}

std::string server_process::log() const {
    return process_->errors();
}

}  // namespace cookieshop::test
