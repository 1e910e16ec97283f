#include "cookieshop/db/readers.hpp"

#include "cookieshop/util/error.hpp"
#include "support/run_task.hpp"
#include "support/temporary_database.hpp"

#include <boost/test/unit_test.hpp>

#include <stdexcept>

using namespace cookieshop;
using namespace cookieshop::db;

namespace {

struct fixture {
    fixture() { c->sql() << "CREATE TABLE thing (number BIGINT)"; }

    void insert(long long number) { c->run("INSERT INTO thing (number) VALUES (:number)", in(number)); }

    template <class F>
    auto run(F f) {
        return test::run_task(io, pool.run(std::move(f)));
    }

    long long count() {
        return run([](connection& reader) {
            long long rows = -1;
            reader.run("SELECT COUNT(*) FROM thing", in(), out(rows));
            return rows;
        });
    }

    test::temporary_database database;
    std::unique_ptr<connection> c = database->open();
    asio::io_context io;
    readers pool{*database, 1};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(readers_, fixture)

BOOST_AUTO_TEST_CASE(what_was_committed_before_is_seen) {
    BOOST_TEST(count() == 0);
    insert(1);
    BOOST_TEST(count() == 1);
}

BOOST_AUTO_TEST_CASE(a_transaction_sees_one_moment) {
    const auto counts = run([this](connection& reader) {
        long long before = -1, after = -1;
        reader.run("BEGIN");
        reader.run("SELECT COUNT(*) FROM thing", in(), out(before));
        insert(1);
        reader.run("SELECT COUNT(*) FROM thing", in(), out(after));
        reader.run("COMMIT");
        return std::pair{before, after};
    });
    BOOST_TEST(counts.first == 0);
    BOOST_TEST(counts.second == 0);
    BOOST_TEST(count() == 1);
}

BOOST_AUTO_TEST_CASE(a_transaction_left_open_does_not_reach_the_next_job) {
    run([](connection& reader) {
        long long rows = -1;
        reader.run("BEGIN");
        reader.run("SELECT COUNT(*) FROM thing", in(), out(rows));
    });
    insert(1);
    BOOST_TEST(count() == 1);
}

BOOST_AUTO_TEST_CASE(a_failing_query_is_unavailable_and_the_next_one_works) {
    const auto broken = [](connection& reader) { reader.run("SELECT nothing FROM nowhere"); };
    BOOST_CHECK_THROW(run(broken), unavailable);
    BOOST_TEST(count() == 0);
}

BOOST_AUTO_TEST_CASE(what_a_job_throws_reaches_its_caller) {
    const auto broken = [](connection&) { throw std::domain_error{"mine"}; };
    BOOST_CHECK_THROW(run(broken), std::domain_error);
}

BOOST_AUTO_TEST_SUITE_END()
