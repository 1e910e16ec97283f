/// SQLite's write-ahead log (-wal) as a file, and which database it belongs to.
///
/// SQLite plays back whatever log lies beside a database, as far as its checksums hold, and drops the rest. It does
/// not notice a log that was left from another file, beside a backup that was restored, nor that what it drops
/// had been committed. Both is told here, from the format of the files (sqlite.org/fileformat2.html, 1.3 and 4).
///
/// A log begins anew whenever all of it is in the database, and then has another generation: the random number
/// in its header. The first commit of a generation is followed by one that notes, in two numbers of the
/// database's header that SQLite leaves to applications, the generation and the one that was noted before
/// (`user_version` and `application_id`). The database's own file, without the log, then has
///
/// - the log's generation: it has seen a part of this log, and the log goes on from there;
/// - the one before: it is the file that the log began with, or a backup from before that: not all of that
///   generation need be in it;
/// - any other: the log is another file's.

#pragma once

#include "cookieshop/db/connection.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace cookieshop::db {

using log_generation = std::uint32_t;

/// What the log's header says; none: there is no log, or nothing in it. A few microseconds.
std::optional<log_generation> generation_of(const std::filesystem::path& log) noexcept;

/// Of the database's own file, without its log. It must not be open: to close it here would drop SQLite's locks.
log_generation noted_generation(const std::filesystem::path& database) noexcept;

/// What a writer remembers of its notes, from one commit to the next.
struct log_note {
    log_generation generation = 0;
    bool unfinished = false;  // in the middle of one, or since one failed
};

/// Notes the log's generation, by a commit, unless `note` says that it is done.
void note_generation(connection& c, const std::filesystem::path& log, log_note& note);

enum class log_owner { this_database, another, unknown };  // unknown: or there is no note of it

/// Whose the log is. `noted`: what the database's file said before `c` was opened.
log_owner owner_of_log(connection& c, const std::filesystem::path& log, log_generation noted);

enum class log_end {
    whole,    ///< nothing is left over but what SQLite leaves of an older generation
    torn,     ///< what is left over are commits that nobody was answered
    damaged,  ///< beyond where SQLite stops reading there are commits that were answered
};

/// Reads all of it. Each commit is flushed before another is written on top of it (synchronous=FULL): so a
/// commit was flushed if the checksums of what follows continue its own. Takes damage for true only when a
/// second look finds it too: another process may be writing.
log_end end_of_log(const std::filesystem::path& log);

}  // namespace cookieshop::db
