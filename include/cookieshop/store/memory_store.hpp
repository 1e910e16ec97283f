/// Sessions in a map: for tests, and the reference that the other stores are compared with.

#pragma once

#include "cookieshop/session/session_store.hpp"

#include <memory>

namespace cookieshop::store {

/// Keeps the promises of `session_store` but durability. Any thread.
class memory_store final : public session::session_store {
public:
    explicit memory_store(const session::policy& policy);
    ~memory_store() override;

    /// A user to own sessions; there is no users table here. Its epoch is 0.
    void add_user(session::user_id id, std::string email);

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
