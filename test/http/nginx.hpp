/// nginx, with `nginx.conf`, in a folder of its own.

#pragma once

#include "support/process.hpp"
#include "support/temp_folder.hpp"

#include <filesystem>

namespace cookieshop::test {

class nginx {
public:
    /// Starts it and waits until it listens.
    nginx();

    /// A Unix socket: no port that something else may have taken meanwhile.
    std::filesystem::path socket() const { return folder_.path() / "front.sock"; }

private:
    temp_folder folder_;
    process process_;
};

}  // namespace cookieshop::test
