#include "cookieshop/view/files.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

#include <unistd.h>

namespace fs = std::filesystem;
namespace view = cookieshop::view;

namespace {

struct folder {
    folder() { fs::create_directories(path / "assets"); }
    ~folder() { fs::remove_all(path); }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;

    void write(std::string_view name, std::string_view content) const {
        std::ofstream{path / name, std::ios::binary} << content;
    }

    fs::path path = fs::temp_directory_path() / ("cookieshop-files-" + std::to_string(::getpid()));
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(files, folder)

BOOST_AUTO_TEST_CASE(names_are_paths_inside_the_folder) {
    write("login.html", "<h1>");
    write("assets/style.css", "");
    const auto read = view::read_files(path);
    BOOST_TEST(read.size() == 2U);
    BOOST_TEST(read.at("login.html") == "<h1>");
    BOOST_TEST(read.at("assets/style.css") == "");
}

BOOST_AUTO_TEST_CASE(content_is_taken_byte_for_byte) {
    const std::string bytes{"\0\r\n\xff\x1a", 5};
    write("x.html", bytes);
    BOOST_TEST(view::read_files(path).at("x.html") == bytes);
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_not_there_is_named) {
    BOOST_CHECK_EXCEPTION(view::read_files(path / "nowhere"), std::system_error, [](const auto& error) {
        return std::string_view{error.what()}.find("nowhere") != std::string_view::npos;
    });
}

BOOST_AUTO_TEST_CASE(the_last_change_is_that_of_the_youngest_file) {
    write("a.html", "a");
    write("assets/b.css", "b");
    const auto before = view::last_change(path);
    const auto later = before + std::chrono::hours{1};
    fs::last_write_time(path / "assets/b.css", later);
    BOOST_TEST((view::last_change(path) == later));
}

BOOST_AUTO_TEST_CASE(a_removed_file_is_a_change) {
    write("a.html", "a");
    const auto old = fs::file_time_type::clock::now() - std::chrono::hours{1};
    fs::last_write_time(path / "a.html", old);
    fs::last_write_time(path / "assets", old);
    fs::last_write_time(path, old);
    BOOST_TEST((view::last_change(path) == old));
    fs::remove(path / "a.html");
    BOOST_TEST((view::last_change(path) > old));
}

BOOST_AUTO_TEST_SUITE_END()
