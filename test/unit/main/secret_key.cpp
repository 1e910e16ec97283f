#include "secret_key.hpp"

#include <boost/test/unit_test.hpp>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <future>
#include <iterator>
#include <stdexcept>
#include <string>
#include <system_error>

namespace {

using cookieshop::secret;
using cookieshop::config::load_or_create_secret_keys;
using cookieshop::config::parse_secret_keys;
namespace fs = std::filesystem;

const std::string key_a(32, 'a');
const std::string key_b(40, 'b');

/// A new folder, gone at the end.
struct folder {
    folder() {
        std::string name = (fs::temp_directory_path() / "cookieshop-secret-key-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
        key_file = path / "secret.key";
    }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    ~folder() { fs::remove_all(path); }

    void write_key(
        const std::string& text, fs::perms permissions = fs::perms::owner_read | fs::perms::owner_write
    ) const {
        std::ofstream{key_file, std::ios::binary} << text;
        fs::permissions(key_file, permissions);
    }

    std::string read_key() const {
        std::ifstream file{key_file, std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }

    std::size_t entries() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator{path}, fs::directory_iterator{})
        );
    }

    fs::perms permissions() const { return fs::status(key_file).permissions(); }

    fs::path path, key_file;
};

std::vector<std::string> revealed(const std::vector<secret>& keys) {
    std::vector<std::string> texts;
    for (const auto& key : keys) texts.emplace_back(key.reveal());
    return texts;
}

constexpr auto owner_only = fs::perms::owner_read | fs::perms::owner_write;

BOOST_AUTO_TEST_SUITE(secret_key)

BOOST_AUTO_TEST_CASE(keys_are_separated_by_commas_and_keep_their_order) {
    const std::pair<std::string, std::vector<std::string>> cases[] = {
        {key_a, {key_a}},
        {key_b + "," + key_a, {key_b, key_a}},
        {" " + key_b + " ,  " + key_a + " ", {key_b, key_a}},
        {"x" + std::string(30, ' ') + "x", {"x" + std::string(30, ' ') + "x"}},
    };
    for (const auto& [text, expected] : cases) {
        BOOST_TEST_CONTEXT(text) {
            const auto keys = parse_secret_keys(text);
            BOOST_REQUIRE(keys.has_value());
            BOOST_TEST(revealed(*keys) == expected, boost::test_tools::per_element());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_short_key_spoils_the_list) {
    const std::string cases[] = {
        "",
        " ",
        ",",
        std::string(64, ' '),
        std::string(64, '\0'),
        key_a + "\n" + key_b,
        key_a.substr(1),
        key_a + ",",
        "," + key_a,
        key_a + ",short",
        key_a + ",," + key_b};
    for (const auto& text : cases) {
        BOOST_TEST_CONTEXT('"' << text << '"') BOOST_CHECK(!parse_secret_keys(text));
    }
}

BOOST_FIXTURE_TEST_CASE(the_first_start_makes_a_long_random_key, folder) {
    const auto keys = revealed(load_or_create_secret_keys(path));
    BOOST_REQUIRE(keys.size() == 1);
    BOOST_TEST(keys[0].size() >= 43);
    BOOST_TEST(
        keys[0].find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        == std::string::npos
    );
    BOOST_TEST(read_key() == keys[0] + "\n");
    BOOST_CHECK(permissions() == owner_only);
    BOOST_TEST(entries() == 1);
}

BOOST_AUTO_TEST_CASE(two_folders_get_different_keys) {
    const folder one, other;
    BOOST_TEST(
        revealed(load_or_create_secret_keys(one.path)) != revealed(load_or_create_secret_keys(other.path))
    );
}

BOOST_FIXTURE_TEST_CASE(the_next_start_finds_the_same_key, folder) {
    const auto first = revealed(load_or_create_secret_keys(path));
    BOOST_TEST(revealed(load_or_create_secret_keys(path)) == first);
}

BOOST_FIXTURE_TEST_CASE(starts_at_the_same_time_get_the_same_key, folder) {
    const auto start = [this] { return revealed(load_or_create_secret_keys(path)); };
    std::vector<std::future<std::vector<std::string>>> starts;
    for (int i = 0; i < 8; ++i) starts.push_back(std::async(std::launch::async, start));
    std::vector<std::vector<std::string>> keys;
    for (auto& each : starts) keys.push_back(each.get());
    BOOST_TEST((std::ranges::adjacent_find(keys, std::ranges::not_equal_to{}) == keys.end()));
    BOOST_TEST(entries() == 1);
}

BOOST_FIXTURE_TEST_CASE(a_file_of_ones_own_is_used_as_it_is, folder) {
    const std::pair<std::string, std::vector<std::string>> cases[] = {
        {key_a, {key_a}},
        {key_a + "\n", {key_a}},
        {key_a + "\r\n", {key_a}},
        {key_b + "," + key_a + "\n", {key_b, key_a}},
    };
    for (const auto& [text, expected] : cases) {
        BOOST_TEST_CONTEXT(text) {
            write_key(text);
            BOOST_TEST(revealed(load_or_create_secret_keys(path)) == expected);
            BOOST_TEST(read_key() == text);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(a_file_that_is_too_long_is_refused_not_cut, folder) {
    write_key(std::string(4096, 'k'));
    BOOST_CHECK_THROW(load_or_create_secret_keys(path), std::invalid_argument);
}

BOOST_FIXTURE_TEST_CASE(a_file_with_a_short_key_is_refused_kept_and_not_shown, folder) {
    for (const std::string text : {"", "\n", "hunter2", "hunter2hunter2hunter2hunter2123\n"}) {
        BOOST_TEST_CONTEXT(text) {
            write_key(text);
            BOOST_CHECK_EXCEPTION(
                load_or_create_secret_keys(path), std::invalid_argument,
                [&](const auto& error) {
                    const std::string_view what{error.what()};
                    return what.find("secret.key") != what.npos && what.find("32") != what.npos
                           && what.find("hunter2") == what.npos;
                }
            );
            BOOST_TEST(read_key() == text);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(a_file_that_others_can_read_becomes_its_owners_alone, folder) {
    for (const auto others :
         {fs::perms::group_read, fs::perms::others_read, fs::perms::group_write, fs::perms::others_all}) {
        write_key(key_a, owner_only | others);
        load_or_create_secret_keys(path);
        BOOST_CHECK(permissions() == owner_only);
    }
}

BOOST_FIXTURE_TEST_CASE(a_stricter_file_stays_as_it_is, folder) {
    write_key(key_a, fs::perms::owner_read);
    load_or_create_secret_keys(path);
    BOOST_CHECK(permissions() == fs::perms::owner_read);
}

BOOST_FIXTURE_TEST_CASE(a_missing_folder_is_an_error_of_the_system, folder) {
    BOOST_CHECK_THROW(load_or_create_secret_keys(path / "missing"), std::system_error);
}

BOOST_FIXTURE_TEST_CASE(a_folder_in_the_files_place_is_an_error_of_the_system, folder) {
    fs::create_directory(key_file);
    BOOST_CHECK_THROW(load_or_create_secret_keys(path), std::system_error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
