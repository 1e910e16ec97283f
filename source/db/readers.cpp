#include "cookieshop/db/readers.hpp"

#include "db/dialect.hpp"

namespace cookieshop::db {

readers::readers(const database& database, std::size_t threads, std::size_t capacity)
    : database_{database}, pool_{"db-reader", threads, capacity} {
    // All of them now: a file that is taken away later can be read for as long as it is open.
    for (std::size_t i = 0; i < threads; ++i) free_.push_back(database_.open());
}

readers::~readers() = default;

std::unique_ptr<connection> readers::take() {
    if (!database_.health().readable()) throw unavailable{"the database: " + database_.health().reason()};
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
    const fault fault = fault_of(connection_.get(), reason);
    connection_.reset();
    if (fault.damage) from_.database_.health().failed(fault);
    throw reported("a read failed", fault);
}

}  // namespace cookieshop::db
