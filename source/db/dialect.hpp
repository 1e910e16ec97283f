/// Where the dialects differ, and what becomes of SOCI's exceptions.

#pragma once

#include "cookieshop/db/connection.hpp"
#include "cookieshop/db/health.hpp"
#include "cookieshop/util/error.hpp"

#include <string_view>

namespace cookieshop::db {

/// Starts a transaction that is going to write. SQLite takes the write lock at once: a transaction that
/// starts as a reader can fail half-way when another process writes first.
std::string_view begin_writing(dialect dialect) noexcept;

/// What was wrong. It has SOCI's message without the context that it adds: that holds the values bound to the
/// statement, such as password hashes. `c`: the connection that failed; null when there was none yet.
fault fault_of(connection* c, const soci::soci_error& error);

/// What an operator can do about an error of SQLite, to be put behind its message; empty: nobody knows.
std::string_view what_helps(int sqlite_code) noexcept;

/// Logs the reason, not more than once a second, and makes the exception that replaces SOCI's.
unavailable reported(std::string_view doing, const fault& fault);

/// Writes something, for no other reason than to see whether that is possible.
void prove_writable(connection& c);

}  // namespace cookieshop::db
