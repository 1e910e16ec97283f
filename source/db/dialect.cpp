#include "db/dialect.hpp"

#include <spdlog/spdlog.h>

namespace cookieshop::db {

std::string_view begin_writing(dialect dialect) noexcept {
    switch (dialect) {
    case dialect::sqlite: return "BEGIN IMMEDIATE";
    case dialect::postgresql: break;
    }
    return "BEGIN";
}

unavailable reported(std::string_view doing, const soci::soci_error& error) {
    const std::string reason = error.get_error_message();
    spdlog::error("database: {}: {}", doing, reason);
    return unavailable{"the database failed: " + reason};
}

}  // namespace cookieshop::db
