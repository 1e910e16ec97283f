#include "cookieshop/session/session_manager.hpp"

#include "cookieshop/http/cookie.hpp"
#include "cookieshop/http/error_page.hpp"
#include "cookieshop/http/security_log.hpp"
#include "session/renewals.hpp"

#include <algorithm>
#include <exception>
#include <span>
#include <utility>

namespace cookieshop::session {
namespace {

// For the list of sessions: what a browser calls itself, cut and without anything that is not plain text.
std::string plain_user_agent(const http::request& request) {
    constexpr std::size_t size_max = 200;
    std::string text{request.header(http::field::user_agent).substr(0, size_max)};
    std::ranges::replace_if(
        text, [](unsigned char c) { return c < 0x20 || c > 0x7e; }, '?'
    );
    return text;
}

// A logout that finds no session may have come while another ends it, which is seen before it is durable.
// What it answers must be: the ending is repeated, and so waited for.
task<> end_again(session_store& store, std::span<const session_id> ids, time_point now) {
    for (const session_id& id : ids) {
        change ending;
        ending.what = change::action::destroy;
        ending.current = session_ptr{new live_session{id}};
        ending.now = now;
        (void)co_await store.commit(std::move(ending));
    }
}

// The session was there when the request began, and is not any more, or not as it was: it was ended or
// renewed meanwhile. Which cookie the browser has by now we can't know, so none is sent; a page is asked for
// again.
void answer_overtaken(http::exchange& exchange) {
    const http::request& request = exchange.request;
    if (request.method == http::verb::get || request.method == http::verb::head) {
        exchange.response.clear();
        http::see_other(exchange.response, request.target);
    } else {
        http::fail(
            exchange, http::status::conflict,
            "Your session has ended or was renewed meanwhile. Please try again."
        );
    }
}

http::actor actor_of(const live_session& session) noexcept {
    return {session.owner ? session.owner->id : 0, session.handle.view()};
}

void log_end(const http::exchange& exchange, const live_session* session) {
    if (session) http::log_event(exchange, actor_of(*session), "logout", "success");
}

void log_end_of_others(const http::exchange& exchange, const live_session& session) {
    http::log_event(exchange, actor_of(session), "revocation", "success", {{"ended", "others"}});
}

}  // namespace

void answer_failed_commit(http::exchange& exchange, const error_code& error) {
    if (error == errc::gone || error == errc::conflict) return answer_overtaken(exchange);
    const bool full = error == errc::too_large;
    http::fail(
        exchange, http::status::unprocessable_entity,
        full ? "There is no room for this in your session." : error.message()
    );
}

session_manager::session_manager(session_store& store, const id_signer& signer, const policy& policy)
    : store_{store}, signer_{signer}, policy_{policy}, renewals_{std::make_unique<renewals>()} {}

session_manager::~session_manager() = default;

http::handler session_manager::operator()(session_handler next) {
    return [this, next = std::move(next)](http::exchange& exchange) { return handle(exchange, next); };
}

http::pending session_manager::handle(http::exchange& exchange, const session_handler& next) {
    candidates ids;
    session_ptr found = find_in_memory(exchange, ids);
    const bool known = found || ids.empty();
    if (!known || !next.immediate()) return handle_slowly(exchange, next, std::move(found), ids);

    session session{*this, std::move(found)};
    next.call(exchange, session);
    if (session.changed()) return settle_later(exchange, std::move(session));
    send_cookie(exchange, session);
    return std::nullopt;
}

task<> session_manager::handle_slowly(
    http::exchange& exchange, const session_handler& next, session_ptr found, candidates ids
) {
    if (!found && !ids.empty()) found = co_await find(ids, exchange.now);
    session session{*this, std::move(found)};
    const auto renewed = [&](const session_id& id) { return renewals_->find(id, exchange.now).has_value(); };
    session.overtaken_ = !session.loaded_ && std::ranges::any_of(ids, renewed);
    // Ours, but ended or expired; of a browser whose user was away for long, or somebody else's copy of the
    // cookie.
    const bool replayed = !session.loaded_ && !ids.empty() && !session.overtaken_;
    if (replayed) http::log_refusal(exchange, {}, "session", "ended");
    std::exception_ptr failure;
    try {
        if (auto rest = next(exchange, session)) co_await std::move(*rest);
        if (session.destroyed_ && !session.loaded_) co_await end_again(store_, ids, exchange.now);
        co_await settle(exchange, session);
    } catch (...) {
        failure = std::current_exception();
    }
    // Answered here and not further out: a cookie that was committed before the failure must reach the
    // browser.
    if (failure) http::fail(exchange, failure);
    send_cookie(exchange, session);
}

task<> session_manager::settle_later(http::exchange& exchange, session session) {
    co_await settle(exchange, session);
    send_cookie(exchange, session);
}

bool session_manager::sent_cookie(const http::exchange& exchange) const noexcept {
    bool sent = false;
    http::for_each_cookie(exchange.request, cookie_name(exchange), [&](std::string_view) {
        return sent = true;
    });
    return sent;
}

session_ptr session_manager::find_in_memory(const http::exchange& exchange, candidates& others) {
    session_ptr found;
    const std::string_view name = cookie_name(exchange);
    http::for_each_cookie(exchange.request, name, [&](std::string_view value) {
        found = store_.peek(value, exchange.now);
        return found != nullptr;
    });
    if (found) {
        see(found, exchange.now);
        return found;
    }
    bool forged = false;
    http::for_each_cookie(exchange.request, name, [&](std::string_view value) {
        if (const auto id = signer_.verify(value))
            others.push_back(*id);
        else
            forged = true;
        return others.size() == others.capacity();
    });
    if (forged) http::log_refusal(exchange, {}, "session", "forged");
    return nullptr;
}

task<session_ptr> session_manager::find(candidates ids, time_point now) {
    for (const session_id& id : ids) {
        session_ptr found = co_await store_.find(id, now);
        if (!found) continue;
        see(found, now);
        co_return found;
    }
    co_return nullptr;
}

void session_manager::see(const session_ptr& session, time_point now) noexcept {
    session->see(now);
    if (session->needs_touch(policy_, now)) store_.touch(session);
}

task<result<void>> session_manager::commit(http::exchange& exchange, session& session) {
    using action = change::action;
    change next = session.pending_change();
    const bool destroyed = session.destroyed_;
    session.forget_changes();
    const action what = next.what;
    if (what != action::none || !next.companions.empty()) {
        // A cookie of another session would take the place of the one that the browser has just been given.
        if (what == action::create && session.overtaken_ && !next.log_in) co_return errc::gone;
        next.now = exchange.now;
        const bool end_others = next.end_others;
        if (what == action::create || what == action::rotate || what == action::replace) {
            next.fresh = signer_.generate();
            next.address = exchange.client.to_string();
            next.user_agent = plain_user_agent(exchange.request);
        }
        // Data alone follow a session to its next id; what else is changed was meant for the one that was
        // seen.
        std::optional<change> again;
        if (what == action::save && !next.end_others && next.companions.empty()) again = next;
        const result<committed> done = co_await store_change(std::move(next));
        if (!done && done.error() == errc::gone && again) {
            again->current = co_await successor(*again->current, again->now);
            if (!again->current) co_return errc::gone;
            const result<committed> followed = co_await store_.commit(*std::move(again));
            // This request goes on with the session as it saw it.
            co_return followed ? result<void>{} : result<void>{followed.error()};
        }
        if (!done) co_return done.error();
        if (destroyed) log_end(exchange, session.loaded_.get());
        if (what != action::none) session.loaded_ = done->session;
        if (end_others && session.loaded_) log_end_of_others(exchange, *session.loaded_);
        if (session.loaded_ && what != action::save) session.cookie_ = session::cookie::set;
        for (const std::string& handle : done->ended_handles) {
            http::log_event(
                exchange, actor_of(*session.loaded_), "revocation", "success",
                {{"ended", handle}, {"why", "limit"}}
            );
        }
    }
    if (destroyed && sent_cookie(exchange)) session.cookie_ = session::cookie::expire;
    co_return result<void>{};
}

task<result<committed>> session_manager::store_change(change wanted) {
    if (!wanted.current || !wanted.fresh) co_return co_await store_.commit(std::move(wanted));

    const bool same_session = wanted.what == change::action::rotate;
    const renewal noted{wanted.current->id, same_session ? wanted.fresh : std::nullopt, wanted.now};
    renewals_->note(noted);
    result<committed> done = errc::gone;
    std::exception_ptr failure;
    try {
        done = co_await store_.commit(std::move(wanted));
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure || !done) renewals_->forget(noted);
    if (failure) std::rethrow_exception(failure);
    co_return done;
}

// What the session became that a request loaded a moment ago: it has its handle, and unless somebody logged
// in to it, its epoch. Another handle is of a login that began anew, as the session had ended; another epoch
// of a new password, which shuts out whoever shares the old id.
task<session_ptr> session_manager::successor(const live_session& old, time_point now) {
    const std::optional<renewal> renewed = renewals_->find(old.id, now);
    if (!renewed || !renewed->to) co_return nullptr;
    session_ptr now_there = co_await store_.find(*renewed->to, now);
    const bool same =
        now_there && now_there->handle == old.handle && (!old.owner || now_there->epoch == old.epoch);
    co_return same ? now_there : nullptr;
}

task<> session_manager::settle(http::exchange& exchange, session& session) {
    const bool failed = static_cast<unsigned>(exchange.response.status) >= 500;
    // A logout holds whatever else went wrong; any other change belongs to an answer that was not given.
    if (failed && !session.destroyed_) session.forget_changes();
    if (!session.changed()) co_return;
    const result<void> done = co_await commit(exchange, session);
    if (!done) answer_failed_commit(exchange, done.error());
}

void session_manager::send_cookie(http::exchange& exchange, const session& session) {
    if (session.loaded_ || session.cookie_ != session::cookie::unchanged) {
        exchange.response.caching = http::caching::no_store;
    }
    const bool secure = secure_cookie(exchange);
    const std::string_view name = cookie_name(exchange);
    switch (session.cookie_) {
    case session::cookie::unchanged: return;
    case session::cookie::expire: return http::expire_cookie(exchange.response, name, secure);
    case session::cookie::set: break;
    }
    http::cookie_attributes attributes{.secure = secure, .max_age = {}};
    if (session.loaded_->remembered) {
        // What is left of it: a new password gives the session a new id, not a longer life.
        const time_point end = session.loaded_->created_at + policy_.remember_for;
        attributes.max_age = std::chrono::floor<std::chrono::seconds>(end - exchange.now);
    }
    http::set_cookie(exchange.response, name, session.loaded_->id.token(), attributes);
}

bool session_manager::secure_cookie(const http::exchange& exchange) const noexcept {
    switch (policy_.secure) {
    case secure_cookies::always: return true;
    case secure_cookies::never: return false;
    case secure_cookies::when_secure: break;
    }
    return exchange.secure;
}

std::string_view session_manager::cookie_name(const http::exchange& exchange) const noexcept {
    return secure_cookie(exchange) ? "__Host-session" : "session";
}

}  // namespace cookieshop::session
