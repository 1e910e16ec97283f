#include "cookieshop/auth/email.hpp"
#include "cookieshop/auth/password.hpp"
#include "cookieshop/http/error_page.hpp"
#include "shop/handlers.hpp"

namespace cookieshop::shop {
namespace {

constexpr std::string_view email_fault = "Please enter a valid email address.";
constexpr std::string_view taken = "The email address is already registered.";
constexpr std::string_view failed =
    "An error occurred while creating a user. Please make sure to enter valid data.";

register_page page_of(const app& app, const session::session& session, const form& form) {
    register_page page{.frame = frame_of(session), .email = form["email"]};
    page.password_length_min = app.password_length_min;
    page.frame.next = next_page(form["next"]) == form["next"] ? form["next"] : "";
    return page;
}

constexpr std::string_view event = "registration";

// Everything that is wrong with the form by itself; whether the email is taken is asked last.
bool find_faults(const app& app, const form& form, register_page& page) {
    if (!auth::parse_email(form["email"])) page.email_faults.emplace_back(email_fault);
    page.password_faults = auth::password_faults(form["password"], app.password_length_min, form["email"]);
    if (form["password"] != form["password_confirmation"]) {
        page.confirmation_faults.emplace_back("The password confirmation must match the password.");
    }
    return !page.email_faults.empty() || !page.password_faults.empty() || !page.confirmation_faults.empty();
}

// True when the user was made and is logged in, false when the email is taken.
task<bool> add_user(
    const app& app, exchange& ex, session::session& session, std::string email, secret password
) {
    std::string hash = co_await app.hasher.hash(std::move(password));
    session.log_in({});
    session.commit_with(auth::add_user(std::move(email), std::move(hash)));
    const result<void> done = co_await session.commit(ex);
    if (!done && done.error() != errc::exists) throw boost::system::system_error{done.error()};
    co_return done.has_value();
}

}  // namespace

void show_register(const app& app, exchange& ex, session::session& session) {
    if (session.user()) return http::see_other(ex.response, "/cookies");
    const std::string next = next_page(query_field(ex, "next"));
    register_page page{.frame = frame_of(session), .password_length_min = app.password_length_min};
    page.frame.next = next;
    show(app, ex, page);
}

task<> submit_register(const app& app, exchange& ex, session::session& session, const form& form) {
    register_page page = page_of(app, session, form);
    if (find_faults(app, form, page)) {
        co_return show(app, ex, page, http::status::unprocessable_entity);
    }
    if (const auto wait = app.throttle.try_registration(ex.client, ex.now)) {
        http::log_refusal(ex, actor_of(session), event, "throttled");
        const std::string problem = refuse_for(ex, *wait);
        page.frame.problem = problem;
        co_return show(app, ex, page, http::status::too_many_requests);
    }

    const std::string email = *auth::parse_email(form["email"]);
    bool is_free = false, added = false;
    std::exception_ptr failure;
    try {
        const auto existing = co_await app.users.find(email);
        is_free = !existing;
        if (is_free) app.throttle.address_is_free(ex.client, ex.now);
        if (is_free) added = co_await add_user(app, ex, session, email, secret{form["password"]});
    } catch (...) {
        failure = std::current_exception();
    }
    const std::string alias = app.throttle.alias(auth::fold_email(email));
    if (added) {
        http::log_event(ex, actor_of(session), event, "success", {{"account", alias}});
        const std::string next = next_page(form["next"]);
        co_return http::see_other(ex.response, next.empty() ? "/cookies" : next);
    }
    app.throttle.registration_cancelled(ex.client, ex.now);
    if (failure) {
        if (!is_free) app.throttle.address_is_free(ex.client, ex.now);
        http::fail(ex, failure);
        page.frame.problem = failed;
        co_return show(app, ex, page, ex.response.status);
    }
    http::log_event(ex, actor_of(session), event, "taken", {{"account", alias}});
    page.email_faults.emplace_back(taken);
    show(app, ex, page, http::status::unprocessable_entity);
}

}  // namespace cookieshop::shop
