#include "cookieshop/auth/require_login.hpp"
#include "shop/basket.hpp"
#include "shop/handlers.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace cookieshop::shop {

frame frame_of(const session::session& session) {
    return frame_of(session, read_basket(session.data()));
}

frame frame_of(const session::session& session, const basket& basket) {
    frame frame;
    if (const account* user = session.user()) frame.user_email = user->email;
    frame.csrf_token = session.csrf_token();
    frame.basket_count = basket.count();
    return frame;
}

http::actor actor_of(const session::session& session) noexcept {
    http::actor actor;
    if (session.loaded()) actor.session = session.loaded()->handle.view();
    if (const account* user = session.user()) actor.user = user->id;
    return actor;
}

void log_out(exchange& ex, session::session& session) {
    session.destroy();
    ex.response.set("Clear-Site-Data", "\"cache\"");
}

std::string take_flash(const exchange& ex, session::session& session) {
    return ex.request.method == http::verb::head ? std::string{} : session.take_flash();
}

std::string next_page(std::string_view wanted) {
    std::string next = auth::local_path(wanted, {});
    const auto parsed = boost::urls::parse_origin_form(next);
    if (parsed && parsed->path() == "/logout") next.clear();
    return next;
}

std::string query_field(const exchange& ex, std::string_view name) {
    const auto query = http::parse_form(ex.request.query);
    return query ? std::string{(*query)[name]} : std::string{};
}

std::string refuse_for(exchange& ex, std::chrono::seconds wait) {
    const std::string seconds = std::to_string(wait.count());
    ex.response.set("Retry-After", seconds);
    return "Too many attempts. Please try again in " + seconds + " seconds.";
}

}  // namespace cookieshop::shop
