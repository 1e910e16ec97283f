#include "shop/orders.hpp"

#include "cookieshop/db/connection.hpp"

namespace cookieshop::shop {

using db::in;
using db::out;

task<std::optional<order>> orders::find(session::user_id user, order_id id) {
    return readers_.run([user, id](db::connection& c) -> std::optional<order> {
        order found{.id = id};
        const bool theirs = c.run(
            "SELECT placed_at, total_cents FROM orders WHERE id = :id AND user_id = :user", in(id, user),
            out(found.placed_at, found.total.cents)
        );
        if (!theirs) return std::nullopt;
        order::line line;
        c.for_each(
            "SELECT name, quantity, price_cents FROM order_lines WHERE order_id = :id ORDER BY position",
            in(id), out(line.name, line.quantity, line.price.cents),
            [&] {
                found.cookie_count += line.quantity;
                found.lines.push_back(line);
            }
        );
        return found;
    });
}

task<std::optional<order_id>> orders::find_by_token(session::user_id user, std::string token) {
    return readers_.run([user, token = std::move(token)](db::connection& c) -> std::optional<order_id> {
        order_id id = 0;
        const std::string_view query = "SELECT id FROM orders WHERE user_id = :user AND token = :token";
        if (!c.run(query, in(user, token), out(id))) return std::nullopt;
        return id;
    });
}

task<std::vector<order>> orders::list(session::user_id user, order_id before, std::size_t limit) {
    return readers_.run([user, before, limit](db::connection& c) {
        std::vector<order> found;
        order next;
        c.for_each(
            "SELECT o.id, o.placed_at, o.total_cents,"
            " (SELECT SUM(quantity) FROM order_lines WHERE order_id = o.id)"
            " FROM orders o WHERE o.user_id = :user AND o.id < :before ORDER BY o.id DESC LIMIT :limit",
            in(user, before, limit), out(next.id, next.placed_at, next.total.cents, next.cookie_count),
            [&] { found.push_back(next); }
        );
        return found;
    });
}

namespace {

// They stay for good: an account must not fill the disk (ASVS 2.4.1). No person orders every four seconds.
constexpr int orders_an_hour_max = 1000;

bool ordered_too_often(db::connection& c, session::user_id user, time_point now) {
    time_point placed_at;
    return c.run(
               "SELECT placed_at FROM orders WHERE user_id = :user ORDER BY id DESC LIMIT 1 OFFSET :before",
               in(user, orders_an_hour_max - 1), out(placed_at)
           )
           && placed_at > now - std::chrono::hours{1};
}

}  // namespace

session::companion place_order(
    session::user_id user, const basket& basket, std::shared_ptr<order_id> placed
) {
    return [user, lines = basket.lines, total = basket.total(), token = std::string{basket.token},
            placed = std::move(placed)](transaction& transaction, session::change& change) -> result<void> {
        auto& c = db::connection::of(transaction);
        const std::string_view by_token = "SELECT id FROM orders WHERE user_id = :user AND token = :token";
        if (c.run(by_token, in(user, token), out(*placed))) return errc::exists;
        if (ordered_too_often(c, user, change.now)) return errc::too_many;
        // An operator may have deleted the user: then the session has ended as well.
        if (!c.run("SELECT 1 FROM users WHERE id = :id", in(user))) return errc::gone;
        c.run(
            "INSERT INTO orders (user_id, placed_at, total_cents, token) VALUES (:user, :at, :total, :token)",
            in(user, change.now, total.cents, token)
        );
        c.run(by_token, in(user, token), out(*placed));
        int position = 0;
        for (const basket::line& line : lines) {
            ++position;
            c.run(
                "INSERT INTO order_lines (order_id, position, cookie, name, quantity, price_cents)"
                " VALUES (:id, :position, :cookie, :name, :quantity, :price)",
                in(*placed, position, line.cookie->id, line.cookie->name, line.quantity,
                   line.cookie->price.cents)
            );
        }
        return {};
    };
}

}  // namespace cookieshop::shop
