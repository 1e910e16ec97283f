#include "cookieshop/db/database.hpp"

#include "cookieshop/util/error.hpp"
#include "support/disk_faults.hpp"
#include "support/temp_folder.hpp"
#include "support/temporary_database.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <ios>
#include <stdexcept>
#include <stop_token>

using namespace cookieshop;
using namespace cookieshop::db;
namespace fs = std::filesystem;

namespace {

constexpr auto version_1 = "-- migration 1: a\nCREATE TABLE a (x TEXT);\n";
constexpr auto versions_1_and_2 = "-- migration 1: a\nCREATE TABLE a (x TEXT);\n"
                                  "-- migration 2: b\nCREATE TABLE b (x TEXT);\n";
constexpr auto a_broken_version_2 = "-- migration 1: a\nCREATE TABLE a (x TEXT);\n"
                                    "-- migration 2: b\nCREATE TABLE b (x TEXT);\nCREATE TABLE b (y TEXT);\n";

struct fixture {
    database with(std::string_view schema) const { return {"sqlite3://" + file.string(), schema}; }

    bool has_table(const std::string& name) const {
        long long count = 0;
        with(version_1).open()->run(
            "SELECT COUNT(*) FROM sqlite_master WHERE name = :name", in(name), out(count)
        );
        return count == 1;
    }

    static int mode_of(const fs::path& path) {
        struct stat status {};
        BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
        return static_cast<int>(status.st_mode & 07777U);
    }

    test::temp_folder folder;
    fs::path file = folder.path() / "a shop.db";
};

bool says(const std::exception& error, std::string_view part) {
    return std::string_view{error.what()}.find(part) != std::string_view::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(database_, fixture)

BOOST_AUTO_TEST_CASE(other_connection_strings_are_refused) {
    struct {
        const char *url, *reason;
    } constexpr cases[] = {
        {"", "sqlite3://"},
        {"shop.db", "sqlite3://"},
        {"mysql://db=shop", "sqlite3://"},
        {"sqlite3://", "path"},
        {"sqlite3://a\"b.db", "quotation"},
        {"sqlite3://:memory:", "memory"},
        {"postgresql://host=localhost password=hunter2", "PostgreSQL is not built in"},
    };
    for (const auto& [url, reason] : cases) {
        const auto says_why = [why = reason](const auto& error) {
            return says(error, why) && !says(error, "hunter2");
        };
        BOOST_TEST_CONTEXT(url) {
            BOOST_CHECK_EXCEPTION(database(url, version_1), std::invalid_argument, says_why);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_relative_path_is_from_the_working_directory) {
    BOOST_TEST(database("sqlite3://shop.db", version_1).file().value() == fs::current_path() / "shop.db");
}

BOOST_AUTO_TEST_CASE(a_new_database_is_its_owners_alone) {
    const mode_t umask_before = ::umask(0);
    const auto c = with(version_1).open();
    c->sql() << "CREATE TABLE a (x TEXT)";
    ::umask(umask_before);
    for (const char* suffix : {"", "-wal", "-shm"}) {
        BOOST_TEST_CONTEXT(suffix) {
            BOOST_TEST(mode_of(fs::path{file} += suffix) == 0600);
        }
    }
}

BOOST_AUTO_TEST_CASE(an_old_database_becomes_its_owners_alone) {
    std::ofstream{file}.flush();
    ::chmod(file.c_str(), 0664);
    with(version_1).open();
    BOOST_TEST(mode_of(file) == 0600);
}

BOOST_AUTO_TEST_CASE(a_connection_is_set_up_to_be_durable) {
    const auto c = with(version_1).open();
    struct {
        const char *pragma, *value;
    } constexpr cases[] = {
        {"PRAGMA journal_mode", "wal"},
        {"PRAGMA synchronous", "2"},
        {"PRAGMA foreign_keys", "1"},
        {"PRAGMA busy_timeout", "5000"},
    };
    for (const auto& [pragma, value] : cases) {
        std::string is;
        c->run(pragma, in(), out(is));
        BOOST_TEST_CONTEXT(pragma) {
            BOOST_TEST(is == value);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_database_is_unavailable) {
    std::ofstream{file} << std::string(4096, '?');
    const auto names_it = [&](const unavailable& error) {
        return says(error, file.string()) && says(error, "not a database");
    };
    BOOST_CHECK_EXCEPTION(with(version_1).open(), unavailable, names_it);
    BOOST_CHECK_EXCEPTION(with(version_1).migrate(), unavailable, names_it);
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_missing_is_unavailable) {
    file = folder.path() / "missing" / "shop.db";
    BOOST_CHECK_EXCEPTION(with(version_1).open(), unavailable, [&](const unavailable& error) {
        return says(error, file.string()) && says(error, "No such file or directory");
    });
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_applied_once) {
    BOOST_TEST(with(version_1).migrate().applied == 1);
    BOOST_TEST(with(version_1).migrate().applied == 0);
    BOOST_TEST(with(versions_1_and_2).migrate().applied == 1);
    BOOST_TEST(with(versions_1_and_2).migrate().applied == 0);
    BOOST_TEST(has_table("a"));
    BOOST_TEST(has_table("b"));
}

BOOST_AUTO_TEST_CASE(it_is_new_until_something_is_in_it) {
    BOOST_TEST(with(version_1).migrate().is_new);
    BOOST_TEST(!with(version_1).migrate().is_new);
    fs::resize_file(file, 0);  // as a first start leaves it that is killed at once
    BOOST_TEST(with(version_1).migrate().is_new);
}

BOOST_AUTO_TEST_CASE(the_schema_itself_can_be_applied) {
    BOOST_TEST(with(test::schema()).migrate().applied > 0);
    BOOST_TEST(has_table("sessions"));
}

BOOST_AUTO_TEST_CASE(a_newer_database_is_refused_and_both_versions_named) {
    with(versions_1_and_2).migrate();
    BOOST_CHECK_EXCEPTION(with(version_1).migrate(), unavailable, [](const unavailable& error) {
        return says(error, "version 2") && says(error, "knows 1");
    });
}

BOOST_AUTO_TEST_CASE(a_migration_that_fails_leaves_nothing_behind) {
    BOOST_CHECK_THROW(with(a_broken_version_2).migrate(), unavailable);
    BOOST_TEST(has_table("a"));  // its own transaction
    BOOST_TEST(!has_table("b"));
    BOOST_TEST(with(versions_1_and_2).migrate().applied == 1);
}

BOOST_AUTO_TEST_CASE(a_second_server_is_refused) {
    {
        database first = with(version_1), second = with(version_1);
        first.lock_for_serving();
        BOOST_CHECK_EXCEPTION(second.lock_for_serving(), unavailable, [&](const unavailable& error) {
            return says(error, file.string()) && says(error, "another server");
        });
        BOOST_CHECK_NO_THROW(second.open());  // the other commands still work
    }
    BOOST_CHECK_NO_THROW(with(version_1).lock_for_serving());
    BOOST_TEST(mode_of(fs::path{file} += "-lock") == 0600);
}

BOOST_AUTO_TEST_CASE(a_second_server_is_refused_by_whatever_name_it_calls_the_file) {
    database first = with(version_1);
    first.migrate();
    first.lock_for_serving();
    const fs::path link = fs::path{file} += ".link";
    fs::create_symlink(file, link);
    database second{"sqlite3://" + link.string(), version_1};
    BOOST_CHECK_THROW(second.lock_for_serving(), unavailable);
}

BOOST_AUTO_TEST_CASE(a_check_finds_damage_unless_it_is_to_stop) {
    with(version_1).migrate();
    with(version_1).open()->sql(
    ) << "INSERT INTO a WITH RECURSIVE n(x) AS (SELECT 1 UNION SELECT x + 1 FROM n"
         " WHERE x < 5000) SELECT hex(zeroblob(20)) || x FROM n";
    std::stop_source stop;
    database sound = with(version_1);
    sound.check(stop.get_token());
    BOOST_TEST(sound.health().readable());

    constexpr std::size_t page = 4096;
    const std::size_t last = fs::file_size(file) - page;
    std::fstream{file, std::ios::in | std::ios::out | std::ios::binary}.seekp(static_cast<std::streamoff>(last
    )) << std::string(page, 'x');
    database damaged = with(version_1), stopping = with(version_1);
    damaged.check(stop.get_token());
    BOOST_TEST(!damaged.health().readable());
    BOOST_TEST(says(unavailable{damaged.health().reason()}, "restore a backup"));
    stop.request_stop();
    stopping.check(stop.get_token());
    BOOST_TEST(stopping.health().readable());
}

BOOST_AUTO_TEST_CASE(a_disk_that_can_not_be_read_is_no_damage_to_a_check) {
    with(version_1).migrate();
    with(version_1).open()->sql() << "INSERT INTO a VALUES (zeroblob(1000000))";
    test::disk_faults& faults = *test::own_disk_faults();
    database unread = with(version_1);
    faults.read_from = 500'000;
    faults.read = ETIMEDOUT;
    unread.check({});
    faults.mend();
    BOOST_TEST(unread.health().readable());
}

BOOST_AUTO_TEST_CASE(as_it_is_it_opens_with_the_newest_schema_alone) {
    const auto refuses = [this](const char* schema, std::string_view why) {
        BOOST_TEST_CONTEXT(why) {
            BOOST_CHECK_EXCEPTION(with(schema).open_as_it_is(), unavailable, [&](const auto& error) {
                return says(error, why);
            });
        }
    };
    refuses(version_1, "run cookieshop migrate");
    BOOST_TEST(!fs::exists(file));
    with(version_1).open();  // no schema at all
    refuses(version_1, "run cookieshop migrate");
    with(version_1).migrate();
    BOOST_TEST(with(version_1).open_as_it_is() != nullptr);
    refuses(versions_1_and_2, "older than this program; run cookieshop migrate");
    BOOST_TEST(!has_table("b"));
    with(versions_1_and_2).migrate();
    refuses(version_1, "made by a newer cookieshop");
}

BOOST_AUTO_TEST_SUITE_END()
