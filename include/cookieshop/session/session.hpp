/// A session as one request sees it: values and a state machine, no I/O.
///
/// A handler reads and changes it; what must become of it in the store, and of the cookie in the browser,
/// follows from its state when the handler is done (`pending_change`), and happens before the response is
/// sent:
///
///   | state                                     | answer below 500          | 500 and above     |
///   |-------------------------------------------|---------------------------|-------------------|
///   | none, no data                             | nothing, no cookie        | nothing           |
///   | none, with data or a login                | create, set the cookie    | nothing           |
///   | loaded, unchanged                         | nothing (but 'last seen') | nothing           |
///   | loaded, data changed                      | save                      | nothing           |
///   | loaded, renewed (login, new password)     | rotate, set the cookie    | nothing           |
///   | loaded, a login by another user           | replace, set the cookie   | nothing           |
///   | loaded, destroyed                         | destroy, expire the cookie| the same          |
///
/// Whoever is logged out without a session, but sent a cookie (of one that has ended, say), is rid of it too.
///
/// Lives on one io thread, in the frame of its request.

#pragma once

#include "cookieshop/http/exchange.hpp"
#include "cookieshop/session/session_store.hpp"

#include <string>
#include <string_view>

namespace cookieshop::session {

class session_manager;

class session {
public:
    /// `loaded` is null for a visitor without a session.
    session(session_manager& manager, session_ptr loaded) noexcept;
    session(session&&) noexcept = default;

    // ---- reading

    /// The user who is logged in, or null.
    const account* user() const noexcept { return loaded_ && !destroyed_ ? loaded_->owner.get() : nullptr; }

    /// The data as this request sees them: as loaded, with its own changes.
    const session_data& data() const noexcept;

    /// What the forms of this session carry; empty for a visitor without one.
    std::string_view csrf_token() const noexcept;

    /// The session as it was loaded, or as the last commit left it; null if there is none.
    const session_ptr& loaded() const noexcept { return loaded_; }

    // ---- changing; nothing is stored before the commit

    /// Applies `operation` to the data now, and to the stored data at the commit. Its error leaves everything
    /// as it was; `errc::too_large` when the data would pass the limit.
    result<void> change_data(data_operation operation);

    /// Shown once, on the next page that calls `take_flash`.
    void flash(std::string_view text);
    std::string take_flash();

    /// The user is who they say: gives the session a new id (ASVS 7.2.4) and this owner. The data stay,
    /// unless they are another user's. A registration passes user 0, and a companion that fills in the rest.
    void log_in(const login& who);

    /// Gives the session a new id; data and owner stay.
    void renew();

    /// Ends all other sessions of this user.
    void end_others();

    /// Ends the session.
    void destroy();

    /// Runs in the transaction that commits this session.
    void commit_with(companion work);

    // ---- committing

    bool changed() const noexcept;

    /// Commits now what changed so far, for handlers whose answer depends on how that went. After a success
    /// the session is as it would be on the next request, and its cookie is part of whatever response
    /// follows; after an error nothing is stored and all changes are forgotten.
    task<result<void>> commit(http::exchange& exchange);

private:
    friend class session_manager;

    change pending_change() const;
    void forget_changes();

    // What the browser must be told, by a response that is not made yet.
    enum class cookie { unchanged, set, expire };

    session_manager* manager_;
    session_ptr loaded_;
    session_data own_data_;  // valid while operations_ is not empty
    std::vector<data_operation> operations_;
    std::optional<login> login_;
    std::vector<companion> companions_;
    bool renewed_ = false, destroyed_ = false, end_others_ = false;
    bool overtaken_ = false;  // the request came with an id that another one renewed a moment ago
    cookie cookie_ = cookie::unchanged;
};

}  // namespace cookieshop::session
