/// Reads schema.sql.

#pragma once

#include "cookieshop/db/connection.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace cookieshop::db {

/// The statements of one migration.
using migration = std::vector<std::string>;

/// The migrations for a dialect, from version 1 up. `schema` is a text of our own: throws
/// `std::invalid_argument` when its numbers have a gap or a statement has no end.
std::vector<migration> read_migrations(std::string_view schema, dialect dialect);

}  // namespace cookieshop::db
