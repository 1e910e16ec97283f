// The basket: what a visitor wants to buy, kept in the session's data.
//
// One name for each cookie ("basket.linzer" = "3"), so that requests at the same time do not overwrite each
// other, and one for the state of the whole ("basket" = a random token, new with every change): an order
// names the state that the customer saw, and the same state is ordered once.

#pragma once

#include "cookieshop/session/session_data.hpp"
#include "cookieshop/session/session_store.hpp"
#include "cookieshop/view/value.hpp"
#include "shop/catalogue.hpp"

#include <boost/container/static_vector.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace cookieshop::shop {

inline constexpr unsigned quantity_max = 99;  // of each cookie

struct basket {
    struct line {
        const shop::cookie* cookie;
        unsigned quantity;
    };

    // In the order of the catalogue; points into it.
    boost::container::static_vector<line, catalogue.size()> lines;
    std::string_view token;  // of this state; into the session's data

    std::size_t count() const noexcept;
    view::money total() const noexcept;
};

// What is not a basket (a cookie that is no longer sold) is passed over.
basket read_basket(const session::session_data& data) noexcept;

// Changes of the basket, as a session commits them.

// `errc::out_of_range` when there would be more than `quantity_max` of the cookie.
session::data_operation add_to_basket(const cookie& cookie, unsigned quantity);
session::data_operation remove_from_basket(const cookie& cookie);

// `errc::conflict` when the basket is not in the state that `token` names any more.
session::data_operation empty_basket(std::string token);

}  // namespace cookieshop::shop
