// Runs a fuzz target over the files of the folders that it is given. A folder without files is a failure:
// nothing would be tested.

#include "fuzz/fuzz.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

namespace fs = std::filesystem;

namespace {

std::vector<std::uint8_t> content_of(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    cookieshop::fuzz::demand(file.is_open(), "a kept input can be read");
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::size_t replay(const fs::path& folder) {
    std::size_t files = 0;
    for (const auto& entry : fs::directory_iterator{folder}) {
        std::printf("%s\n", entry.path().c_str());
        std::fflush(stdout);  // the last one is the one that fell
        const std::vector<std::uint8_t> bytes = content_of(entry.path());
        LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
        ++files;
    }
    return files;
}

}  // namespace

int main(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        if (replay(argv[i]) > 0) continue;
        std::fprintf(stderr, "%s holds no input\n", argv[i]);
        return 1;
    }
    return argc > 1 ? 0 : 1;
}
