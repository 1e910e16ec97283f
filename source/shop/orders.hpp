// What was bought: the tables `orders` and `order_lines`.

#pragma once

#include "cookieshop/db/readers.hpp"
#include "cookieshop/session/session_store.hpp"
#include "cookieshop/util/task.hpp"
#include "cookieshop/view/value.hpp"
#include "shop/basket.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cookieshop::shop {

using order_id = std::int64_t;

struct order {
    // With the name and price of that day.
    struct line {
        std::string name;
        unsigned quantity = 0;
        view::money price;  // of one
    };

    order_id id = 0;
    time_point placed_at{};
    view::money total;
    std::size_t cookie_count = 0;
    std::vector<line> lines;
};

class orders {
public:
    explicit orders(db::readers& readers) : readers_{readers} {}

    // None when there is no such order, or it is another user's.
    task<std::optional<order>> find(session::user_id user, order_id id);

    // The order that was made of that state of the basket.
    task<std::optional<order_id>> find_by_token(session::user_id user, std::string token);

    // The newest first, without their lines; at most `limit` of those that came before the order `before`.
    task<std::vector<order>> list(session::user_id user, order_id before, std::size_t limit);

private:
    db::readers& readers_;
};

// Work for the transaction that empties the basket: stores the order and puts its id into `placed`.
// `errc::exists` when an order was made of this state of the basket already.
session::companion place_order(session::user_id user, const basket& basket, std::shared_ptr<order_id> placed);

}  // namespace cookieshop::shop
