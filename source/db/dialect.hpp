/// Where the dialects differ, and what callers see of SOCI's exceptions.

#pragma once

#include "cookieshop/db/connection.hpp"
#include "cookieshop/util/error.hpp"

#include <string_view>

namespace cookieshop::db {

/// Starts a transaction that is going to write. SQLite takes the write lock at once: a transaction that
/// starts as a reader can fail half-way when another process writes first.
std::string_view begin_writing(dialect dialect) noexcept;

/// Logs the reason and makes the exception that replaces it. Both carry SOCI's message without the context
/// that it adds: that holds the values bound to the statement, such as password hashes.
unavailable reported(std::string_view doing, const soci::soci_error& error);

}  // namespace cookieshop::db
