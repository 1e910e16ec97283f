#include "cookieshop/db/database.hpp"

#include "db/dialect.hpp"
#include "db/log_file.hpp"
#include "db/migrations.hpp"

#include <fcntl.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace cookieshop::db {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view sqlite_scheme = "sqlite3://";
constexpr std::string_view postgresql_scheme = "postgresql://";
constexpr std::array<const char*, 4> suffixes{"", "-wal", "-shm", "-lock"};
constexpr fs::perms owner_only = fs::perms::owner_read | fs::perms::owner_write;

[[noreturn]] void fail(const fs::path& file, const std::string& reason) {
    throw unavailable{"the database " + file.string() + ": " + reason};
}

[[noreturn]] void fail(const fs::path& file, const std::error_code& error) {
    const bool forbidden = error == std::errc::permission_denied
                           || error == std::errc::operation_not_permitted
                           || error == std::errc::read_only_file_system;
    fail(file, error.message() + std::string{what_helps(forbidden ? SQLITE_READONLY : SQLITE_OK)});
}

fs::path file_of(std::string_view url) {
    if (url.starts_with(postgresql_scheme)) throw std::invalid_argument{"PostgreSQL is not built in"};
    if (!url.starts_with(sqlite_scheme)) throw std::invalid_argument{"it must begin with sqlite3://"};
    const std::string_view path = url.substr(sqlite_scheme.size());
    if (path.empty()) throw std::invalid_argument{"sqlite3:// must be followed by the path of a file"};
    // Every connection would have a database of its own.
    if (path == ":memory:") throw std::invalid_argument{"a database in memory is not supported"};
    // SOCI's connection string has no way to escape one.
    if (path.find('"') != std::string_view::npos)
        throw std::invalid_argument{"the path of a database must not have quotation marks"};
    // Through links: whoever comes by another name must meet the same lock.
    std::error_code error;
    fs::path file = fs::weakly_canonical(fs::absolute(path), error);
    if (error) fail(path, error);
    return file;
}

std::error_code last_error() {
    return {errno, std::generic_category()};
}

void restrict_to_owner(const fs::path& file) {
    std::error_code error;
    if (fs::is_directory(file, error)) fail(file, "it is a folder");
    const fs::perms now = fs::status(file, error).permissions();
    if (!error && (now & ~owner_only & fs::perms::all) != fs::perms::none)
        fs::permissions(file, owner_only, error);
    if (error && error != std::errc::no_such_file_or_directory) fail(file, error);
}

fs::path beside(const fs::path& file, const char* suffix) {
    return fs::path{file} += suffix;
}

bool has_content(const fs::path& file) {
    std::error_code none;
    const auto size = fs::file_size(file, none);
    return !none && size > 0;
}

bool was_found_damaged(const fs::path& file) {
    std::error_code ignored;
    return fs::exists(beside(file, "-damaged"), ignored);
}

// SQLite would take what is no database yet for a new one: a log beside it, with what was committed last, would
// be emptied. And it would undo what is in a database by a rollback journal that lies there. Both is another's,
// but at a first start: one that was killed may leave a file of no bytes, or of a page, and its journal.
void require_no_remains(const fs::path& file) {
    constexpr std::uintmax_t header = 100, page = 4096;
    const bool has_log = has_content(beside(file, "-wal"));  // first: another first start may be making both
    std::error_code error;
    const auto size = fs::file_size(file, error);
    const bool gone = error == std::errc::no_such_file_or_directory;
    if (error && !gone) return;
    if (!gone && size > page && has_content(beside(file, "-journal")))
        fail(
            file, "the file -journal beside it is not its own, and would be played back into it; remove that"
        );
    if (!gone && size >= header) return;
    if (has_log)
        fail(
            file, "it is gone or empty, and its log (-wal) is not; put it back, or remove -wal and -shm and"
                  " restore a backup"
        );
    if (!gone && size > 0) fail(file, "it is cut short; restore a backup");
    if (was_found_damaged(file))
        fail(
            file,
            "it was found damaged, and is gone or empty; restore a backup, or remove the file -damaged to"
            " begin with nothing"
        );
}

// Whether SQLite loses nothing when it plays back the log, as far as that can be told without the database.
void require_sound_log(const fs::path& file) {
    const fs::path log = beside(file, "-wal");
    const log_end end = end_of_log(log);
    if (end == log_end::damaged || (end == log_end::torn && was_found_damaged(file)))
        fail(
            log,
            "it is damaged, and changes that were answered can't be read any more; remove -wal and -shm and"
            " restore a backup, or remove them alone to go on without those changes"
        );
}

// SQLite gives the two files beside it the mode of the database's.
void make_private(const fs::path& file) {
    // Only a new file is opened here. Closing any descriptor of a database that this process uses would drop
    // the locks that SQLite holds on it.
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor >= 0)
        ::close(descriptor);
    else if (errno != EEXIST)
        fail(file, last_error());
    for (const char* suffix : {"", "-wal", "-shm"}) restrict_to_owner(fs::path{file} += suffix);
}

void configure(connection& c) {
    c.sql() << "PRAGMA busy_timeout = 5000";  // another process writes
    std::string mode;
    c.sql() << "PRAGMA journal_mode = WAL", soci::into(mode);
    if (mode != "wal") throw soci::soci_error{"the write-ahead log is not possible there"};
    c.sql() << "PRAGMA synchronous = FULL";  // durable when COMMIT returns
    c.sql() << "PRAGMA foreign_keys = ON";
    c.sql() << "PRAGMA journal_size_limit = 67108864";
    c.sql() << "PRAGMA cache_size = -16384";  // KiB
    c.sql() << "PRAGMA temp_store = MEMORY";  // savepoints undo from memory
}

// A page that the disk does not give is no damage, but a line in the verdict like any other.
void require_ok(connection& c, std::string_view check, const char* what_is_wrong) {
    std::string verdict;
    c.run(check, in(), out(verdict));
    if (verdict == "ok") return;
    const bool unread = verdict.find("unable to get the page") != verdict.npos
                        || verdict.find("failed to get page") != verdict.npos;
    if (unread) throw soci::sqlite3_soci_error{"disk I/O error", SQLITE_IOERR};
    throw soci::sqlite3_soci_error{what_is_wrong, SQLITE_CORRUPT};
}

// Each page by itself.
void require_undamaged(connection& c) {
    require_ok(c, "PRAGMA quick_check(1)", "it is damaged");
}

constexpr const char* log_of_another =
    "it is damaged, or its log (-wal) is another file's, left from before a backup was restored";

// Where SQLite has played back another file's log each page is sound, but the indexes do not belong to their
// tables, nor rows to each other. To look at that takes five times as long.
void require_consistent(const fs::path& file, connection& c) {
    require_ok(c, "PRAGMA integrity_check(1)", log_of_another);
    std::string table;
    if (c.run("PRAGMA foreign_key_check", in(), out(table)))
        spdlog::warn("the database {}: rows of {} refer to rows that are gone", file.string(), table);
}

long long schema_version(connection& c) {
    long long version = 0;
    c.run("SELECT COALESCE(MAX(version), 0) FROM schema_version", in(), out(version));
    return version;
}

}  // namespace

database::database(const std::string& url, std::string_view schema)
    : file_{file_of(url)},
      health_{file_.string(), beside(file_, "-damaged")},
      migrations_{read_migrations(schema, dialect::sqlite)} {}

database::~database() {
    if (anchor_) {
        if (!health_.readable()) anchor_->leave_log();
        set_log_aside();
    }
    anchor_.reset();  // before another server may begin
    if (lock_ >= 0) ::close(lock_);
}

unavailable database::failure(connection* c, const soci::soci_error& error) const {
    const fault fault = fault_of(c, error);
    if (c != nullptr && fault.damage) c->leave_log();
    return unavailable{"the database " + file_.string() + ": " + fault.reason};
}

std::unique_ptr<connection> database::open() const {
    if (anchor_)
        require_same_files();
    else
        make_private(file_);
    std::unique_ptr<connection> c;
    try {
        c = std::make_unique<connection>(dialect::sqlite, "db=\"" + file_.string() + '"');
        configure(*c);
    } catch (const soci::soci_error& error) {
        throw failure(c.get(), error);
    }
    if (anchor_) require_same_files();  // by now SQLite may have made a new one
    return c;
}

// The first connection: with it SQLite plays back what lies beside the file.
std::unique_ptr<connection> database::open_and_look() const {
    constexpr int looks_max = 3;
    const fs::path log = beside(file_, "-wal");
    for (int looks = 1;; ++looks) {
        require_no_remains(file_);
        require_sound_log(file_);
        const bool has_log = has_content(log);
        const log_generation noted = noted_generation(file_);
        auto c = open();
        try {
            const log_owner owner = has_log ? owner_of_log(*c, log, noted) : log_owner::this_database;
            if (owner == log_owner::another) {
                c->leave_log();
                if (looks == looks_max) throw soci::sqlite3_soci_error{log_of_another, SQLITE_CORRUPT};
                c.reset();  // it is, unless another process has begun the log anew at this moment
                std::this_thread::sleep_for(std::chrono::milliseconds{50});
                continue;
            }
            if (owner == log_owner::unknown || was_found_damaged(file_)) require_consistent(file_, *c);
        } catch (const soci::soci_error& error) {
            throw failure(c.get(), error);
        }
        if (has_log)
            spdlog::info("the database {} did not end in order: its log was played back", file_.string());
        return c;
    }
}

migrated database::migrate() {
    anchor_.reset();
    const bool is_ours = lock_ >= 0 || !is_served();  // else a server has looked, and is writing the log
    if (!is_ours && was_found_damaged(file_)) fail(file_, "a server has found it damaged; stop that first");
    auto c = is_ours ? open_and_look() : open();
    try {
        const bool is_new = !c->run("SELECT 1 FROM sqlite_master");
        c->run("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY)");
        int applied = 0;
        while (apply_next_migration(*c)) ++applied;
        prove_writable(*c);
        if (is_ours) c->run("PRAGMA wal_checkpoint(TRUNCATE)");
        if (is_ours && fs::remove(beside(file_, "-damaged")))
            spdlog::warn(
                "the database {} was found damaged; all of it was looked at, and is sound", file_.string()
            );
        files_ = files_now();
        anchor_ = std::move(c);
        return {.applied = applied, .is_new = is_new};
    } catch (const soci::soci_error& error) {
        throw failure(c.get(), error);
    }
}

void database::check(const std::stop_token& stop) const {
    std::unique_ptr<connection> c;
    try {
        c = open();
        c->leave_log();  // others have it open; to find that out takes a lock, which keeps newcomers out
        const std::stop_callback interrupt{stop, [&c] { c->interrupt(); }};
        // An interruption is forgotten when a statement begins while none is active: this one is, all along.
        int one = 0;
        c->for_each("SELECT 1", in(), out(one), [&] {
            if (!stop.stop_requested()) require_undamaged(*c);
        });
    } catch (const soci::soci_error& error) {
        const fault fault = fault_of(c.get(), error);
        if (fault.damage) health_.failed(fault);
    } catch (const unavailable&) {
        return;  // the writer meets it too, and tells
    }
}

// Missing files have no identity.
std::array<database::file_identity, 4> database::files_now() const noexcept {
    std::array<file_identity, 4> files{};
    for (std::size_t i = 0; i < files.size(); ++i) {
        struct stat status {};
        if (::stat((file_.string() + suffixes.at(i)).c_str(), &status) == 0)
            files.at(i) = {status.st_dev, status.st_ino};
    }
    if (lock_ < 0) files.back() = {};  // whoever's it is
    return files;
}

void database::require_same_files() const {
    const auto now = files_now();
    for (std::size_t i = 0; i < now.size(); ++i) {
        if (now.at(i) == files_.at(i)) continue;
        const bool gone = now.at(i) == file_identity{};
        throw unavailable{
            file_.string() + suffixes.at(i)
            + (gone ? " was deleted or moved" : " was replaced by another file")
            + "; put it back, or stop the server, remove -wal and -shm, and restore a backup"};
    }
}

// Another file was put in the place of ours: our log would be played back into that.
void database::set_log_aside() const noexcept {
    const auto now = files_now();
    const bool replaced = now[0] != files_[0] && now[0] != file_identity{};
    std::error_code ignored;
    if (replaced && now[1] == files_[1])
        fs::rename(beside(file_, "-wal"), beside(file_, "-wal-replaced"), ignored);
}

void database::require_room() const {
    constexpr off_t room = 1 << 20;
    const int file = ::open(file_.parent_path().c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (file < 0) return;  // not on every file system; what else is wrong, a write tells
    const int error = ::posix_fallocate(file, 0, room);
    ::close(file);
    if (error == ENOSPC || error == EDQUOT)
        throw unavailable{"database or disk is full; make room on its disk"};
}

void database::fail_newer(long long version) const {
    fail(
        file_, "its schema has version " + std::to_string(version)
                   + ", made by a newer cookieshop; this one knows " + std::to_string(migrations_.size())
    );
}

std::unique_ptr<connection> database::open_as_it_is() const {
    std::error_code ignored;
    if (!fs::exists(file_, ignored)) fail(file_, "there is none; run cookieshop migrate, which makes it");
    auto c = is_served() ? open() : open_and_look();
    try {
        const bool versioned = c->run("SELECT 1 FROM sqlite_master WHERE name = 'schema_version'");
        const long long version = versioned ? schema_version(*c) : 0;
        const auto known = static_cast<long long>(migrations_.size());
        if (version > known) fail_newer(version);
        if (version < known) fail(file_, "its schema is older than this program; run cookieshop migrate");
        return c;
    } catch (const soci::soci_error& error) {
        throw failure(c.get(), error);
    }
}

// The version is read in the transaction: another process may migrate at the same time.
bool database::apply_next_migration(connection& c) const {
    c.run(begin_writing(c.dialect()));
    const auto version = static_cast<std::size_t>(schema_version(c));
    if (version > migrations_.size()) fail_newer(static_cast<long long>(version));
    const bool behind = version < migrations_.size();
    if (behind) {
        for (const std::string& statement : migrations_[version]) c.sql() << statement;
        c.run("INSERT INTO schema_version (version) VALUES (:version)", in(version + 1));
    }
    c.run("COMMIT");
    return behind;
}

// A file of its own: SQLite's locks on the database file are dropped as soon as this process closes any other
// descriptor of it, and flock on the database itself would be taken for SQLite's own by some file systems.
void database::lock_for_serving() {
    const fs::path lock_file = beside(file_, "-lock");
    const int descriptor = ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor < 0) fail(lock_file, last_error());
    // Commands hold it too, for the moment in which they look whether somebody does.
    int tries = 20;
    while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        const std::error_code error = last_error();
        const bool is_held = error == std::errc::resource_unavailable_try_again;
        if (is_held && --tries > 0) {
            std::this_thread::sleep_for(std::chrono::milliseconds{10});
            continue;
        }
        ::close(descriptor);
        if (is_held) fail(file_, "another server uses it");
        fail(lock_file, error);
    }
    lock_ = descriptor;
}

bool database::is_served() const noexcept {
    const int descriptor = ::open(beside(file_, "-lock").c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return false;
    const bool locked = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0;
    ::close(descriptor);
    return locked;
}

}  // namespace cookieshop::db
