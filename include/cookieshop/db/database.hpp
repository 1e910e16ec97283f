/// A database by its connection string: opens connections, knows and migrates the schema.

#pragma once

#include "cookieshop/db/connection.hpp"
#include "cookieshop/db/health.hpp"
#include "cookieshop/util/error.hpp"

#include <sys/types.h>

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace cookieshop::db {

/// What `migrate` did.
struct migrated {
    int applied = 0;      ///< migrations
    bool is_new = false;  ///< there was no database, or one without anything in it
};

/// Const once made, but for `migrate` and `lock_for_serving`, which belong to the start; `open` from any
/// thread.
class database {
public:
    /// `url`: "sqlite3://PATH"; PostgreSQL is not built in yet. `schema`: the text of schema.sql. Throws
    /// `std::invalid_argument` for another scheme, or an SQLite database that is not a file.
    database(const std::string& url, std::string_view schema);
    ~database();

    database(const database&) = delete;
    database& operator=(const database&) = delete;

    /// A new connection, set up for the dialect (SQLite: WAL, synchronous=FULL, foreign_keys, busy_timeout).
    /// A new file, and an old one that others could read, becomes its owner's alone. Throws `unavailable`.
    std::unique_ptr<connection> open() const;

    /// The same for a program that has not migrated it, or may not: throws `unavailable` too when there is no
    /// such database, or its schema is of another version. Creates nothing.
    std::unique_ptr<connection> open_as_it_is() const;

    /// Brings the schema to the newest version, each migration in a transaction. Throws `unavailable` for a
    /// database that is newer than this program, that can't be written, or none; and for one that SQLite would
    /// damage, or lose changes of, when it plays back what lies beside it: another file's log or journal, or a
    /// damaged log. One that this server has found damaged before is looked at from end to end.
    ///
    /// From here on the database is these files: `open` refuses any others that take their place, and makes
    /// no new ones.
    migrated migrate();

    /// Reads all of it, which takes a second for a million sessions, and tells `health` of damage. Gives up
    /// when it is to stop. On a thread of its own.
    void check(const std::stop_token& stop) const;

    /// What to throw for an error of SOCI on a connection that `open` gave: names the file, says what helps.
    /// `c` is null when there was none yet. The log of a damaged database is left as it is.
    unavailable failure(connection* c, const soci::soci_error& error) const;

    /// Throws `unavailable` unless the files are still the ones that `migrate` left. SQLite would go on
    /// writing to one that was deleted, and all of that would be gone with the process.
    void require_same_files() const;

    /// Throws `unavailable` when its disk, or a quota, has no megabyte left: more than a batch takes. A disk
    /// that is full has often room for one page, and a proof that needs no more shows nothing.
    void require_room() const;

    /// What is known of it by now. Its own is no part of what is const here.
    db::health& health() const noexcept { return health_; }

    /// Claims the database for one server: throws `unavailable` when another process serves it (SQLite only).
    /// Held until the database object dies.
    void lock_for_serving();

    /// The file of an SQLite database; none for a server's.
    std::optional<std::filesystem::path> file() const { return file_; }

private:
    struct file_identity {
        dev_t device = 0;
        ino_t number = 0;
        bool operator==(const file_identity&) const = default;
    };

    bool apply_next_migration(connection& c) const;
    [[noreturn]] void fail_newer(long long version) const;
    std::array<file_identity, 4> files_now() const noexcept;
    std::unique_ptr<connection> open_and_look() const;
    void set_log_aside() const noexcept;
    bool is_served() const noexcept;

    std::filesystem::path file_;
    mutable db::health health_;
    std::vector<std::vector<std::string>> migrations_;  // the statements of version 1, 2, …
    int lock_ = -1;                                     // a file descriptor
    // The database, its log and the index of that, which SQLite removes when nobody has them open: so one
    // connection has. And the lock.
    std::array<file_identity, 4> files_{};
    std::unique_ptr<connection> anchor_;
};

}  // namespace cookieshop::db
