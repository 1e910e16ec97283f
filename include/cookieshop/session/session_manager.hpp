/// The session middleware: finds the session of a request, calls the handler, commits, sets the cookie.
///
/// Const once made, but for the store; called on all io threads.

#pragma once

#include "cookieshop/http/exchange.hpp"
#include "cookieshop/session/policy.hpp"
#include "cookieshop/session/session.hpp"
#include "cookieshop/session/session_id.hpp"
#include "cookieshop/session/session_store.hpp"

#include <boost/container/static_vector.hpp>

#include <memory>
#include <string_view>

namespace cookieshop::session {

class renewals;

using session_handler = http::basic_handler<session&>;

class session_manager {
public:
    /// What it refers to outlives it.
    session_manager(session_store& store, const id_signer& signer, const policy& policy);
    ~session_manager();

    /// Gives a handler the session of its request. When the session is in memory (or there is none), and the
    /// handler returns at once and changes nothing, then this neither suspends nor allocates.
    http::handler operator()(session_handler next);

    session_store& store() noexcept { return store_; }
    const policy& rules() const noexcept { return policy_; }

    /// "session", or "__Host-session" where the cookie is Secure (RFC 6265bis, 4.1.3.2).
    std::string_view cookie_name(const http::exchange& exchange) const noexcept;

private:
    friend class session;

    /// Cookies of this request whose MAC is right. More than these few are an attack, not a browser.
    using candidates = boost::container::static_vector<session_id, 4>;

    bool secure_cookie(const http::exchange& exchange) const noexcept;
    http::pending handle(http::exchange& exchange, const session_handler& next);
    task<> handle_slowly(
        http::exchange& exchange, const session_handler& next, session_ptr found, candidates ids
    );
    task<> settle_later(http::exchange& exchange, session session);
    bool sent_cookie(const http::exchange& exchange) const noexcept;
    session_ptr find_in_memory(const http::exchange& exchange, candidates& others);
    task<session_ptr> find(candidates ids, time_point now);
    void see(const session_ptr& session, time_point now) noexcept;
    task<result<void>> commit(http::exchange& exchange, session& session);
    task<> settle(http::exchange& exchange, session& session);
    void send_cookie(http::exchange& exchange, const session& session);

    task<result<committed>> store_change(change wanted);
    task<session_ptr> successor(const live_session& old, time_point now);

    session_store& store_;
    const id_signer& signer_;
    const policy& policy_;
    const std::unique_ptr<renewals> renewals_;
};

/// The answer when a session's commit was refused: what the manager gives, for handlers that commit by
/// themselves.
void answer_failed_commit(http::exchange& exchange, const error_code& error);

}  // namespace cookieshop::session
