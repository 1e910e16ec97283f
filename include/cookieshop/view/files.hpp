/// The sources of templates, as one value.

#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace cookieshop::view {

/// Content by name, which is the path inside the folder: "login.html", "assets/style.css".
using files = std::map<std::string, std::string, std::less<>>;

/// All files of a folder, its subfolders included. Throws `std::system_error`, which names what can't be
/// read.
files read_files(const std::filesystem::path& folder);

/// When anything in the folder was last changed, added or removed. The folder or a file may vanish meanwhile:
/// throws `std::system_error`.
std::filesystem::file_time_type last_change(const std::filesystem::path& folder);

/// Where the page finds an asset: "style.css" becomes "/assets/style.css?v=…". Throws `std::out_of_range` for
/// a name that is not there.
using asset_url = std::function<std::string(std::string_view name)>;

/// A mistake in a template. Its text begins with file and line, and says what to do.
class view_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace cookieshop::view
