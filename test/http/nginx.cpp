#include "http/nginx.hpp"

#include <chrono>
#include <stdexcept>

namespace cookieshop::test {

nginx::nginx()
    : process_{{
        .program = "/usr/sbin/nginx",
        .arguments = {"-p", folder_.path(), "-c", NGINX_CONF, "-e", "nginx.log"},
        .environment = {},
        .folder = folder_.path(),
    }} {
    // It writes the file when it listens.
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!std::filesystem::exists(folder_.path() / "nginx.pid")) {
        if (process_.wait(std::chrono::milliseconds{1}) || std::chrono::steady_clock::now() > deadline)
            throw std::runtime_error{"nginx does not start\n" + process_.errors()};
    }
}

}  // namespace cookieshop::test
