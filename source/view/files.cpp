#include "cookieshop/view/files.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

namespace cookieshop::view {

namespace fs = std::filesystem;

namespace {

std::string read_file(const fs::path& path) {
    std::ifstream in{path, std::ios::binary};
    std::string content{std::istreambuf_iterator<char>{in}, {}};
    if (!in) throw std::system_error{errno, std::generic_category(), path.string()};
    return content;
}

}  // namespace

files read_files(const fs::path& folder) {
    files result;
    for (const auto& entry : fs::recursive_directory_iterator{folder}) {
        if (!entry.is_regular_file()) continue;
        result.emplace(entry.path().lexically_relative(folder).generic_string(), read_file(entry.path()));
    }
    return result;
}

fs::file_time_type last_change(const fs::path& folder) {
    // A folder's own time says that something was added or removed.
    auto result = fs::last_write_time(folder);
    for (const auto& entry : fs::recursive_directory_iterator{folder}) {
        result = std::max(result, entry.last_write_time());
    }
    return result;
}

}  // namespace cookieshop::view
