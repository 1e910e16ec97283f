#include "db/dialect.hpp"

#include <soci/sqlite3/soci-sqlite3.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <system_error>

namespace cookieshop::db {

namespace {

// SOCI's functions name themselves first.
std::string_view without_origin(std::string_view message) {
    constexpr std::string_view separator = ": ";
    const auto end = message.find(separator);
    const bool has_origin = message.starts_with("sqlite3_") && end != std::string_view::npos;
    return has_origin ? message.substr(end + separator.size()) : message;
}

// True once a second, on whatever thread: a flood of requests that fail must not become a flood of lines.
bool log_is_due() noexcept {
    using clock = std::chrono::steady_clock;
    static std::atomic<clock::time_point> next;
    const auto now = clock::now();
    auto due = next.load(std::memory_order_relaxed);
    return now >= due && next.compare_exchange_strong(due, now + std::chrono::seconds{1});
}

// What the system said, which SQLite keeps to itself; 0: nothing.
int system_error(connection& c) {
    auto& backend = static_cast<soci::sqlite3_session_backend&>(*c.sql().get_backend());
    return sqlite_api::sqlite3_system_errno(backend.conn_);
}

}  // namespace

std::string_view begin_writing(dialect dialect) noexcept {
    switch (dialect) {
    case dialect::sqlite: return "BEGIN IMMEDIATE";
    case dialect::postgresql: break;
    }
    return "BEGIN";
}

std::string_view what_helps(int sqlite_code) noexcept {
    switch (sqlite_code) {
    case SQLITE_FULL: return "; make room on its disk";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN: return "; the server must be able to write it, and to make files in its folder";
    case SQLITE_IOERR: return "; look at its disk and the system's log";
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "; another process has locked it and must end that";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return "; stop the server, then remove -wal and -shm and restore a backup";
    default: return "";
    }
}

fault fault_of(connection* c, const soci::soci_error& error) {
    const auto* sqlite = dynamic_cast<const soci::sqlite3_soci_error*>(&error);
    const int code = sqlite != nullptr ? sqlite->result() : SQLITE_ERROR;
    const bool from_system = code == SQLITE_IOERR || code == SQLITE_CANTOPEN;
    const int system_code = c != nullptr && from_system ? system_error(*c) : 0;
    const bool full = system_code == ENOSPC || system_code == EDQUOT;
    fault fault{.reason = std::string{without_origin(error.get_error_message())}};
    if (system_code != 0) fault.reason += ": " + std::generic_category().message(system_code);
    fault.reason += what_helps(full ? SQLITE_FULL : code);
    fault.damage = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
    fault.busy = code == SQLITE_BUSY || code == SQLITE_LOCKED;
    return fault;
}

unavailable reported(std::string_view doing, const fault& fault) {
    if (log_is_due()) spdlog::error("database: {}: {}", doing, fault.reason);
    return unavailable{"the database failed: " + fault.reason};
}

// The number that is there already is written all the same.
void prove_writable(connection& c) {
    long long number = 0;
    c.run("PRAGMA user_version", in(), out(number));
    c.sql() << "PRAGMA user_version = " << number;
}

}  // namespace cookieshop::db
