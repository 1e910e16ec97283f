// Fills a new database with users who are logged in, and prints their cookies.
//
//     seed --database sqlite3://PATH --sessions N
//
// The users are user1@example.com, user2@example.com, … with the password "a reef of quiet otters" and one
// session each, three kinds of cookies in its basket. They come into being as a registration makes them, but
// for the password: it is hashed once, and that hash is everybody's. A line for each: the value of the
// cookie, for a server on that database.

#include "cookieshop/auth/password_hasher.hpp"
#include "cookieshop/auth/user_repository.hpp"
#include "cookieshop/util/clock.hpp"
#include "stored_shop.hpp"

#include <charconv>
#include <iostream>
#include <stdexcept>

using namespace cookieshop;

namespace {

// Enough that every commit finds a full batch waiting.
constexpr std::size_t at_once = 512;

std::string usual_hash() {
    auth::password_hasher hasher{{}};
    std::string hash;
    benchmark::run_at_once(1, [&]() -> task<> {
        hash = co_await hasher.hash(secret{"a reef of quiet otters"});
    });
    return hash;
}

session::change registration(
    std::size_t number, const std::string& hash, session::session_id id, time_point now
) {
    session::change change;
    change.what = session::change::action::create;
    change.fresh = id;
    change.operations = benchmark::usual_basket();
    change.companions.push_back(auth::add_user("user" + std::to_string(number) + "@example.com", hash));
    change.address = "127.0.0.1";
    change.user_agent = "seed";
    change.now = now;
    return change;
}

void seed(const std::string& url, std::size_t sessions) {
    benchmark::stored_shop shop{url};
    const std::string hash = usual_hash();
    const time_point now = system_wall_clock{}.now();
    std::vector<std::string> cookies(sessions);
    std::size_t next = 0;
    benchmark::run_at_once(at_once, [&]() -> task<> {
        while (next < sessions) {
            const std::size_t place = next++;
            const session::session_id id = shop.signer.generate();
            const auto done = co_await shop.sessions.commit(registration(place + 1, hash, id, now));
            if (!done)
                throw std::runtime_error{"user " + std::to_string(place + 1) + ": " + done.error().message()};
            cookies[place] = id.token();
        }
    });
    for (const std::string& cookie : cookies) std::cout << cookie << '\n';
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string_view> arguments{argv + 1, argv + argc};
    std::size_t sessions = 0;
    bool usable = arguments.size() == 4 && arguments[0] == "--database" && arguments[2] == "--sessions";
    if (usable) {
        const char* const end = arguments[3].data() + arguments[3].size();
        usable = std::from_chars(arguments[3].data(), end, sessions).ptr == end && sessions > 0;
    }
    if (!usable) {
        std::cerr << "usage: seed --database sqlite3://PATH --sessions N\n";
        return 2;
    }
    try {
        seed(std::string{arguments[1]}, sessions);
    } catch (const std::exception& error) {
        std::cerr << "seed: " << error.what() << '\n';
        return 1;
    }
}
