#include "cookieshop/auth/email.hpp"
#include "cookieshop/auth/password.hpp"
#include "cookieshop/http/error_page.hpp"
#include "shop/handlers.hpp"
#include "shop/user_agent.hpp"

namespace cookieshop::shop {
namespace {

constexpr std::string_view not_correct = "The current password is not correct.";

// The user with the password that was verified; none when it was wrong.
task<std::optional<auth::user>> verify_user(const app& app, session::user_id id, secret password) {
    std::optional<auth::user> user = co_await app.users.find(id);
    if (!user) co_return std::nullopt;
    const std::optional<std::string> hash = user->password_hash;
    const bool correct = co_await app.hasher.verify(std::move(password), hash);
    if (!correct) user.reset();
    co_return user;
}

bool find_faults(const app& app, const form& form, settings_page& page) {
    page.password_faults = auth::password_faults(form["password"], app.password_length_min);
    if (form["password"] != form["password_confirmation"]) {
        page.confirmation_faults.emplace_back("The password confirmation must match the password.");
    }
    return !page.password_faults.empty() || !page.confirmation_faults.empty();
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
    const std::string name = auth::fold_email(account.email);
    if (const auto wait = app.throttle.try_password(name, ex.client, ex.now)) {
        const std::string problem = refuse_for(ex, *wait);
        page.frame.problem = problem;
        co_return show(app, ex, page, http::status::too_many_requests);
    }

    std::optional<auth::user> user;
    std::exception_ptr failure;
    try {
        user = co_await verify_user(app, account.id, secret{form["current_password"]});
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {
        app.throttle.cancelled(name, ex.client, ex.now);
        std::rethrow_exception(failure);
    }
    if (user)
        app.throttle.succeeded(name, ex.client, ex.now);
    else
        page.current_password_faults.emplace_back(not_correct);
    if (find_faults(app, form, page) || !user) {
        co_return show(app, ex, page, http::status::unprocessable_entity);
    }

    std::string hash = co_await app.hasher.hash(secret{form["password"]});
    session.commit_with(auth::set_password(user->id, std::move(hash), user->epoch));
    session.renew();
    session.end_others();
    session.flash("Your password was changed. All your other sessions have ended.");
    const result<void> done = co_await session.commit(ex);
    if (!done) co_return session::answer_failed_commit(ex, done.error());
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
    const std::string handle{form["session"]};
    if (form["all"] == "others") {
        session.end_others();
        session.flash("All your other sessions have ended.");
    } else if (handle == session.loaded()->handle.view()) {
        log_out(ex, session);
    } else {
        const bool ended = co_await app.sessions.store().end(user.id, handle);
        if (!ended) co_return http::fail(ex, http::status::not_found);
        session.flash("The session has ended.");
    }
    http::see_other(ex.response, "/settings/sessions");
}

}  // namespace cookieshop::shop
