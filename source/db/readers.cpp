#include "cookieshop/db/readers.hpp"

#include "db/dialect.hpp"

namespace cookieshop::db {

readers::readers(const database& database, std::size_t threads, std::size_t capacity)
    : database_{database}, pool_{"db-reader", threads, capacity} {
    free_.reserve(threads);
    give_back(take());  // a database that can't be opened is told at the start
}

readers::~readers() = default;

std::unique_ptr<connection> readers::take() {
    {
        const std::lock_guard lock{mutex_};
        if (!free_.empty()) {
            auto connection = std::move(free_.back());
            free_.pop_back();
            return connection;
        }
    }
    return database_.open();
}

void readers::give_back(std::unique_ptr<connection> connection) noexcept {
    const std::lock_guard lock{mutex_};
    free_.push_back(std::move(connection));
}

readers::borrowed::borrowed(readers& from) : from_{from}, connection_{from.take()} {}

readers::borrowed::~borrowed() {
    // One with a transaction left open would show its next user the past.
    if (connection_ && !connection_->in_transaction()) from_.give_back(std::move(connection_));
}

void readers::borrowed::fail(const soci::soci_error& reason) {
    connection_.reset();
    throw reported("a read failed", reason);
}

}  // namespace cookieshop::db
