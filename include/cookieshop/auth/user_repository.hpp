/// The users table.

#pragma once

#include "cookieshop/db/readers.hpp"
#include "cookieshop/session/session_store.hpp"
#include "cookieshop/util/error.hpp"
#include "cookieshop/util/task.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cookieshop::auth {

struct user {
    session::user_id id = 0;
    std::string email;          ///< as typed
    std::string password_hash;  ///< a PHC string
    std::uint64_t epoch = 0;
};

class user_repository {
public:
    explicit user_repository(db::readers& readers) : readers_{readers} {}

    /// By email, whatever the case of its ASCII letters.
    task<std::optional<user>> find(std::string email);
    task<std::optional<user>> find(session::user_id id);

private:
    db::readers& readers_;
};

/// Work for the transaction that commits a session (`session::commit_with`):

/// Makes the user, and logs them in to the session that is committed. `errc::exists` when the email is taken.
session::companion add_user(std::string email, std::string password_hash);

/// Sets a new password, unless it was changed since `epoch` was read: `errc::conflict`.
session::companion set_password(session::user_id id, std::string password_hash, std::uint64_t epoch);

/// Replaces a hash by one of the same password with newer parameters, if it is still the `old` one; never an
/// error.
session::companion rehash_password(session::user_id id, std::string old_hash, std::string new_hash);

}  // namespace cookieshop::auth
