// The stores that the conformance suite holds to their promises: each alone, and each behind the cache.

#pragma once

#include "cookieshop/db/readers.hpp"
#include "cookieshop/db/writer.hpp"
#include "cookieshop/store/cached_store.hpp"
#include "cookieshop/store/memory_store.hpp"
#include "cookieshop/store/soci_store.hpp"
#include "support/run_task.hpp"
#include "support/temporary_database.hpp"

#include <string>

namespace cookieshop::test {

class memory_backend {
public:
    explicit memory_backend(const session::policy& policy) : store_{policy} {}

    session::session_store& store() { return store_; }
    session::user_id add_user(asio::io_context&, const std::string& email) {
        store_.add_user(++users_, email);
        return users_;
    }

    // Waits until what is written behind was written.
    void settle(asio::io_context&) {}

private:
    store::memory_store store_;
    session::user_id users_ = 0;
};

class sqlite_backend {
public:
    explicit sqlite_backend(const session::policy& policy)
        : writer_{*database_}, readers_{*database_}, store_{writer_, readers_, policy} {}

    session::session_store& store() { return store_; }

    session::user_id add_user(asio::io_context& io, const std::string& email) {
        return run_task(io, writer_.run([email](db::connection& c) {
            session::user_id id = 0;
            c.run(
                "INSERT INTO users (email, email_key, password_hash, created_at) VALUES (:email, :key, '', "
                "0)",
                db::in(email, email)
            );
            c.run("SELECT id FROM users WHERE email_key = :key", db::in(email), db::out(id));
            return id;
        }));
    }

    void settle(asio::io_context& io) {
        run_task(io, writer_.run([](db::connection&) {}));
    }

private:
    temporary_database database_;
    db::writer writer_;
    db::readers readers_;
    store::soci_store store_;
};

template <class Backend>
class cached {
public:
    explicit cached(const session::policy& policy)
        : behind_{policy}, store_{behind_.store(), policy, 1024 * 1024} {}

    session::session_store& store() { return store_; }
    session::user_id add_user(asio::io_context& io, const std::string& email) {
        return behind_.add_user(io, email);
    }
    void settle(asio::io_context& io) { behind_.settle(io); }

private:
    Backend behind_;
    store::cached_store store_;
};

}  // namespace cookieshop::test
