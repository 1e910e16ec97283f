#include "cookieshop/auth/csrf.hpp"
#include "cookieshop/auth/require_login.hpp"
#include "cookieshop/http/error_page.hpp"
#include "shop/handlers.hpp"

namespace cookieshop::shop {
namespace {

constexpr std::string_view other_site = "This request did not come from a page of this site."
                                        " Go back, load the page anew and try again.";

// Before the session is even looked for: a form from another site does nothing, whoever sends it.
bool refuse_other_sites(exchange& ex) {
    const bool reads = ex.request.method == http::verb::get || ex.request.method == http::verb::head;
    if (reads || auth::origin_of(ex.request) != auth::origin::other) return false;
    http::log_refusal(ex, {}, "csrf", "other_site");
    http::fail(ex, http::status::forbidden, other_site);
    return true;
}

// A form whose token is right where one is needed, or an answer that says why it was not taken.
std::optional<form> read_own_form(exchange& ex, const session::session& session) {
    std::optional<form> form = http::read_form(ex);
    if (!form) http::log_refusal(ex, actor_of(session), "form", "malformed");
    if (form && !auth::from_this_site(ex, session, *form)) {
        http::log_refusal(ex, actor_of(session), "csrf", "no_token");
        http::fail(ex, http::status::forbidden, other_site);
        return std::nullopt;
    }
    return form;
}

template <class Submit, class... User>
task<> submit(Submit submit, const app& app, exchange& ex, session::session& session, const User&... user) {
    const std::optional<form> form = read_own_form(ex, session);
    if (form) co_await submit(app, ex, session, user..., *form);
}

// Binds the table's functions to the application, and puts around each what its parameters ask for.
class binder {
public:
    explicit binder(const app& app) : app_{app} {}

    http::handler plain(auto show) const {
        return [handler = http::basic_handler<>{[&app = app_, show](exchange& ex) {
                    return show(app, ex);
                }}](exchange& ex) { return handler(ex); };
    }

    http::handler visitor(auto show) const {
        return app_.sessions([&app = app_, show](exchange& ex, session::session& session) {
            return show(app, ex, session);
        });
    }

    http::handler visitor_form(auto submit_to) const {
        return app_.sessions([&app = app_, submit_to](exchange& ex, session::session& session) {
            return submit(submit_to, app, ex, session);
        });
    }

    http::handler member(auto show) const {
        return app_.sessions(auth::require_login(
            [&app = app_, show](exchange& ex, session::session& session, const account& user) {
                return show(app, ex, session, user);
            }
        ));
    }

    http::handler member_form(auto submit_to) const {
        return app_.sessions(auth::require_login(
            [&app = app_, submit_to](exchange& ex, session::session& session, const account& user) {
                return submit(submit_to, app, ex, session, user);
            }
        ));
    }

private:
    const app& app_;
};

void show_front(const app&, exchange& ex) {
    http::see_other(ex.response, "/cookies");
}

void show_asset(const app& app, exchange& ex) {
    app.assets.serve(ex);
}

}  // namespace

http::router routes(const app& app) {
    const binder bind{app};
    http::router r;
    r.guard(refuse_other_sites);

    r.get("/", bind.plain(show_front));
    r.get("/assets/{name}", bind.plain(show_asset));

    r.get("/cookies", bind.visitor(show_cookies));
    r.get("/basket", bind.visitor(show_basket));
    r.post("/basket", bind.visitor_form(submit_basket));
    r.post("/basket/remove", bind.visitor_form(submit_basket_removal));

    r.get("/register", bind.visitor(show_register));
    r.post("/register", bind.visitor_form(submit_register));
    r.get("/login", bind.visitor(show_login));
    r.post("/login", bind.visitor_form(submit_login));
    r.get_without_head("/logout", bind.visitor(show_logout));
    r.post("/logout", bind.visitor_form(submit_logout));

    r.get("/checkout", bind.member(show_checkout));
    r.post("/checkout", bind.member_form(submit_checkout));
    r.get("/orders", bind.member(show_orders));
    r.get("/orders/{id}", bind.member(show_order));

    r.get("/settings", bind.member(show_settings));
    r.post("/settings/password", bind.member_form(submit_password));
    r.get("/settings/sessions", bind.member(show_sessions));
    r.post("/settings/sessions/revoke", bind.member_form(submit_revocation));

    r.get("/healthz", bind.plain(show_health));
    r.get("/readyz", bind.plain(show_readiness));
    return r;
}

}  // namespace cookieshop::shop
