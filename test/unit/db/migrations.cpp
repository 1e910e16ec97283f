#include "db/migrations.hpp"

#include "support/temporary_database.hpp"

#include <boost/test/unit_test.hpp>

#include <stdexcept>

using namespace cookieshop::db;
using cookieshop::test::schema;

namespace {

std::string all_of(const std::vector<migration>& migrations) {
    std::string text;
    for (const migration& statements : migrations) {
        for (const std::string& statement : statements) text += statement;
    }
    return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(migrations)

BOOST_AUTO_TEST_CASE(headers_split_migrations_and_semicolons_split_statements) {
    const auto read = read_migrations(
        "-- about\n"
        "-- migration 1: tables\n"
        "CREATE TABLE a (\n"
        "    x TEXT,   -- a comment\n"
        "    y TEXT\n"
        ");\n"
        "CREATE TABLE b (z TEXT);\n"
        "\n"
        "-- migration 2: more\n"
        "DROP TABLE b;\n",
        dialect::sqlite
    );
    BOOST_REQUIRE(read.size() == 2U);
    BOOST_REQUIRE(read[0].size() == 2U);
    BOOST_TEST(read[0][0] == "CREATE TABLE a (\nx TEXT,\ny TEXT\n);\n");
    BOOST_TEST(read[0][1] == "CREATE TABLE b (z TEXT);\n");
    BOOST_REQUIRE(read[1].size() == 1U);
    BOOST_TEST(read[1][0] == "DROP TABLE b;\n");
}

BOOST_AUTO_TEST_CASE(a_marked_line_is_for_its_dialect_alone) {
    constexpr auto text = "-- migration 1: a\n"
                          "CREATE TABLE a (\n"
                          "    x TEXT\n"
                          ") WITHOUT ROWID;  -- sqlite\n"
                          ");                -- postgresql\n";
    BOOST_TEST(
        read_migrations(text, dialect::sqlite).at(0).at(0) == "CREATE TABLE a (\nx TEXT\n) WITHOUT ROWID;\n"
    );
    BOOST_TEST(read_migrations(text, dialect::postgresql).at(0).at(0) == "CREATE TABLE a (\nx TEXT\n);\n");
}

BOOST_AUTO_TEST_CASE(a_gap_in_the_numbers_is_refused) {
    constexpr std::string_view cases[] = {
        "-- migration 2: a\nSELECT 1;\n",
        "-- migration 1: a\nSELECT 1;\n-- migration 3: b\nSELECT 1;\n",
        "-- migration 1: a\nSELECT 1;\n-- migration 1: b\nSELECT 1;\n",
        "SELECT 1;\n",
    };
    for (const std::string_view text : cases) {
        BOOST_TEST_CONTEXT(text) {
            BOOST_CHECK_THROW(read_migrations(text, dialect::sqlite), std::invalid_argument);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_schema_reads_in_both_dialects) {
    const std::string sqlite = all_of(read_migrations(schema(), dialect::sqlite));
    const std::string postgresql = all_of(read_migrations(schema(), dialect::postgresql));
    BOOST_TEST(sqlite.find("AUTOINCREMENT") != std::string::npos);
    BOOST_TEST(sqlite.find("IDENTITY") == std::string::npos);
    BOOST_TEST(postgresql.find("IDENTITY") != std::string::npos);
    BOOST_TEST(postgresql.find("AUTOINCREMENT") == std::string::npos);
    BOOST_TEST(postgresql.find("ROWID") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
