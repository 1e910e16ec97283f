#include "cookieshop/db/connection.hpp"

#include "support/temporary_database.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <limits>
#include <vector>

using namespace cookieshop;
using namespace cookieshop::db;

namespace {

struct fixture {
    fixture() { c->sql() << "CREATE TABLE thing (number BIGINT UNIQUE, text TEXT)"; }

    void insert(long long number, std::string_view text) {
        c->run("INSERT INTO thing (number, text) VALUES (:number, :text)", in(number, text));
    }

    test::temporary_database database;
    std::unique_ptr<connection> c = database->open();
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(connection_, fixture)

BOOST_AUTO_TEST_CASE(text_comes_back_as_it_was) {
    const std::string cases[] = {
        "",
        "plain",
        "ünïcödé 🍪",
        "'; DROP TABLE thing; --",
        std::string{"a\0b", 3},
        std::string(64 * 1024, 'x'),
    };
    for (const std::string& text : cases) {
        BOOST_TEST_CONTEXT("text of " << text.size() << " bytes") {
            c->run("DELETE FROM thing");
            insert(1, text);
            std::string read = "something else";
            BOOST_TEST(c->run("SELECT text FROM thing", in(), out(read)));
            BOOST_TEST((read == text));
        }
    }
}

BOOST_AUTO_TEST_CASE(integers_times_and_truth_values_come_back_as_they_were) {
    const auto largest = std::numeric_limits<std::int64_t>::max();
    const time_point then{std::chrono::milliseconds{1'780'000'000'123}};
    std::int64_t number = 0;
    time_point time;
    bool yes = false, no = true;
    const bool found = c->run(
        "SELECT :number, :time, :yes, :no", in(largest, then, true, false), out(number, time, yes, no)
    );
    BOOST_TEST(found);
    BOOST_TEST(number == largest);
    BOOST_TEST((time == then));
    BOOST_TEST(yes);
    BOOST_TEST(!no);
}

BOOST_AUTO_TEST_CASE(null_goes_in_and_out_of_optionals) {
    constexpr auto insert = "INSERT INTO thing (number, text) VALUES (:number, :text)";
    c->run(insert, in(std::optional<std::int64_t>{}, std::optional<std::string>{"text"}));
    c->run(insert, in(std::optional<std::int64_t>{7}, std::optional<std::string>{}));

    std::optional<std::int64_t> number;
    std::optional<std::string> text;
    std::vector<std::pair<std::optional<std::int64_t>, std::optional<std::string>>> rows;
    c->for_each("SELECT number, text FROM thing ORDER BY rowid", in(), out(number, text), [&] {
        rows.emplace_back(number, text);
    });
    BOOST_REQUIRE(rows.size() == 2U);
    BOOST_TEST(!rows[0].first.has_value());
    BOOST_TEST(rows[0].second.value() == "text");
    BOOST_TEST(rows[1].first.value() == 7);
    BOOST_TEST(!rows[1].second.has_value());
}

BOOST_AUTO_TEST_CASE(null_where_a_value_is_expected_is_an_error) {
    std::string text;
    BOOST_CHECK_THROW(c->run("SELECT NULL", in(), out(text)), soci::soci_error);
}

BOOST_AUTO_TEST_CASE(a_query_without_a_row_leaves_the_variables_alone) {
    std::string text = "untouched";
    BOOST_TEST(!c->run("SELECT text FROM thing", in(), out(text)));
    BOOST_TEST(text == "untouched");
}

BOOST_AUTO_TEST_CASE(for_each_visits_every_row_in_order) {
    for (long long number : {3, 1, 2}) insert(number, "");
    std::vector<long long> visited;
    long long number = 0;
    c->for_each("SELECT number FROM thing ORDER BY number", in(), out(number), [&] {
        visited.push_back(number);
    });
    const std::vector<long long> expected{1, 2, 3};
    BOOST_TEST(visited == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(affected_counts_changed_rows) {
    for (long long number : {1, 2, 3}) insert(number, "");
    c->run("UPDATE thing SET text = 'x' WHERE number > :number", in(1));
    BOOST_TEST(c->affected() == 2);
    c->run("DELETE FROM thing WHERE number = :number", in(9));
    BOOST_TEST(c->affected() == 0);
}

BOOST_AUTO_TEST_CASE(affected_counts_rows_that_were_returned_too) {
    for (long long number : {1, 2, 3}) insert(number, "");
    long long number = 0;
    BOOST_TEST(c->run("DELETE FROM thing RETURNING number", in(), out(number)));
    BOOST_TEST(c->affected() == 3);
}

BOOST_AUTO_TEST_CASE(a_statement_works_again_after_it_failed) {
    insert(1, "");
    BOOST_CHECK_THROW(insert(1, "again"), soci::soci_error);
    BOOST_CHECK_NO_THROW(insert(2, "other"));
}

BOOST_AUTO_TEST_CASE(an_exception_out_of_a_row_ends_the_query) {
    for (long long number : {1, 2, 3}) insert(number, "");
    long long number = 0;
    const auto stop = [] { throw std::runtime_error{"enough"}; };
    BOOST_CHECK_THROW(c->for_each("SELECT number FROM thing", in(), out(number), stop), std::runtime_error);
    BOOST_CHECK_NO_THROW(c->sql() << "DROP TABLE thing");  // locked while a query is open
}

BOOST_AUTO_TEST_CASE(a_query_that_was_read_in_part_holds_no_snapshot) {
    for (long long number : {1, 2}) insert(number, "");
    const auto other = database->open();
    long long number = 0;
    BOOST_TEST(other->run("SELECT number FROM thing ORDER BY number DESC", in(), out(number)));
    BOOST_TEST(number == 2);
    insert(3, "");
    BOOST_TEST(other->run("SELECT MAX(number) FROM thing", in(), out(number)));
    BOOST_TEST(number == 3);
}

BOOST_AUTO_TEST_CASE(a_query_run_with_other_types_is_refused) {
    constexpr auto query = "SELECT :value";
    c->run(query, in(1));
    BOOST_CHECK_THROW(c->run(query, in("text")), std::bad_cast);
}

BOOST_AUTO_TEST_CASE(a_transaction_that_is_no_connection_is_refused) {
    class other final : public transaction {
    } elsewhere;
    BOOST_CHECK_THROW(connection::of(elsewhere), std::bad_cast);
    transaction& here = *c;
    BOOST_TEST(&connection::of(here) == c.get());
}

BOOST_AUTO_TEST_SUITE_END()
