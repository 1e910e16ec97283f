#include "db/log_file.hpp"

#include "cookieshop/db/database.hpp"
#include "support/temp_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>

using namespace cookieshop;
using namespace cookieshop::db;
namespace fs = std::filesystem;

namespace {

constexpr auto schema = "-- migration 1: a\nCREATE TABLE a (x TEXT);\n";
constexpr std::size_t header_size = 32, frame_size = 24 + 4096;

// A copy of the log in which a test may break something: SQLite's own is in use.
struct fixture {
    fixture() { db.migrate(); }

    void commit() { c->run("INSERT INTO a (x) VALUES ('x')"); }
    void begin_log_anew() { c->run("PRAGMA wal_checkpoint(TRUNCATE)"); }
    log_generation note() {
        note_generation(*c, log, noted);
        return noted.generation;
    }

    std::string content() const {
        std::ifstream in{log, std::ios::binary};
        return {std::istreambuf_iterator<char>{in}, {}};
    }
    log_end end_of(const std::string& bytes) const {
        const fs::path copy = folder.path() / "copy";
        std::ofstream{copy, std::ios::binary} << bytes;
        return end_of_log(copy);
    }
    static std::string flipped(std::string bytes, std::size_t at) {
        bytes.at(at) = static_cast<char>(~bytes.at(at));
        return bytes;
    }

    test::temp_folder folder;
    fs::path file = folder.path() / "shop.db", log = folder.path() / "shop.db-wal";
    database db{"sqlite3://" + file.string(), schema};
    std::unique_ptr<connection> c = db.open();
    log_note noted;
};

}  // namespace

namespace cookieshop::db {
static std::ostream& operator<<(std::ostream& out, log_end end) {
    return out << (end == log_end::whole ? "whole" : end == log_end::torn ? "torn" : "damaged");
}
}  // namespace cookieshop::db

BOOST_FIXTURE_TEST_SUITE(log_file, fixture)

BOOST_AUTO_TEST_CASE(a_log_without_content_has_no_generation) {
    BOOST_CHECK(!generation_of(log));
    BOOST_CHECK(!generation_of(folder.path() / "none"));
    BOOST_TEST(note() == 0U);
    commit();
    BOOST_CHECK(generation_of(log));
}

BOOST_AUTO_TEST_CASE(a_generation_is_noted_once) {
    commit();
    const log_generation first = note();
    BOOST_TEST(first == generation_of(log).value());
    const auto size = fs::file_size(log);
    BOOST_TEST(note() == first);
    noted = {};  // after a restart
    BOOST_TEST(note() == first);
    BOOST_TEST(fs::file_size(log) == size);
}

BOOST_AUTO_TEST_CASE(a_log_is_the_databases_when_that_has_seen_a_part_of_it) {
    commit();
    note();
    c->run("PRAGMA wal_checkpoint(PASSIVE)");
    const log_generation noted = noted_generation(file);
    BOOST_TEST(noted == generation_of(log).value());
    BOOST_CHECK(owner_of_log(*c, log, noted) == log_owner::this_database);
}

BOOST_AUTO_TEST_CASE(a_log_is_anothers_when_the_database_is_older_than_what_it_began_with) {
    commit();
    note();
    begin_log_anew();
    const log_generation backup = noted_generation(file);
    commit();
    note();
    BOOST_CHECK(owner_of_log(*c, log, noted_generation(file)) == log_owner::unknown);
    BOOST_CHECK(owner_of_log(*c, log, backup) == log_owner::unknown);
    begin_log_anew();
    commit();
    BOOST_CHECK(owner_of_log(*c, log, backup) == log_owner::unknown);  // not noted yet
    note();
    BOOST_CHECK(owner_of_log(*c, log, noted_generation(file)) == log_owner::unknown);
    BOOST_CHECK(owner_of_log(*c, log, backup) == log_owner::another);
    BOOST_CHECK(owner_of_log(*c, log, 0) == log_owner::another);
}

BOOST_AUTO_TEST_CASE(after_a_note_that_failed_nobody_is_accused) {
    commit();
    note();
    begin_log_anew();
    const log_generation backup = noted_generation(file);
    begin_log_anew();
    commit();
    noted.unfinished = true;
    note();
    BOOST_TEST(!noted.unfinished);
    BOOST_CHECK(owner_of_log(*c, log, backup) == log_owner::unknown);
    BOOST_CHECK(owner_of_log(*c, log, 12345) == log_owner::unknown);
}

BOOST_AUTO_TEST_CASE(what_sqlite_left_is_whole) {
    BOOST_TEST(end_of({}) == log_end::whole);
    for (int i = 0; i < 6; ++i) {
        commit();
        BOOST_TEST(end_of(content()) == log_end::whole);
    }
    // The next generation is shorter, and what is behind it in the file is of the one before.
    c->run("PRAGMA wal_checkpoint(RESTART)");
    const auto size = fs::file_size(log);
    commit();
    BOOST_TEST(fs::file_size(log) == size);
    BOOST_TEST(end_of(content()) == log_end::whole);
}

BOOST_AUTO_TEST_CASE(a_last_commit_that_is_not_all_there_is_torn) {
    for (int i = 0; i < 6; ++i) commit();
    const std::string whole = content();
    BOOST_TEST(end_of(whole.substr(0, whole.size() - 1)) == log_end::torn);
    BOOST_TEST(end_of(whole.substr(0, header_size + 5)) == log_end::torn);
    BOOST_TEST(end_of(whole.substr(0, 20)) == log_end::torn);
    BOOST_TEST(end_of(flipped(whole, whole.size() - 1)) == log_end::torn);
    BOOST_TEST(end_of(flipped(whole, 4)) == log_end::torn);  // its header: nobody can say what it held
}

// A process that is killed between writing its commit and telling the others of it leaves a commit that the next
// one writes over, from its beginning on.
BOOST_AUTO_TEST_CASE(commits_that_others_were_written_over_are_torn) {
    for (int i = 0; i < 3; ++i) commit();
    const std::string left = content();
    const auto frame_of = [](const std::string& bytes, std::size_t n) {
        return bytes.substr(header_size + n * frame_size, frame_size);
    };
    const std::size_t frames = (left.size() - header_size) / frame_size;
    const std::string last = frame_of(left, frames - 1);
    // Twice one that was left over, in the places of what is not there any more.
    BOOST_TEST(end_of(left + flipped(last, 100) + last + last) == log_end::torn);
}

BOOST_AUTO_TEST_CASE(commits_behind_a_broken_one_are_damage) {
    for (int i = 0; i < 6; ++i) commit();
    const std::string whole = content();
    for (std::size_t frame = 0; frame + 2 < (whole.size() - header_size) / frame_size; ++frame) {
        for (const std::size_t at : {0U, 9U, 17U, 24U, 4000U}) {
            BOOST_TEST_CONTEXT("byte " << at << " of frame " << frame) {
                BOOST_TEST(end_of(flipped(whole, header_size + frame * frame_size + at)) == log_end::damaged);
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
