// Databases that can't be used, from the start or from some moment on. What fails, fails in the real program:
// for its database the calls of the system return errors (`disk_faults.hpp`), or the test lays hands on the
// files.

#include "support/disk_faults.hpp"
#include "support/eventually.hpp"
#include "support/shop.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <limits>
#include <stdexcept>
#include <system_error>

using namespace cookieshop::test;
namespace fs = std::filesystem;

namespace {

/// Faults for programs that are started with `environment()`.
class remote_faults {
public:
    remote_faults() {
        const int file = ::open(path().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (file < 0 || ::ftruncate(file, sizeof(disk_faults)) != 0)
            throw std::system_error{errno, std::generic_category(), path()};
        void* shared = ::mmap(nullptr, sizeof(disk_faults), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        ::close(file);
        if (shared == MAP_FAILED) throw std::system_error{errno, std::generic_category(), path()};
        faults_ = static_cast<disk_faults*>(shared);
    }
    ~remote_faults() { ::munmap(faults_, sizeof(disk_faults)); }
    remote_faults(const remote_faults&) = delete;
    remote_faults& operator=(const remote_faults&) = delete;

    disk_faults* operator->() { return faults_; }

    std::map<std::string, std::string> environment() const {
        const char* sanitizer = std::getenv("ASAN_OPTIONS");
        return {
            {"LD_PRELOAD", DISK_FAULTS_LIBRARY},
            {disk_faults_variable, path()},
            {"ASAN_OPTIONS", std::string{sanitizer ? sanitizer : ""} + ":verify_asan_link_order=0"}};
    }

private:
    std::string path() const { return folder_.path() / "faults"; }

    temp_folder folder_;
    disk_faults* faults_ = nullptr;
};

/// Another process at the same database.
class other_process {
public:
    explicit other_process(const fs::path& database) {
        if (sqlite3_open(database.c_str(), &connection_) != SQLITE_OK) fail();
    }
    ~other_process() { sqlite3_close(connection_); }
    other_process(const other_process&) = delete;
    other_process& operator=(const other_process&) = delete;

    void run(const char* sql) {
        if (sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail();
    }

    void read(const char* sql, long long& number) {
        const auto keep = [](void* into, int, char** columns, char**) {
            *static_cast<long long*>(into) = std::stoll(columns[0]);
            return 0;
        };
        if (sqlite3_exec(connection_, sql, keep, &number, nullptr) != SQLITE_OK) fail();
    }

    /// Everything is in the database's own file, and nobody trusts what they have in memory of it.
    void move_log_into_database() {
        long long number = 0;
        read("PRAGMA user_version", number);
        run(("PRAGMA user_version = " + std::to_string(number) + "; PRAGMA wal_checkpoint(TRUNCATE)").c_str()
        );
    }

private:
    [[noreturn]] void fail() const { throw std::runtime_error{sqlite3_errmsg(connection_)}; }

    sqlite3* connection_ = nullptr;
};

std::size_t count(const std::string& text, std::string_view part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++found;
    return found;
}

bool contains(const std::string& text, std::string_view part) {
    return count(text, part) > 0;
}

/// A folder of its own for the database, so that it can be taken away.
struct shop_on_a_bad_disk {
    remote_faults faults;
    temp_folder parent;
    fs::path folder = make_folder(), database = folder / "shop.db";
    cookieshop::test::shop shop{{{"--database", "sqlite3://" + database.string()}}, faults.environment()};
    client user = shop.member(), reader = shop.member("bert@example.com");

    fs::path make_folder() const {
        fs::create_directory(parent.path() / "data");
        return parent.path() / "data";
    }

    std::string log() const { return shop.server.log(); }
    bool is_ready() const { return shop.guest().get("/readyz").status == 200; }

    static void check_unavailable(const answer& answer) {
        BOOST_TEST(has_status(answer, 503));
        BOOST_TEST(!answer.header("Retry-After").empty(), answer);
        for (const char* inside : {"disk", "database", "SQL", ".db", "/tmp"})
            BOOST_TEST(hides(answer, inside));
    }

    /// No change is made, or promised; who is in memory goes on.
    void check_refuses() {
        check_unavailable(add_to_basket(user, "linzer"));
        auto visitor = shop.guest();
        check_unavailable(post_login(visitor, anna));
        check_unavailable(post_registration(visitor, "carl@example.com"));
        BOOST_TEST(visitor.session().empty());
        BOOST_TEST(has_status(visitor.get("/readyz"), 503));
        BOOST_TEST(has_status(visitor.get("/healthz"), 200));
        BOOST_TEST(is_page(visitor.get("/cookies"), "Cookies"));
        BOOST_TEST(is_logged_in(reader.get("/settings"), "bert@example.com"));
    }

    void check_logged(std::string_view reason, std::size_t times = 1) const {
        BOOST_TEST(eventually([&] { return contains(log(), "critical"); }));
        BOOST_TEST(count(log(), " critical ") == times, log());
        BOOST_TEST(contains(log(), database.string()), log());
        BOOST_TEST(contains(log(), reason), log());
    }

    void check_recovers() {
        BOOST_TEST(eventually([&] { return is_ready(); }));
        BOOST_TEST(eventually([&] { return contains(log(), "can be written again"); }));
        BOOST_TEST(redirects(add_to_basket(user, "linzer"), "/basket"));
        shop.login();
    }

    /// Begins and ends a bad time; what was answered holds after a kill, and nothing else is there.
    void go_through(
        std::string_view reason, const std::function<void()>& begin, const std::function<void()>& end
    ) {
        BOOST_TEST(redirects(add_to_basket(user, "linzer"), "/basket"));
        begin();
        check_refuses();
        check_logged(reason);
        end();
        check_recovers();
        shop.server.kill();
        shop.server.start();
        client again = shop.guest();
        again.cookies = user.cookies;
        BOOST_TEST(quantity_of(again.get("/basket"), "linzer") == 2);
        BOOST_TEST(has_status(post_login(again, "carl@example.com"), 422));
    }
};

void overwrite(const fs::path& file, std::size_t from, const std::string& bytes) {
    const int target = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
    const auto written = ::pwrite(target, bytes.data(), bytes.size(), static_cast<off_t>(from));
    ::close(target);
    BOOST_REQUIRE(written == static_cast<ssize_t>(bytes.size()));
}

void overwrite(const fs::path& file, std::size_t from, std::size_t size) {
    overwrite(file, from, std::string(size, '\x5a'));
}

constexpr std::size_t page = 4096;

/// Of the files that the server writes from now on; it alone, not this process, which would pass it on.
void limit_file_sizes(const cookieshop::test::shop& shop, rlim_t bytes) {
    rlimit limit{};
    BOOST_TEST_REQUIRE(::prlimit(shop.server.id(), RLIMIT_FSIZE, nullptr, &limit) == 0);
    limit.rlim_cur = std::min(bytes, limit.rlim_max);
    BOOST_TEST_REQUIRE(::prlimit(shop.server.id(), RLIMIT_FSIZE, &limit, nullptr) == 0);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bad_disk)

// ---------------------------------------------------------------- while it runs

BOOST_FIXTURE_TEST_CASE(a_full_disk_refuses_changes_until_there_is_room, shop_on_a_bad_disk) {
    go_through(
        "make room on its disk", [&] { faults->write = ENOSPC; }, [&] { faults->mend(); }
    );
}

BOOST_FIXTURE_TEST_CASE(
    a_disk_that_becomes_read_only_refuses_changes_until_it_can_be_written, shop_on_a_bad_disk
) {
    go_through(
        "must be able to write it", [&] { faults->write = faults->open = EROFS; }, [&] { faults->mend(); }
    );
}

BOOST_FIXTURE_TEST_CASE(a_disk_that_fails_to_write_refuses_changes_until_it_does, shop_on_a_bad_disk) {
    go_through(
        "Input/output error", [&] { faults->write = EIO; }, [&] { faults->mend(); }
    );
}

BOOST_FIXTURE_TEST_CASE(a_disk_that_fails_to_flush_makes_no_promise, shop_on_a_bad_disk) {
    go_through(
        "Input/output error", [&] { faults->sync = EIO; }, [&] { faults->mend(); }
    );
}

BOOST_FIXTURE_TEST_CASE(
    a_database_locked_by_another_process_refuses_changes_until_it_is_free, shop_on_a_bad_disk
) {
    other_process other{database};
    go_through(
        "locked it", [&] { other.run("BEGIN EXCLUSIVE"); }, [&] { other.run("ROLLBACK"); }
    );
}

BOOST_FIXTURE_TEST_CASE(a_database_that_was_moved_refuses_changes_until_it_is_back, shop_on_a_bad_disk) {
    const fs::path elsewhere = parent.path() / "elsewhere.db";
    go_through(
        "deleted or moved", [&] { fs::rename(database, elsewhere); }, [&] { fs::rename(elsewhere, database); }
    );
}

BOOST_FIXTURE_TEST_CASE(a_log_that_was_moved_refuses_changes_until_it_is_back, shop_on_a_bad_disk) {
    const fs::path log = database.string() + "-wal", elsewhere = parent.path() / "elsewhere";
    go_through(
        "-wal was deleted or moved", [&] { fs::rename(log, elsewhere); }, [&] { fs::rename(elsewhere, log); }
    );
}

BOOST_FIXTURE_TEST_CASE(a_folder_that_was_moved_refuses_changes_until_it_is_back, shop_on_a_bad_disk) {
    const fs::path elsewhere = parent.path() / "elsewhere";
    go_through(
        "deleted or moved", [&] { fs::rename(folder, elsewhere); }, [&] { fs::rename(elsewhere, folder); }
    );
}

BOOST_FIXTURE_TEST_CASE(a_database_replaced_by_another_is_not_written, shop_on_a_bad_disk) {
    const fs::path elsewhere = parent.path() / "elsewhere.db";
    go_through(
        "replaced by another file",
        [&] {
            fs::copy_file(database, elsewhere);
            const fs::path right = parent.path() / "right.db";
            fs::rename(database, right);
            fs::rename(elsewhere, database);
            fs::rename(right, elsewhere);
        },
        [&] { fs::rename(elsewhere, database); }
    );
}

BOOST_FIXTURE_TEST_CASE(a_deleted_database_is_not_written_and_none_is_made_in_its_place, shop_on_a_bad_disk) {
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(database.string() + suffix);
    check_refuses();
    check_logged("deleted or moved");
    for (const char* suffix : {"", "-wal", "-shm"})
        BOOST_TEST(!fs::exists(database.string() + suffix), suffix);
    BOOST_TEST(shop.server.stop() == 0);
}

BOOST_FIXTURE_TEST_CASE(
    a_damaged_database_is_used_no_more_until_a_start_with_a_sound_one, shop_on_a_bad_disk
) {
    const fs::path sound = parent.path() / "sound.db";
    other_process{database}.run(("VACUUM INTO '" + sound.string() + "'").c_str());
    other_process{database}.move_log_into_database();
    overwrite(database, page, fs::file_size(database) - page);
    check_unavailable(add_to_basket(user, "linzer"));
    auto visitor = shop.guest();
    check_unavailable(post_login(visitor, anna));
    check_logged("restore a backup");
    BOOST_TEST(has_status(visitor.get("/readyz"), 503));
    BOOST_TEST(has_status(visitor.get("/healthz"), 200));
    check_unavailable(add_to_basket(reader, "linzer"));
    BOOST_TEST(is_logged_in(reader.get("/settings"), "bert@example.com"), "it is in memory");
    BOOST_TEST(shop.server.stop() == 0);

    for (const char* suffix : {"-wal", "-shm"}) fs::remove(database.string() + suffix);
    fs::copy_file(sound, database, fs::copy_options::overwrite_existing);
    shop.server.start();
    BOOST_TEST(is_alive(shop, user.session()));
    BOOST_TEST(is_alive(shop, reader.session()));
    auto again = shop.login();
    BOOST_TEST(redirects(add_to_basket(again, "linzer"), "/basket"));
}

BOOST_FIXTURE_TEST_CASE(damage_that_a_reader_meets_stops_the_writer, shop_on_a_bad_disk) {
    other_process{database}.move_log_into_database();
    overwrite(database, page, fs::file_size(database) - page);
    auto visitor = shop.guest();
    check_unavailable(post_login(visitor, anna));
    check_logged("restore a backup");
    check_unavailable(add_to_basket(user, "linzer"));
    check_logged("restore a backup");
}

// SQLite takes EIO for damage (SQLITE_IOERR_CORRUPTFS).
BOOST_FIXTURE_TEST_CASE(a_disk_that_fails_to_read_is_met_like_damage_until_a_restart, shop_on_a_bad_disk) {
    // After a commit no reader trusts the pages that it has in memory.
    BOOST_TEST(redirects(add_to_basket(user, "linzer"), "/basket"));
    faults->read = EIO;
    auto visitor = shop.guest();
    check_unavailable(post_login(visitor, anna));
    check_logged("restore a backup");
    check_unavailable(add_to_basket(user, "linzer"));
    BOOST_TEST(has_status(visitor.get("/readyz"), 503));
    BOOST_TEST(has_status(visitor.get("/healthz"), 200));
    BOOST_TEST(is_logged_in(reader.get("/settings"), "bert@example.com"), "it is in memory");
    faults->mend();
    BOOST_TEST(shop.server.stop() == 0);
    shop.server.start();
    auto again = shop.guest();
    again.cookies = user.cookies;
    BOOST_TEST(quantity_of(again.get("/basket"), "linzer") == 1);
    shop.login();
}

BOOST_FIXTURE_TEST_CASE(reads_that_time_out_are_refused_until_they_work_again, shop_on_a_bad_disk) {
    shop.server.kill();
    shop.server.start();  // with nobody in memory
    auto forgotten = shop.guest(), visitor = shop.guest();
    forgotten.cookies = user.cookies;
    auto carl = shop.member("carl@example.com");  // a commit, as above
    faults->read = ETIMEDOUT;
    check_unavailable(post_login(visitor, anna));
    check_unavailable(forgotten.get("/settings"));
    BOOST_TEST(forgotten.session() == user.session(), "what can't be read is not taken for no session");
    BOOST_TEST(has_status(visitor.get("/readyz"), 503));
    BOOST_TEST(has_status(visitor.get("/healthz"), 200));
    BOOST_TEST(is_page(visitor.get("/cookies"), "Cookies"));
    BOOST_TEST(is_logged_in(carl.get("/settings"), "carl@example.com"));
    faults->mend();
    BOOST_TEST(eventually([&] { return is_ready(); }));
    BOOST_TEST(is_logged_in(forgotten.get("/settings"), anna));
    BOOST_TEST(redirects(add_to_basket(forgotten, "linzer"), "/basket"));
    shop.login();
}

BOOST_FIXTURE_TEST_CASE(a_logout_that_can_not_be_written_is_not_answered_as_done, shop_on_a_bad_disk) {
    faults->write = ENOSPC;
    const std::string session = user.session();
    check_unavailable(user.post("/logout", {}));
    BOOST_TEST(user.session() == session, "so that the user can try again");
    faults->mend();
    BOOST_TEST(eventually([&] { return is_ready(); }));
    BOOST_TEST(redirects(user.post("/logout", {}), "/login"));
    shop.server.kill();
    shop.server.start();
    BOOST_TEST(!is_alive(shop, session));
}

BOOST_FIXTURE_TEST_CASE(many_refused_requests_are_few_lines_in_the_log, shop_on_a_bad_disk) {
    faults->write = ENOSPC;
    const auto before = std::chrono::steady_clock::now();
    for (int i = 0; i < 300; ++i) check_unavailable(add_to_basket(user, "linzer"));
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now() - before);
    const std::string written = log();
    BOOST_TEST(count(written, "\n") <= 24U + 2U * static_cast<std::size_t>(seconds.count()), written);
}

// So low that the write-ahead log can neither grow nor be copied into the database as a whole; what the
// program logs here, to a file too, is less.
BOOST_FIXTURE_TEST_CASE(a_limit_of_file_sizes_is_met_like_a_full_disk, shop_on_a_bad_disk) {
    go_through(
        "disk I/O error", [&] { limit_file_sizes(shop, 6 * page); },
        [&] { limit_file_sizes(shop, std::numeric_limits<rlim_t>::max()); }
    );
}

// ---------------------------------------------------------------- from the start

namespace {

/// A database with a shop in it that nobody uses.
struct database_at_rest {
    remote_faults faults;
    temp_folder folder;
    fs::path database = folder.path() / "cookieshop.db";

    database_at_rest() { BOOST_REQUIRE(run_cookieshop({"migrate"}, folder.path()).status == 0); }

    std::string content() const { return fs::is_directory(database) ? "a folder" : read_file(database); }

    void check_does_not_start(std::string_view reason) {
        const std::string before = content();
        const auto run = run_cookieshop({"serve", "--port", "0"}, folder.path(), faults.environment());
        BOOST_TEST(run.status == 1);
        BOOST_TEST(run.output.empty(), run.output);
        BOOST_TEST(std::ranges::count(run.errors, '\n') == 1, run.errors);
        BOOST_TEST(contains(run.errors, database.string()), run.errors);
        BOOST_TEST(contains(run.errors, reason), run.errors);
        BOOST_TEST((content() == before), "it was left alone");
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_file_that_is_no_database_is_refused, database_at_rest) {
    overwrite(database, 0, page);
    check_does_not_start("restore a backup");
}

BOOST_FIXTURE_TEST_CASE(damage_anywhere_in_the_database_is_found_at_the_start, shop_on_a_bad_disk) {
    BOOST_TEST(shop.server.stop() == 0);
    const std::string whole = read_file(database);
    for (std::size_t at = 0; at < whole.size(); at += page) {
        overwrite(database, at, page);
        shop.server.launch();
        BOOST_TEST_CONTEXT("page " << at / page + 1) {
            BOOST_TEST(eventually([&] { return contains(log(), "restore a backup"); }));
        }
        shop.server.kill();
        fs::remove(database.string() + "-wal");
        std::ofstream{database, std::ios::binary} << whole;
    }
}

BOOST_FIXTURE_TEST_CASE(damage_that_nobody_meets_is_found_too_and_nothing_is_promised, shop_on_a_bad_disk) {
    BOOST_TEST(shop.server.stop() == 0);
    long long index = 0;
    other_process{database}.read("SELECT rootpage FROM sqlite_master WHERE name = 'orders_by_user'", index);
    overwrite(database, (static_cast<std::size_t>(index) - 1) * page, page);
    const std::string damaged = read_file(database);
    shop.server.start();
    check_logged("damaged; stop the server");
    auto visitor = shop.guest();
    check_unavailable(post_login(visitor, anna));
    BOOST_TEST(has_status(visitor.get("/readyz"), 503));
    BOOST_TEST(has_status(visitor.get("/healthz"), 200));
    BOOST_TEST(shop.server.stop() == 0);
    BOOST_TEST((read_file(database).substr(page) == damaged.substr(page)), "it was left alone");
}

BOOST_FIXTURE_TEST_CASE(a_truncated_database_is_refused, database_at_rest) {
    fs::resize_file(database, fs::file_size(database) - page - 1);
    check_does_not_start("restore a backup");
}

BOOST_FIXTURE_TEST_CASE(what_is_shorter_than_a_database_is_refused, database_at_rest) {
    fs::resize_file(database, 99);
    check_does_not_start("cut short");
}

BOOST_FIXTURE_TEST_CASE(a_log_left_from_another_file_is_not_played_back_into_a_backup, shop_on_a_bad_disk) {
    const auto backup = [&] {
        other_process{database}.move_log_into_database();
        return read_file(database);
    }();
    auto carl = shop.member("carl@example.com");
    other_process{database}.move_log_into_database();
    add_to_basket(carl, "linzer");
    shop.server.kill();
    const fs::path log = database.string() + "-wal";
    const std::string logged = read_file(log);
    fs::remove(database);
    std::ofstream{database, std::ios::binary} << backup;

    const std::string url = "sqlite3://" + database.string();
    using words = std::vector<std::string>;
    for (words command :
         {words{"serve"}, words{"migrate"}, words{"user", "list"}, words{"session", "purge"}}) {
        command.insert(command.end(), {"--database", url});
        const auto run = run_cookieshop(command, folder);
        BOOST_TEST(run.status == 1);
        BOOST_TEST(contains(run.errors, "its log (-wal) is another file's"), run.errors);
        BOOST_TEST(contains(run.errors, "remove -wal and -shm"), run.errors);
        BOOST_TEST((read_file(database) == backup), "it was left alone");
        BOOST_TEST((read_file(log) == logged), "it was left alone");
    }
    for (const char* suffix : {"-wal", "-shm"}) fs::remove(database.string() + suffix);
    shop.server.start();
    BOOST_TEST(is_alive(shop, user.session()));
    auto visitor = shop.guest();
    BOOST_TEST(has_status(post_login(visitor, "carl@example.com"), 422));
}

BOOST_FIXTURE_TEST_CASE(a_log_with_commits_that_can_not_be_read_any_more_is_refused, shop_on_a_bad_disk) {
    for (int i = 0; i < 3; ++i) BOOST_TEST(redirects(add_to_basket(user, "linzer"), "/basket"));
    BOOST_TEST(redirects(reader.post("/logout", {}), "/login"));
    shop.server.kill();
    const std::string log = database.string() + "-wal", whole = read_file(log);
    overwrite(log, 100, 1);
    const auto run = run_cookieshop({"serve", "--database", "sqlite3://" + database.string()}, folder);
    BOOST_TEST(run.status == 1);
    BOOST_TEST(contains(run.errors, log + ": it is damaged, and changes that were answered"), run.errors);
    overwrite(log, 100, whole.substr(100, 1));
    BOOST_TEST((read_file(log) == whole), "it was left alone");
    shop.server.start();
    BOOST_TEST(!is_alive(shop, reader.session()));
    BOOST_TEST(is_alive(shop, user.session()));
}

BOOST_FIXTURE_TEST_CASE(commands_beside_a_server_leave_its_log_to_it, shop_on_a_bad_disk) {
    for (int i = 0; i < 3; ++i) BOOST_TEST(redirects(add_to_basket(user, "linzer"), "/basket"));
    const std::string url = "sqlite3://" + database.string();
    for (const char* command : {"migrate", "user"}) {
        std::vector<std::string> words{command};
        if (words.front() == "user") words.emplace_back("list");
        words.insert(words.end(), {"--database", url});
        const auto run = run_cookieshop(words, parent.path());
        BOOST_TEST(run.status == 0, run.errors);
        BOOST_TEST(run.errors.empty(), run.errors);
    }
    BOOST_TEST(redirects(add_to_basket(user, "linzer"), "/basket"));
}

BOOST_FIXTURE_TEST_CASE(
    a_command_beside_a_server_does_not_call_sound_what_that_found_damaged, shop_on_a_bad_disk
) {
    std::ofstream{database.string() + "-damaged"} << "damaged";
    const auto run =
        run_cookieshop({"migrate", "--database", "sqlite3://" + database.string()}, parent.path());
    BOOST_TEST(run.status == 1);
    BOOST_TEST(contains(run.errors, "a server has found it damaged; stop that first"), run.errors);
    BOOST_TEST(fs::exists(database.string() + "-damaged"));
}

BOOST_FIXTURE_TEST_CASE(rows_without_what_they_refer_to_keep_no_start_back, shop_on_a_bad_disk) {
    other_process{database}.run("DELETE FROM users");
    BOOST_TEST(is_ready());
    shop.server.kill();
    shop.server.start();
    BOOST_TEST(contains(log(), "refer to rows that are gone"), log());
}

BOOST_FIXTURE_TEST_CASE(what_was_found_damaged_is_not_forgotten_by_a_restart, shop_on_a_bad_disk) {
    shop.server.stop();
    shop.server.start();
    client leaver = shop.guest();
    leaver.cookies = reader.cookies;
    BOOST_TEST(redirects(leaver.post("/logout", {}), "/login"));
    const std::string log = database.string() + "-wal";
    overwrite(log, 56, fs::file_size(log) - 56);  // all but the two headers at its begin
    auto visitor = shop.guest();
    check_unavailable(post_login(visitor, anna));
    check_logged("restore a backup");
    BOOST_TEST(shop.server.stop() == 0);
    for (int i = 0; i < 2; ++i) {
        const auto run = run_cookieshop({"serve", "--database", "sqlite3://" + database.string()}, folder);
        BOOST_TEST(run.status == 1);
        BOOST_TEST(contains(run.errors, log + ": it is damaged"), run.errors);
    }
    BOOST_TEST(fs::exists(database.string() + "-damaged"));
    fs::resize_file(database, 0);
    fs::remove(log);
    const auto run = run_cookieshop({"serve", "--database", "sqlite3://" + database.string()}, folder);
    BOOST_TEST(run.status == 1);
    BOOST_TEST(contains(run.errors, "it was found damaged, and is gone or empty"), run.errors);
}

BOOST_FIXTURE_TEST_CASE(a_restart_takes_the_file_that_was_put_in_the_databases_place, shop_on_a_bad_disk) {
    other_process{database}.move_log_into_database();
    const fs::path backup = parent.path() / "backup.db";
    fs::copy_file(database, backup);
    shop.member("carl@example.com");
    fs::rename(backup, database);
    check_unavailable(add_to_basket(user, "linzer"));
    check_logged("replaced by another file");
    BOOST_TEST(shop.server.stop() == 0);
    BOOST_TEST(fs::exists(database.string() + "-wal-replaced"), "nothing is thrown away");
    shop.server.start();
    auto visitor = shop.guest();
    BOOST_TEST(has_status(post_login(visitor, "carl@example.com"), 422));
    shop.login();
}

BOOST_FIXTURE_TEST_CASE(a_lock_file_that_was_deleted_refuses_changes, shop_on_a_bad_disk) {
    fs::remove(database.string() + "-lock");
    check_refuses();
    check_logged("-lock was deleted or moved");
}

BOOST_FIXTURE_TEST_CASE(a_rollback_journal_beside_a_database_is_refused, database_at_rest) {
    const std::string journal = database.string() + "-journal";
    std::ofstream{journal, std::ios::binary} << std::string(512, 'x');
    check_does_not_start("-journal beside it is not its own");
    BOOST_TEST(fs::file_size(journal) == 512U);
}

BOOST_FIXTURE_TEST_CASE(a_new_database_beside_an_older_key_is_told, shop_on_a_bad_disk) {
    const auto is_logged = [this](const std::string& line) {
        BOOST_TEST(eventually([&] { return contains(log(), line); }), log());
    };
    is_logged("info made a new database, " + database.string());
    BOOST_TEST(!contains(log(), "secret.key"), log());
    BOOST_TEST(shop.server.stop() == 0);
    fs::remove(database);
    shop.server.start();
    is_logged("warning the database " + database.string() + " is new, but its secret.key is older");
}

BOOST_FIXTURE_TEST_CASE(a_log_without_its_database_is_refused_and_kept, database_at_rest) {
    const std::string log = database.string() + "-wal", elsewhere = database.string() + "-elsewhere";
    std::ofstream{log, std::ios::binary} << std::string(page, 'x');
    for (const std::uintmax_t size : {0U, 1U}) {
        fs::copy_file(database, elsewhere, fs::copy_options::overwrite_existing);
        fs::resize_file(database, size);
        check_does_not_start("put it back");
        BOOST_TEST(fs::file_size(log) == page);
        fs::rename(elsewhere, database);
    }
    fs::rename(database, elsewhere);
    const auto run = run_cookieshop({"serve", "--port", "0"}, folder.path(), faults.environment());
    BOOST_TEST(run.status == 1);
    BOOST_TEST(contains(run.errors, "put it back"), run.errors);
    BOOST_TEST(!fs::exists(database));
    BOOST_TEST(fs::file_size(log) == page);
}

BOOST_FIXTURE_TEST_CASE(a_folder_in_place_of_the_database_is_refused_and_left_alone, database_at_rest) {
    fs::remove(database);
    fs::create_directory(database);
    ::chmod(database.c_str(), 0755);
    check_does_not_start("it is a folder");
    BOOST_TEST((fs::status(database).permissions() == fs::perms{0755}));
}

BOOST_FIXTURE_TEST_CASE(a_database_that_may_not_be_written_is_refused, database_at_rest) {
    for (const int error : {EACCES, EROFS}) {
        faults->open = error;
        check_does_not_start("the server must be able to write it");
    }
}

BOOST_FIXTURE_TEST_CASE(a_full_disk_is_told_at_the_start, database_at_rest) {
    faults->write = ENOSPC;
    check_does_not_start("make room");
}

BOOST_FIXTURE_TEST_CASE(a_database_locked_by_another_process_is_told_at_the_start, database_at_rest) {
    other_process other{database};
    other.run("BEGIN EXCLUSIVE");
    check_does_not_start("locked it");
}

BOOST_AUTO_TEST_SUITE_END()
