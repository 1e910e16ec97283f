/// A fresh shop and the people in it, for tests that read like a story.

#pragma once

#include "support/client.hpp"
#include "support/expect.hpp"
#include "support/html.hpp"
#include "support/server_process.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cookieshop::test {

inline constexpr std::string_view anna = "anna@example.com";
inline constexpr std::string_view good_password = "a reef of quiet otters";
inline constexpr std::string_view other_password = "nine lanterns in the fog";

class shop {
public:
    explicit shop(options options = {}, std::map<std::string, std::string> environment = {})
        : server{std::move(options), std::move(environment)} {}

    client guest() const { return client{server.port()}; }

    /// Somebody who has just registered.
    client member(std::string_view email = anna, std::string_view password = good_password) const;

    /// One more browser of somebody who registered before.
    client login(std::string_view email = anna, std::string_view password = good_password) const;

    server_process server;
};

answer post_registration(client& who, std::string_view email, std::string_view password = good_password);
answer post_login(client& who, std::string_view email, std::string_view password = good_password);
answer post_new_password(client& who, std::string_view current, std::string_view fresh);
answer add_to_basket(client& who, std::string_view cookie, int quantity = 1);

/// Puts a cookie in the basket and orders it; the order's path.
std::string place_order(client& who, std::string_view cookie = "linzer");

/// Whether the session, carried by a client of its own, belongs to somebody.
bool is_alive(const shop& shop, const std::string& session);

/// Of the basket's page, whose lines say "2 × Linzer Heart" and can be removed: how many of the cookie; 0:
/// none.
int quantity_of(const answer& basket, std::string_view cookie);

/// Of the page of sessions: what its forms would end.
std::vector<std::string> session_handles(const answer& page);

}  // namespace cookieshop::test
