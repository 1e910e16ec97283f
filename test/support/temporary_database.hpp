/// A database with the newest schema, in a folder of its own.

#pragma once

#include "support/source_folder.hpp"
#include "support/temp_folder.hpp"

#include "cookieshop/db/database.hpp"

#include <fstream>
#include <iterator>
#include <string>

namespace cookieshop::test {

/// The text of schema.sql.
inline std::string schema() {
    std::ifstream file{source_folder() / "schema.sql"};
    return {std::istreambuf_iterator<char>{file}, {}};
}

class temporary_database {
public:
    temporary_database() { database_.migrate(); }

    db::database& operator*() noexcept { return database_; }
    db::database* operator->() noexcept { return &database_; }

    const std::filesystem::path& folder() const noexcept { return folder_.path(); }

private:
    temp_folder folder_;
    db::database database_{"sqlite3://" + (folder_.path() / "shop.db").string(), schema()};
};

}  // namespace cookieshop::test
