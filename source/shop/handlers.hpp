// The handlers, by page, each in the file that is named in front of it. `show_…` answers a GET, `submit_…` a
// form that was proven to come from this site.

#pragma once

#include "cookieshop/http/exchange.hpp"
#include "cookieshop/http/form.hpp"
#include "cookieshop/http/security_log.hpp"
#include "cookieshop/session/session.hpp"
#include "shop/app.hpp"

namespace cookieshop::shop {

using http::exchange;
using http::form;
using session::account;

// basket.cpp
void show_cookies(const app& app, exchange& ex, session::session& session);
void show_basket(const app& app, exchange& ex, session::session& session);
task<> submit_basket(const app& app, exchange& ex, session::session& session, const form& form);
task<> submit_basket_removal(const app& app, exchange& ex, session::session& session, const form& form);

// register.cpp
void show_register(const app& app, exchange& ex, session::session& session);
task<> submit_register(const app& app, exchange& ex, session::session& session, const form& form);

// login.cpp
void show_login(const app& app, exchange& ex, session::session& session);
task<> submit_login(const app& app, exchange& ex, session::session& session, const form& form);
void show_logout(const app& app, exchange& ex, session::session& session);
task<> submit_logout(const app& app, exchange& ex, session::session& session, const form& form);

// checkout.cpp
void show_checkout(const app& app, exchange& ex, session::session& session, const account& user);
task<> submit_checkout(
    const app& app, exchange& ex, session::session& session, const account& user, const form& form
);
task<> show_orders(const app& app, exchange& ex, session::session& session, const account& user);
task<> show_order(const app& app, exchange& ex, session::session& session, const account& user);

// settings.cpp
void show_settings(const app& app, exchange& ex, session::session& session, const account& user);
task<> submit_password(
    const app& app, exchange& ex, session::session& session, const account& user, const form& form
);
task<> show_sessions(const app& app, exchange& ex, session::session& session, const account& user);
task<> submit_revocation(
    const app& app, exchange& ex, session::session& session, const account& user, const form& form
);

// health.cpp
void show_health(const app& app, exchange& ex);
task<> show_readiness(const app& app, exchange& ex);

// ---- what they share (answers.cpp)

// What every page shows of the session.
frame frame_of(const session::session& session);
frame frame_of(const session::session& session, const basket& basket);  // for who has read it already

template <class Page>
void show(const app& app, exchange& ex, const Page& page, http::status status = http::status::ok) {
    ex.response.status = status;
    ex.response.content_type = "text/html; charset=utf-8";
    ex.response.body.clear();
    app.pages.render(ex.response.body, page);
}

// Whose doing it is, for the security log.
http::actor actor_of(const session::session& session) noexcept;

// Ends the session, and has the browser drop the pages that it kept (ASVS 14.3.1).
void log_out(exchange& ex, session::session& session);

// What is said once. A HEAD, which shows nothing, leaves it there.
std::string take_flash(const exchange& ex, session::session& session);

// Where a login or a registration leads to, of what a form or a query asks for: a path on this site that is
// not the way out again; empty: nothing in particular.
std::string next_page(std::string_view wanted);

// A field of the query.
std::string query_field(const exchange& ex, std::string_view name);

// "Too many attempts. Please try again in N seconds." and the Retry-After that goes with it.
std::string refuse_for(exchange& ex, std::chrono::seconds wait);

}  // namespace cookieshop::shop
