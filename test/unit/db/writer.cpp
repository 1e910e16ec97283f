#include "cookieshop/db/writer.hpp"

#include "cookieshop/util/error.hpp"
#include "support/disk_faults.hpp"
#include "support/eventually.hpp"
#include "support/run_task.hpp"
#include "support/temporary_database.hpp"

#include <boost/test/unit_test.hpp>

#include <soci/sqlite3/soci-sqlite3.h>

#include <cerrno>
#include <deque>
#include <future>
#include <latch>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace cookieshop;
using namespace cookieshop::db;

namespace {

// Keeps the writer busy: what is queued until it is opened is one batch.
class gate {
public:
    auto job() {
        return [this](connection&) {
            entered_.count_down();
            opened_.wait();
        };
    }
    void wait_until_entered() { entered_.wait(); }
    void open() { opened_.count_down(); }

private:
    std::latch entered_{1}, opened_{1};
};

// What became of a job.
struct outcome {
    bool resumed = false;
    std::exception_ptr error;

    template <class Exception>
    bool is() const {
        try {
            if (error) std::rethrow_exception(error);
        } catch (const Exception&) {
            return true;
        } catch (...) {}
        return false;
    }
    bool succeeded() const { return resumed && !error; }
};

constexpr auto insert_query = "INSERT INTO thing (number) VALUES (:number)";

auto insert(long long number) {
    return [number](connection& c) { c.run(insert_query, in(number)); };
}

struct fixture {
    fixture() {
        database->open()->sql(
        ) << "CREATE TABLE thing (number BIGINT UNIQUE, parent BIGINT REFERENCES thing (number),"
             " text TEXT)";
    }

    template <class F>
    auto run(F f) {
        return test::run_task(io, writer->run(std::move(f)));
    }

    // Queues a job, in the order of the calls.
    template <class F>
    outcome& start(F f, job_changes changes = job_changes::several) {
        outcome& o = outcomes.emplace_back();
        asio::co_spawn(io, discard(writer->run(std::move(f), changes)), [&o](std::exception_ptr error) {
            o = {true, error};
        });
        io.restart();
        io.poll();
        return o;
    }

    template <class T>
    static task<> discard(task<T> work) {
        co_await std::move(work);
    }

    // Queues a job that keeps the writer busy, and waits until it does.
    outcome& close(gate& g) {
        outcome& o = start(g.job());
        g.wait_until_entered();
        return o;
    }

    void finish() {
        io.restart();
        io.run();
    }

    long long count() const {
        long long rows = -1;
        database->open()->run("SELECT COUNT(*) FROM thing", in(), out(rows));
        return rows;
    }

    mutable test::temporary_database database;
    asio::io_context io;
    std::deque<outcome> outcomes;
    std::optional<db::writer> writer{std::in_place, *database};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(writer_, fixture)

BOOST_AUTO_TEST_CASE(W1_a_result_is_delivered_after_its_commit) {
    gate g;
    close(g);
    const outcome& first = start(insert(1));
    // When it runs, the first job of its batch is through but not committed. Whatever the writer posted to
    // the io thread by then runs before the mark.
    bool delivered_early = true;
    std::promise<void> mark;
    start([&](connection&) {
        asio::post(io, [&] {
            delivered_early = first.resumed;
            mark.set_value();
        });
        mark.get_future().wait();
    });
    g.open();
    finish();
    BOOST_TEST(!delivered_early);
    BOOST_TEST(first.succeeded());
}

BOOST_AUTO_TEST_CASE(W1_what_was_delivered_is_seen_by_everybody) {
    for (long long number = 1; number <= 20; ++number) {
        run(insert(number));
        BOOST_TEST(count() == number);
    }
}

BOOST_AUTO_TEST_CASE(W2_a_job_that_fails_fails_alone) {
    gate g;
    close(g);
    const outcome& before = start(insert(1));
    const outcome& throwing = start([](connection& c) {
        insert(2)(c);
        throw std::domain_error{"mine"};
    });
    const outcome& failing = start([](connection& c) -> result<int> {
        insert(3)(c);
        return errc::exists;
    });
    const outcome& violating = start([](connection& c) {
        insert(4)(c);
        insert(1)(c);
    });
    const outcome& after = start(insert(5));
    g.open();
    finish();
    BOOST_TEST(before.succeeded());
    BOOST_TEST(throwing.is<std::domain_error>());
    BOOST_TEST(failing.succeeded());
    BOOST_TEST(violating.is<unavailable>());
    BOOST_TEST(after.succeeded());
    BOOST_TEST(count() == 2);
    BOOST_TEST(writer->commits() == 2U);  // the gate's, and the batch's
}

BOOST_AUTO_TEST_CASE(W2_a_job_of_one_change_fails_alone_without_a_savepoint) {
    gate g;
    close(g);
    const outcome& before = start(insert(1), job_changes::one);
    const outcome& violating = start(insert(1), job_changes::one);
    const outcome& failing = start([](connection&) -> result<int> { return errc::exists; }, job_changes::one);
    const outcome& after = start(insert(2), job_changes::one);
    g.open();
    finish();
    BOOST_TEST(before.succeeded());
    BOOST_TEST(violating.is<unavailable>());
    BOOST_TEST(failing.succeeded());
    BOOST_TEST(after.succeeded());
    BOOST_TEST(count() == 2);
    BOOST_TEST(writer->commits() == 2U);  // the gate's, and the batch's
}

BOOST_AUTO_TEST_CASE(W2_an_error_in_a_result_is_delivered) {
    const auto failed = run([](connection&) -> result<int> { return errc::conflict; });
    BOOST_TEST((failed.error() == errc::conflict));
    const auto succeeded = run([](connection&) -> result<int> { return 42; });
    BOOST_TEST(succeeded.value() == 42);
}

BOOST_AUTO_TEST_CASE(W3_a_commit_that_fails_fails_the_whole_batch) {
    gate g;
    close(g);
    const outcome& innocent = start(insert(1));
    const outcome& culprit = start([](connection& c) {
        c.run("PRAGMA defer_foreign_keys = ON");  // so that COMMIT finds the missing parent
        c.run("INSERT INTO thing (number, parent) VALUES (2, 99)");
    });
    const outcome& later = start(insert(3));
    g.open();
    finish();
    for (const outcome* o : {&innocent, &culprit, &later}) BOOST_TEST(o->is<unavailable>());
    BOOST_TEST(count() == 0);
    run(insert(1));
    BOOST_TEST(count() == 1);
}

BOOST_AUTO_TEST_CASE(W3_a_full_disk_fails_the_whole_batch_and_the_next_one_works) {
    run([](connection& c) {
        long long pages = 0;
        c.run("PRAGMA page_count", in(), out(pages));
        c.sql() << "PRAGMA max_page_count = " << pages + 4;
    });
    gate g;
    close(g);
    const outcome& innocent = start(insert(1));
    const outcome& culprit = start([](connection& c) {
        c.run("INSERT INTO thing (number, text) VALUES (2, :text)", in(std::string(1'000'000, 'x')));
    });
    const outcome& later = start(insert(3));
    g.open();
    finish();
    for (const outcome* o : {&innocent, &culprit, &later}) BOOST_TEST(o->is<unavailable>());
    BOOST_TEST(count() == 0);
    run(insert(1));
    BOOST_TEST(count() == 1);
}

BOOST_AUTO_TEST_CASE(W4_a_job_past_the_capacity_is_refused_before_it_ran) {
    writer.emplace(*database, 2);
    gate g;
    close(g);
    const outcome& first = start(insert(1));
    const outcome& second = start(insert(2));
    const outcome& third = start(insert(3));
    BOOST_TEST(writer->queue_length() == 2U);
    BOOST_TEST(!writer->post(insert(4)));
    g.open();
    finish();
    BOOST_TEST(first.succeeded());
    BOOST_TEST(second.succeeded());
    BOOST_TEST(third.is<overloaded>());
    BOOST_TEST(count() == 2);
}

BOOST_AUTO_TEST_CASE(W5_jobs_run_in_the_order_in_which_they_were_queued) {
    writer.emplace(*database, 100, 7);  // over several batches
    gate g;
    close(g);
    std::vector<int> order, expected;
    for (int i = 0; i < 50; ++i) {
        expected.push_back(i);
        const auto job = [&order, i](connection&) { order.push_back(i); };
        if (i % 3 == 0)
            BOOST_TEST(writer->post(job));
        else
            start(job);
    }
    g.open();
    writer.reset();
    finish();
    BOOST_TEST(order == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(W6_the_destructor_commits_what_is_queued) {
    gate g;
    close(g);
    const outcome& waiting = start(insert(1));
    BOOST_TEST(writer->post(insert(2)));
    g.open();
    writer.reset();
    BOOST_TEST(count() == 2);
    finish();
    BOOST_TEST(waiting.succeeded());
}

BOOST_AUTO_TEST_CASE(W7_a_disk_that_fails_refuses_jobs_until_it_works) {
    test::disk_faults& faults = *test::own_disk_faults();
    long long number = 0;
    for (auto [fault, error] :
         {std::pair{&faults.write, ENOSPC},
          {&faults.write, EIO},
          {&faults.sync, EIO},
          {&faults.write, EROFS}}) {
        run(insert(++number));
        *fault = error;
        gate g;
        close(g);
        const outcome& first = start(insert(100));
        const outcome& second = start(insert(101));
        g.open();
        finish();
        const auto commits = writer->commits();
        BOOST_TEST(first.is<unavailable>());
        BOOST_TEST(second.is<unavailable>());
        BOOST_TEST(!database->health().writable());
        BOOST_CHECK_EXCEPTION(run(insert(102)), unavailable, [](const auto& refused) {
            return !refused.tried;
        });
        BOOST_TEST(!writer->post(insert(103)));
        BOOST_TEST(writer->queue_length() == 0U);
        BOOST_TEST(writer->commits() == commits);
        faults.mend();
        BOOST_TEST(test::eventually([this] { return database->health().writable(); }));
        BOOST_TEST(count() == number);
    }
}

BOOST_AUTO_TEST_CASE(W7_what_was_committed_to_a_deleted_file_counts_as_not_written) {
    const std::filesystem::path file = database->file().value();
    const auto refused = [&](connection&) { std::filesystem::rename(file, file.string() + ".away"); };
    BOOST_CHECK_THROW(run(refused), unavailable);
    BOOST_CHECK_THROW(database->open(), unavailable);
    BOOST_TEST(!std::filesystem::exists(file));
    std::filesystem::rename(file.string() + ".away", file);
    BOOST_TEST(test::eventually([this] { return database->health().writable(); }));
    BOOST_CHECK_NO_THROW(run(insert(1)));
}

BOOST_AUTO_TEST_CASE(W7_a_damaged_database_is_written_no_more) {
    const auto damaged = [](connection&) { throw soci::sqlite3_soci_error{"damaged", SQLITE_CORRUPT}; };
    BOOST_CHECK_THROW(run(damaged), unavailable);
    BOOST_TEST(!database->health().readable());
    BOOST_CHECK_THROW(run(insert(1)), unavailable);
    BOOST_TEST(count() == 0);
}

BOOST_AUTO_TEST_CASE(what_a_job_returns_reaches_its_caller) {
    BOOST_TEST(run([](connection&) { return std::string{"back"}; }) == "back");
}

BOOST_AUTO_TEST_CASE(jobs_that_wait_share_a_commit) {
    gate g;
    close(g);
    for (long long number = 1; number <= 100; ++number) start(insert(number));
    g.open();
    finish();
    BOOST_TEST(count() == 100);
    BOOST_TEST(writer->commits() == 2U);  // the gate's, and theirs
}

BOOST_AUTO_TEST_CASE(work_that_nobody_waits_for_goes_with_the_next_commit) {
    BOOST_TEST(writer->post(insert(1)));
    run(insert(2));
    BOOST_TEST(count() == 2);
    BOOST_TEST(writer->commits() == 1U);
}

BOOST_AUTO_TEST_CASE(another_process_that_writes_is_waited_for) {
    const auto other = database->open();
    other->run("BEGIN IMMEDIATE");
    insert(1)(*other);
    const outcome& waiting = start(insert(2));
    while (writer->queue_length() > 0) std::this_thread::yield();
    other->run("COMMIT");
    finish();
    BOOST_TEST(waiting.succeeded());
    BOOST_TEST(count() == 2);
}

BOOST_AUTO_TEST_CASE(another_process_that_holds_the_lock_for_too_long_makes_it_unavailable) {
    run([](connection& c) { c.sql() << "PRAGMA busy_timeout = 1"; });
    const auto other = database->open();
    other->run("BEGIN IMMEDIATE");
    BOOST_CHECK_THROW(run(insert(1)), unavailable);
    BOOST_TEST(!database->health().writable());
    other->run("COMMIT");
    BOOST_TEST(test::eventually([this] { return database->health().writable(); }));
    BOOST_CHECK_NO_THROW(run(insert(1)));
}

BOOST_AUTO_TEST_CASE(a_job_that_commits_by_itself_fails_its_batch) {
    BOOST_CHECK_THROW(run([](connection& c) { c.run("COMMIT"); }), unavailable);
    BOOST_CHECK_NO_THROW(run(insert(1)));
}

BOOST_AUTO_TEST_SUITE_END()
