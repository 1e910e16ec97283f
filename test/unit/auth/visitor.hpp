/// A session as a handler is given it, loaded from nowhere.

#pragma once

#include "cookieshop/session/session_manager.hpp"

#include <array>
#include <stdexcept>
#include <string>

namespace cookieshop::test {

/// Holds nothing; what would need it fails.
class no_store final : public session::session_store {
public:
    task<session::session_ptr> find(session::session_id, time_point) override { throw unused(); }
    task<result<session::committed>> commit(session::change) override { throw unused(); }
    void touch(const session::session_ptr&) noexcept override {}
    task<std::vector<session::session_info>> list(session::user_id, time_point) override { throw unused(); }
    task<bool> end(session::user_id, std::string) override { throw unused(); }
    task<std::size_t> erase_expired(time_point, std::size_t) override { throw unused(); }

private:
    static std::logic_error unused() { return std::logic_error{"there is no store"}; }
};

struct without_session_t {};
inline constexpr without_session_t without_session;

class visitor {
public:
    /// A guest who has a session.
    visitor() : session_{manager_, make_session({})} {}
    /// A user who is logged in.
    explicit visitor(std::string email)
        : session_{manager_, make_session(new session::account{7, std::move(email), 0})} {}
    explicit visitor(without_session_t) : session_{manager_, {}} {}

    session::session& session() noexcept { return session_; }

private:
    session::session_ptr make_session(session::account_ptr owner) {
        boost::intrusive_ptr<session::live_session> made{new session::live_session{signer_.generate()}};
        made->handle = random_token::generate();
        made->csrf_token = random_token::generate();
        made->owner = std::move(owner);
        return made;
    }

    std::array<secret, 1> keys_{secret{"0123456789abcdef0123456789abcdef"}};
    session::id_signer signer_{keys_};
    session::policy policy_;
    no_store store_;
    session::session_manager manager_{store_, signer_, policy_};
    session::session session_;
};

}  // namespace cookieshop::test
