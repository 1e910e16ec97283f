#include "cookieshop/auth/user_repository.hpp"

#include "cookieshop/auth/email.hpp"

#include <utility>

namespace cookieshop::auth {
namespace {

using db::in;
using db::out;

template <class Key>
std::optional<user> find_user(db::connection& c, std::string_view query, const Key& key) {
    user found;
    if (!c.run(query, in(key), out(found.id, found.email, found.password_hash, found.epoch)))
        return std::nullopt;
    return found;
}

}  // namespace

task<std::optional<user>> user_repository::find(std::string email) {
    auto query = [email_key = fold_email(email)](db::connection& c) {
        return find_user(
            c, "SELECT id, email, password_hash, epoch FROM users WHERE email_key = :email_key", email_key
        );
    };
    co_return co_await readers_.run(std::move(query));
}

task<std::optional<user>> user_repository::find(session::user_id id) {
    auto query = [id](db::connection& c) {
        return find_user(c, "SELECT id, email, password_hash, epoch FROM users WHERE id = :id", id);
    };
    co_return co_await readers_.run(std::move(query));
}

session::companion add_user(std::string email, std::string password_hash) {
    return [email = std::move(email),
            hash = std::move(password_hash)](transaction& t, session::change& change) -> result<void> {
        auto& c = db::connection::of(t);
        const std::string email_key = fold_email(email);
        session::login login{.user = 0, .epoch = 0, .remember = false};
        // A second one of that email adds nothing, instead of an error that would end PostgreSQL's
        // transaction.
        c.run(
            "INSERT INTO users (email, email_key, password_hash, epoch, created_at) "
            "VALUES (:email, :email_key, :password_hash, :epoch, :created_at) "
            "ON CONFLICT (email_key) DO NOTHING",
            in(email, email_key, hash, login.epoch, change.now)
        );
        if (c.affected() == 0) return errc::exists;
        c.run("SELECT id FROM users WHERE email_key = :email_key", in(email_key), out(login.user));
        change.log_in = login;
        return {};
    };
}

session::companion set_password(session::user_id id, std::string password_hash, std::uint64_t epoch) {
    return [id, hash = std::move(password_hash), epoch](transaction& t, session::change&) -> result<void> {
        auto& c = db::connection::of(t);
        c.run(
            "UPDATE users SET password_hash = :password_hash WHERE id = :id AND epoch = :epoch",
            in(hash, id, epoch)
        );
        if (c.affected() == 0) return errc::conflict;
        return {};
    };
}

session::companion rehash_password(session::user_id id, std::string old_hash, std::string new_hash) {
    return [id, old_hash = std::move(old_hash),
            new_hash = std::move(new_hash)](transaction& t, session::change&) -> result<void> {
        db::connection::of(t).run(
            "UPDATE users SET password_hash = :new_hash WHERE id = :id AND password_hash = :old_hash",
            in(new_hash, id, old_hash)
        );
        return {};
    };
}

}  // namespace cookieshop::auth
