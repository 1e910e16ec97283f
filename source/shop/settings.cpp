#include "cookieshop/auth/email.hpp"
#include "cookieshop/auth/password.hpp"
#include "cookieshop/http/error_page.hpp"
#include "shop/handlers.hpp"
#include "shop/user_agent.hpp"

namespace cookieshop::shop {
namespace {

constexpr std::string_view not_correct = "The current password is not correct.";

// Events of the security log.
constexpr std::string_view password_change = "password_change", revocation = "revocation";

// A login so long ago proves nothing about who sits there now (ASVS 7.5.2).
constexpr std::chrono::minutes login_proves_for{15};

bool logged_in_lately(const session::session& session, time_point now) {
    return now - session.loaded()->created_at < login_proves_for;
}

// Whether whoever sends this knows the user's password; a failure counts and is logged.
struct proof {
    std::optional<auth::user> user;            // with the password that was verified; none: it was wrong
    std::optional<std::chrono::seconds> wait;  // nothing was verified: too many attempts
};

task<proof> prove(
    const app& app, const exchange& ex, const session::session& session, const account& account,
    std::string_view event, secret password
) {
    const std::string name = auth::fold_email(account.email);
    const http::actor actor = actor_of(session);
    proof proof;
    proof.wait = app.throttle.try_password(name, ex.client, ex.now);
    if (proof.wait) {
        http::log_refusal(ex, actor, event, "throttled");
        co_return proof;
    }
    std::exception_ptr failure;
    bool correct = false;
    try {
        proof.user = co_await app.users.find(account.id);
        std::optional<std::string> hash;
        if (proof.user) hash = proof.user->password_hash;
        correct = co_await app.hasher.verify(std::move(password), std::move(hash));
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {
        app.throttle.cancelled(name, ex.client, ex.now);
        std::rethrow_exception(failure);
    }
    if (correct) {
        app.throttle.succeeded(name, ex.client, ex.now);
    } else {
        http::log_event(ex, actor, event, "failure");
        proof.user.reset();
    }
    co_return proof;
}

bool find_faults(const app& app, const account& user, const form& form, settings_page& page) {
    page.password_faults = auth::password_faults(form["password"], app.password_length_min, user.email);
    if (form["password"] != form["password_confirmation"]) {
        page.confirmation_faults.emplace_back("The password confirmation must match the password.");
    }
    return !page.password_faults.empty() || !page.confirmation_faults.empty();
}

// True when the form has the password too. Else the answer is a page that asks for it.
task<bool> confirm(
    const app& app, exchange& ex, const session::session& session, const account& user, const form& form
) {
    confirm_page page{.frame = frame_of(session), .session = form["session"], .all = form["all"]};
    http::status status = http::status::unprocessable_entity;
    std::string problem;
    if (form.has("current_password")) {
        const secret password{form["current_password"]};
        const proof proof = co_await prove(app, ex, session, user, revocation, password);
        if (proof.user) co_return true;
        if (proof.wait) {
            problem = refuse_for(ex, *proof.wait);
            page.frame.problem = problem;
            status = http::status::too_many_requests;
        } else {
            page.current_password_faults.emplace_back(not_correct);
        }
    }
    show(app, ex, page, status);
    co_return false;
}

}  // namespace

void show_settings(const app& app, exchange& ex, session::session& session, const account&) {
    const std::string flash = take_flash(ex, session);
    settings_page page{.frame = frame_of(session), .password_length_min = app.password_length_min};
    page.frame.flash = flash;
    show(app, ex, page);
}

task<> submit_password(
    const app& app, exchange& ex, session::session& session, const account& account, const form& form
) {
    settings_page page{.frame = frame_of(session), .password_length_min = app.password_length_min};
    const secret current{form["current_password"]};
    const proof proof = co_await prove(app, ex, session, account, password_change, current);
    if (proof.wait) {
        const std::string problem = refuse_for(ex, *proof.wait);
        page.frame.problem = problem;
        co_return show(app, ex, page, http::status::too_many_requests);
    }
    if (!proof.user) page.current_password_faults.emplace_back(not_correct);
    if (find_faults(app, account, form, page) || !proof.user) {
        co_return show(app, ex, page, http::status::unprocessable_entity);
    }

    std::string hash = co_await app.hasher.hash(secret{form["password"]});
    session.commit_with(auth::set_password(proof.user->id, std::move(hash), proof.user->epoch));
    session.renew();
    session.end_others();
    session.flash("Your password was changed. All your other sessions have ended.");
    const result<void> done = co_await session.commit(ex);
    if (!done) co_return session::answer_failed_commit(ex, done.error());
    http::log_event(ex, actor_of(session), password_change, "success");
    http::see_other(ex.response, "/settings");
}

task<> show_sessions(const app& app, exchange& ex, session::session& session, const account& user) {
    const std::string flash = take_flash(ex, session);
    const std::vector<session::session_info> list = co_await app.sessions.store().list(user.id, ex.now);
    std::vector<session_entry> entries;
    for (const session::session_info& info : list) {
        entries.push_back(
            {info.handle, info.created_at, info.last_seen_at, info.address, browser_name(info.user_agent),
             info.handle == session.loaded()->handle.view()}
        );
    }
    sessions_page page{.frame = frame_of(session), .sessions = entries};
    page.frame.flash = flash;
    show(app, ex, page);
}

task<> submit_revocation(
    const app& app, exchange& ex, session::session& session, const account& user, const form& form
) {
    const bool all_others = form["all"] == "others";
    const std::string handle{form["session"]};
    if (!all_others && handle == session.loaded()->handle.view()) {
        // By its handle as well: that stays when a request beside this one gives the session another id.
        (void)co_await app.sessions.store().end(user.id, handle);
        log_out(ex, session);
        co_return http::see_other(ex.response, "/settings/sessions");
    }
    if (!logged_in_lately(session, ex.now)) {
        const bool confirmed = co_await confirm(app, ex, session, user, form);
        if (!confirmed) co_return;
        session.renew();
    }
    if (all_others) {
        session.end_others();
        session.flash("All your other sessions have ended.");
    } else {
        const bool ended = co_await app.sessions.store().end(user.id, handle);
        const http::actor actor = actor_of(session);
        if (!ended) {
            http::log_refusal(ex, actor, "access", "denied");
            co_return http::fail(ex, http::status::not_found);
        }
        http::log_event(ex, actor, revocation, "success", {{"ended", handle}});
        session.flash("The session has ended.");
    }
    http::see_other(ex.response, "/settings/sessions");
}

}  // namespace cookieshop::shop
