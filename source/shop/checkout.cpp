#include "cookieshop/http/error_page.hpp"
#include "shop/handlers.hpp"

#include <charconv>
#include <chrono>
#include <limits>

namespace cookieshop::shop {
namespace {

constexpr std::size_t orders_a_page = 50;
constexpr std::chrono::minutes thanked_for{1};

using checkout_lines = boost::container::static_vector<order_line, catalogue.size()>;

checkout_lines lines_of(const basket& basket) {
    checkout_lines lines;
    for (const basket::line& line : basket.lines) {
        lines.push_back({line.cookie->name, line.quantity, {line.cookie->price.cents * line.quantity}});
    }
    return lines;
}

void show_checkout_page(
    const app& app, exchange& ex, const session::session& session, std::string_view problem,
    http::status status
) {
    const basket basket = read_basket(session.data());
    if (basket.lines.empty()) return http::see_other(ex.response, "/basket");
    const checkout_lines lines = lines_of(basket);
    checkout_page page{
        .frame = frame_of(session, basket),
        .lines = lines,
        .total = basket.total(),
        .order_token = basket.token};
    page.frame.problem = problem;
    show(app, ex, page, status);
}

void show_changed_basket(const app& app, exchange& ex, const session::session& session) {
    show_checkout_page(
        app, ex, session, "Your basket has changed meanwhile. Please look at it once more.",
        http::status::unprocessable_entity
    );
}

void lead_to(exchange& ex, order_id id) {
    http::see_other(ex.response, "/orders/" + std::to_string(id));
}

std::optional<order_id> parse_order_id(std::string_view text) {
    order_id id = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, id);
    if (error != std::errc{} || stop != end || id < 1) return std::nullopt;
    return id;
}

}  // namespace

void show_checkout(const app& app, exchange& ex, session::session& session, const account&) {
    show_checkout_page(app, ex, session, {}, http::status::ok);
}

// The form carries the token of the basket that it shows. Whoever sends it twice is led to the order that the
// first one made, however close together they come: the token is unique in the table of orders, and the order
// is stored in the transaction that empties the basket.
task<> submit_checkout(
    const app& app, exchange& ex, session::session& session, const account& user, const form& form
) {
    const basket basket = read_basket(session.data());
    const std::string token{form.has("order_token") ? form["order_token"] : basket.token};
    const auto earlier = co_await app.orders.find_by_token(user.id, token);
    if (earlier) co_return lead_to(ex, *earlier);
    if (basket.lines.empty()) co_return http::see_other(ex.response, "/basket");
    if (basket.token != token) co_return show_changed_basket(app, ex, session);

    const auto placed = std::make_shared<order_id>();
    session.commit_with(place_order(user.id, basket, placed));
    result<void> done = session.change_data(empty_basket(token));
    if (done) done = co_await session.commit(ex);
    if (done || done.error() == errc::exists) co_return lead_to(ex, *placed);
    if (done.error() == errc::conflict) co_return show_changed_basket(app, ex, session);
    if (done.error() == errc::too_many) {
        http::fail(
            ex, http::status::too_many_requests,
            "You have placed very many orders within an hour. Please wait."
        );
        co_return ex.response.set("Retry-After", "60");
    }
    session::answer_failed_commit(ex, done.error());
}

task<> show_orders(const app& app, exchange& ex, session::session& session, const account& user) {
    const auto before = parse_order_id(query_field(ex, "before"));
    constexpr auto newest = std::numeric_limits<order_id>::max();
    std::vector<order> orders = co_await app.orders.list(user.id, before.value_or(newest), orders_a_page + 1);
    const bool more = orders.size() > orders_a_page;
    if (more) orders.pop_back();
    std::vector<order_summary> summaries;
    summaries.reserve(orders.size());
    for (const order& order : orders) {
        summaries.push_back({std::to_string(order.id), order.placed_at, order.cookie_count, order.total});
    }
    orders_page page{.frame = frame_of(session), .orders = summaries};
    if (more) page.older = summaries.back().id;
    show(app, ex, page);
}

task<> show_order(const app& app, exchange& ex, session::session& session, const account& user) {
    const auto id = parse_order_id(ex.params[0]);
    std::optional<order> order;
    if (id) order = co_await app.orders.find(user.id, *id);
    if (!order) {
        http::log_refusal(ex, actor_of(session), "access", "denied");
        co_return http::fail(ex, http::status::not_found);
    }
    std::vector<order_line> lines;
    for (const order::line& line : order->lines) {
        lines.push_back({line.name, line.quantity, {line.price.cents * line.quantity}});
    }
    const std::string id_text = std::to_string(order->id);
    order_page page{.frame = frame_of(session), .id = id_text, .placed_at = order->placed_at};
    page.lines = lines;
    page.total = order->total;
    page.is_new = ex.now - order->placed_at < thanked_for;
    show(app, ex, page);
}

}  // namespace cookieshop::shop
