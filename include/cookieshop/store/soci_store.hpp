/// Sessions in a database, through SOCI: the truth that the cache is a copy of.

#pragma once

#include "cookieshop/db/readers.hpp"
#include "cookieshop/db/writer.hpp"
#include "cookieshop/session/session_store.hpp"

#include <memory>

namespace cookieshop::store {

/// `find` and `list` are jobs of the readers, all else of the writer. 'Last seen' is gathered and written as
/// one job at a time; past a bound it is forgotten. What the store refers to outlives it, and the writer's
/// destructor writes what is gathered by then: so the writer is made before the store and dies after it.
/// `commit` throws `overloaded` for a new guest past `policy::guest_sessions_max`; how many there are is
/// counted by `erase_expired`, and from there on by this process.
class soci_store final : public session::session_store {
public:
    soci_store(db::writer& writer, db::readers& readers, const session::policy& policy);
    ~soci_store() override;

    task<session::session_ptr> find(session::session_id id, time_point now) override;
    task<result<session::committed>> commit(session::change change) override;
    void touch(const session::session_ptr& session) noexcept override;
    task<std::vector<session::session_info>> list(session::user_id user, time_point now) override;
    task<bool> end(session::user_id user, std::string handle) override;
    task<std::size_t> erase_expired(time_point now, std::size_t limit) override;

private:
    struct implementation;
    std::unique_ptr<implementation> self_;
};

}  // namespace cookieshop::store
