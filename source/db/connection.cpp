#include "cookieshop/db/connection.hpp"

#include <soci/sqlite3/soci-sqlite3.h>

#include <stdexcept>

namespace cookieshop::db {

namespace {

const soci::backend_factory& backend_of(dialect dialect) {
    switch (dialect) {
    case dialect::sqlite: return soci::sqlite3;
    case dialect::postgresql: break;
    }
    throw std::invalid_argument{"PostgreSQL is not built in"};
}

}  // namespace

connection::connection(db::dialect dialect, const std::string& parameters)
    : sql_{backend_of(dialect), parameters}, dialect_{dialect} {}

connection::~connection() = default;

bool connection::in_transaction() noexcept {
    auto& backend = static_cast<soci::sqlite3_session_backend&>(*sql_.get_backend());
    return sqlite_api::sqlite3_get_autocommit(backend.conn_) == 0;
}

void connection::interrupt() noexcept {
    auto& backend = static_cast<soci::sqlite3_session_backend&>(*sql_.get_backend());
    sqlite_api::sqlite3_interrupt(backend.conn_);
}

void connection::leave_log() noexcept {
    auto& backend = static_cast<soci::sqlite3_session_backend&>(*sql_.get_backend());
    sqlite_api::sqlite3_db_config(backend.conn_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

void connection::finish(detail::prepared& prepared) {
    auto& backend = static_cast<soci::sqlite3_statement_backend&>(*prepared.statement.get_backend());
    sqlite_api::sqlite3_reset(backend.stmt_);
    affected_ = sqlite_api::sqlite3_changes64(backend.session_.conn_);
}

}  // namespace cookieshop::db
