#include "cookieshop/auth/csrf.hpp"
#include "cookieshop/auth/email.hpp"
#include "cookieshop/http/cookie.hpp"
#include "cookieshop/http/error_page.hpp"
#include "shop/handlers.hpp"

namespace cookieshop::shop {
namespace {

constexpr std::string_view please_log_in = "Please log in to access this page.";
constexpr std::string_view not_correct = "The email address or password is not correct.";
constexpr std::string_view no_such_user = "No user with the given email address was found.";
constexpr std::string_view wrong_password = "The password does not appear to be correct.";
constexpr std::string_view failed =
    "An error occurred while logging in. Please verify your email and password.";

bool is_checked(std::string_view value) {
    return !value.empty() && value != "0" && value != "false" && value != "off";
}

enum class login_outcome { logged_in, no_such_user, wrong_password };

struct login_result {
    login_outcome outcome{};
    session::user_id user = 0;  // if there is one
};

// The same work whether the user exists or not (ASVS 6.3.8): one look-up, one hash.
task<login_result> log_in(
    const app& app, exchange& ex, session::session& session, std::string email, secret password, bool remember
) {
    const std::optional<auth::user> user = co_await app.users.find(email);
    std::optional<std::string> hash;
    if (user) hash = user->password_hash;
    const bool correct = co_await app.hasher.verify(password, hash);
    if (!user) co_return login_result{login_outcome::no_such_user};
    if (!correct) co_return login_result{login_outcome::wrong_password, user->id};

    if (app.hasher.outdated(user->password_hash)) {
        std::string newer = co_await app.hasher.hash(std::move(password));
        session.commit_with(auth::rehash_password(user->id, user->password_hash, std::move(newer)));
    }
    session.log_in({.user = user->id, .epoch = user->epoch, .remember = remember});
    const result<void> done = co_await session.commit(ex);
    // The password was changed, or the user deleted, while this one was verified: it is not correct any more.
    if (!done && done.error() == errc::conflict)
        co_return login_result{login_outcome::wrong_password, user->id};
    if (!done) throw boost::system::system_error{done.error()};
    co_return login_result{login_outcome::logged_in, user->id};
}

constexpr std::string_view event = "login";

void say_what_was_wrong(const app& app, login_page& page, login_outcome outcome) {
    if (!app.detailed_login_errors)
        page.frame.problem = not_correct;
    else if (outcome == login_outcome::no_such_user)
        page.email_faults.emplace_back(no_such_user);
    else
        page.password_faults.emplace_back(wrong_password);
}

}  // namespace

void show_login(const app& app, exchange& ex, session::session& session) {
    if (session.user()) return http::see_other(ex.response, "/cookies");
    const std::string next = next_page(query_field(ex, "next"));
    login_page page{.frame = frame_of(session)};
    page.frame.next = next;
    if (!next.empty()) page.frame.flash = please_log_in;
    show(app, ex, page);
}

task<> submit_login(const app& app, exchange& ex, session::session& session, const form& form) {
    const std::string next = next_page(form["next"]);
    const bool remember = is_checked(form["remember"]);
    login_page page{.frame = frame_of(session), .email = form["email"], .remember = remember};
    page.frame.next = next;

    // What is no address belongs to nobody, and is counted and timed like an unknown one.
    const std::string email = auth::parse_email(form["email"]).value_or(std::string{form["email"]});
    const std::string account = auth::fold_email(email);
    const std::string alias = app.throttle.alias(account);
    if (const auto wait = app.throttle.try_password(account, ex.client, ex.now)) {
        http::log_refusal(ex, actor_of(session), event, "throttled", {{"account", alias}});
        const std::string problem = refuse_for(ex, *wait);
        page.frame.problem = problem;
        co_return show(app, ex, page, http::status::too_many_requests);
    }

    login_result result;
    std::exception_ptr failure;
    try {
        result = co_await log_in(app, ex, session, email, secret{form["password"]}, remember);
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {
        app.throttle.cancelled(account, ex.client, ex.now);
        http::fail(ex, failure);
        page.frame.problem = failed;
        co_return show(app, ex, page, ex.response.status);
    }
    if (result.outcome != login_outcome::logged_in) {
        http::log_event(ex, {.user = result.user}, event, "failure", {{"account", alias}});
        say_what_was_wrong(app, page, result.outcome);
        co_return show(app, ex, page, http::status::unprocessable_entity);
    }
    http::log_event(ex, actor_of(session), event, "success", {{"account", alias}});
    app.throttle.succeeded(account, ex.client, ex.now);
    http::see_other(ex.response, next.empty() ? "/cookies" : next);
}

// A GET that changes something: an image on another site must not log anyone out (ASVS 3.5.3), a link or a
// bookmark may. Browsers of today say where a request comes from.
void show_logout(const app& app, exchange& ex, session::session& session) {
    if (auth::origin_of_link(ex.request) != auth::origin::other) {
        log_out(ex, session);
        return http::see_other(ex.response, "/login");
    }
    http::log_refusal(ex, actor_of(session), "csrf", "other_site");
    show(app, ex, logout_page{.frame = frame_of(session)});
}

task<> submit_logout(const app&, exchange& ex, session::session& session, const form&) {
    log_out(ex, session);
    http::see_other(ex.response, "/login");
    co_return;
}

}  // namespace cookieshop::shop
