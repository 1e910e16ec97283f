#include "shop/basket.hpp"

#include "cookieshop/auth/require_login.hpp"
#include "cookieshop/http/error_page.hpp"
#include "cookieshop/util/random.hpp"
#include "shop/handlers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace cookieshop::shop {
namespace {

constexpr std::string_view token_name = "basket";
constexpr std::string_view line_prefix = "basket.";

std::string line_name(const cookie& cookie) {
    return std::string{line_prefix} + std::string{cookie.id};
}

// 1 to 99, and nothing but digits.
std::optional<unsigned> parse_quantity(std::string_view text) noexcept {
    unsigned quantity = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, quantity);
    if (error != std::errc{} || stop != end || quantity < 1 || quantity > quantity_max) return std::nullopt;
    return quantity;
}

unsigned quantity_of(const session::session_data& data, const cookie& cookie) {
    return parse_quantity(data.get(line_name(cookie)).value_or("")).value_or(0);
}

constexpr std::string_view quantity_fault = "The quantity must be between 1 and 99.";
constexpr std::string_view unknown_cookie = "There is no such cookie in this shop.";

using offers = std::array<cookie_offer, catalogue.size()>;

offers offer_all(const app& app) {
    offers all;
    for (std::size_t i = 0; i < all.size(); ++i) all[i].card = &app.pages.card(catalogue[i]);
    return all;
}

// The page that the form was on, with what is wrong about it.
void refuse_cookie(const app& app, exchange& ex, const session::session& session) {
    const offers all = offer_all(app);
    cookies_page page{.frame = frame_of(session), .cookies = all};
    page.frame.problem = unknown_cookie;
    show(app, ex, page, http::status::unprocessable_entity);
}

void refuse_quantity(
    const app& app, exchange& ex, const session::session& session, const cookie& cookie,
    std::string_view typed
) {
    offers all = offer_all(app);
    cookie_offer& refused = all[static_cast<std::size_t>(&cookie - catalogue.data())];
    // A field for numbers shows nothing else.
    if (typed.find_first_not_of("0123456789") == std::string_view::npos) refused.quantity = typed;
    refused.fault = quantity_fault;
    show(app, ex, cookies_page{frame_of(session), all}, http::status::unprocessable_entity);
}

}  // namespace

std::size_t basket::count() const noexcept {
    std::size_t sum = 0;
    for (const line& line : lines) sum += line.quantity;
    return sum;
}

view::money basket::total() const noexcept {
    view::money sum;
    for (const line& line : lines) sum.cents += line.cookie->price.cents * line.quantity;
    return sum;
}

basket read_basket(const session::session_data& data) noexcept {
    basket basket;
    data.for_each([&](std::string_view name, std::string_view value) {
        if (name == token_name) basket.token = value;
        if (!name.starts_with(line_prefix)) return;
        const cookie* const cookie = find_cookie(name.substr(line_prefix.size()));
        const auto quantity = parse_quantity(value);
        if (cookie && quantity) basket.lines.push_back({cookie, *quantity});
    });
    std::ranges::sort(basket.lines, {}, &basket::line::cookie);
    return basket;
}

session::data_operation add_to_basket(const cookie& cookie, unsigned quantity) {
    return
        [&cookie, quantity, state = random_token::generate()](session::session_data& data) -> result<void> {
            const unsigned sum = quantity_of(data, cookie) + quantity;
            if (sum > quantity_max) return errc::out_of_range;
            data.set(line_name(cookie), std::to_string(sum));
            data.set(token_name, state.view());
            return {};
        };
}

session::data_operation remove_from_basket(const cookie& cookie) {
    return [&cookie, state = random_token::generate()](session::session_data& data) -> result<void> {
        data.erase(line_name(cookie));
        data.set(token_name, state.view());
        return {};
    };
}

session::data_operation empty_basket(std::string token) {
    return [token = std::move(token)](session::session_data& data) -> result<void> {
        const basket basket = read_basket(data);
        if (basket.token != token) return errc::conflict;
        for (const cookie& cookie : catalogue) data.erase(line_name(cookie));
        data.erase(token_name);
        return {};
    };
}

void show_cookies(const app& app, exchange& ex, session::session& session) {
    const offers all = offer_all(app);
    show(app, ex, cookies_page{frame_of(session), all});
}

void show_basket(const app& app, exchange& ex, session::session& session) {
    const basket basket = read_basket(session.data());
    boost::container::static_vector<basket_line, catalogue.size()> lines;
    for (const basket::line& line : basket.lines)
        lines.push_back({&app.pages.card(*line.cookie), line.quantity});
    show(app, ex, basket_page{.frame = frame_of(session, basket), .lines = lines, .total = basket.total()});
}

task<> submit_basket(const app& app, exchange& ex, session::session& session, const form& form) {
    const cookie* const cookie = find_cookie(form["cookie"]);
    if (!cookie) co_return refuse_cookie(app, ex, session);
    const auto quantity = parse_quantity(form["quantity"]);
    if (!quantity) co_return refuse_quantity(app, ex, session, *cookie, form["quantity"]);

    // Refused here when the customer has too many already; or at the commit, when another tab was faster.
    result<void> done = session.change_data(add_to_basket(*cookie, *quantity));
    if (done) done = co_await session.commit(ex);
    if (done) co_return http::see_other(ex.response, "/basket");
    if (done.error() == errc::out_of_range)
        co_return refuse_quantity(app, ex, session, *cookie, form["quantity"]);
    session::answer_failed_commit(ex, done.error());
}

task<> submit_basket_removal(const app& app, exchange& ex, session::session& session, const form& form) {
    const cookie* const cookie = find_cookie(form["cookie"]);
    if (!cookie) co_return refuse_cookie(app, ex, session);
    if (quantity_of(session.data(), *cookie) > 0) {
        const result<void> done = session.change_data(remove_from_basket(*cookie));
        if (!done) co_return session::answer_failed_commit(ex, done.error());
    }
    http::see_other(ex.response, "/basket");
}

}  // namespace cookieshop::shop
