/// A transaction under way, whatever the storage.
///
/// The session layer knows that a change of a session and the work that belongs to it (the order that empties
/// the basket) are committed together, but not in which database. Whoever wrote that work for one storage
/// gets at it with `db::connection::of(transaction)`.

#pragma once

namespace cookieshop {

class transaction {
public:
    transaction() = default;
    transaction(const transaction&) = delete;
    transaction& operator=(const transaction&) = delete;
    virtual ~transaction() = default;
};

}  // namespace cookieshop
