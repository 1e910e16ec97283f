// SIGTERM while everybody is at work: what was received is answered, as a whole, and what was answered is
// there afterwards.

#include "support/shop.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <exception>
#include <functional>
#include <latch>
#include <string>
#include <thread>
#include <vector>

using namespace cookieshop::test;

namespace {

constexpr std::size_t clients_of_a_kind = 6;

const fields form_of_a_browser = {
    {"Accept", "text/html"},
    {"Sec-Fetch-Site", "same-origin"},
    {"Content-Type", "application/x-www-form-urlencoded"},
};

/// The bytes of a form that puts one more into the basket of that session.
std::string addition(const std::string& session) {
    fields headers = form_of_a_browser;
    headers.emplace_back("Cookie", "session=" + session);
    return encode({"POST", "/basket", headers, encode_form({{"cookie", "linzer"}, {"quantity", "1"}})});
}

std::string login_form(const std::string& email) {
    return encode(
        {"POST", "/login", form_of_a_browser,
         encode_form({{"email", email}, {"password", std::string{good_password}}})}
    );
}

/// What one client had to do with the stop. No checks in its thread: Boost.Test is for one at a time.
struct story {
    std::string session;  // whose basket it fills
    int answered = 0;     // additions
    int in_doubt = 0;     // sent after the stop, perhaps, and not answered
    bool told_to_close = false;
    std::vector<std::string> logins;  // that were answered
    std::string complaint;
};

using part = std::function<void(wire&, story&)>;

void receive_addition(wire& wire, story& story) {
    const auto answer = wire.receive();
    if (answer.status != 303) throw std::runtime_error{"an addition was answered with " + answer.reason};
    ++story.answered;
    story.told_to_close = answer.header("Connection") == "close";
}

/// Does it until it is told that there will be no more.
void keep_adding(wire& wire, story& story) {
    while (!story.told_to_close) {
        ++story.in_doubt;
        wire.send(addition(story.session));
        receive_addition(wire, story);
        --story.in_doubt;
    }
}

/// Until nobody is accepted any more: each of the io threads knows of the stop then.
void await_drain(std::uint16_t port) {
    try {
        for (;;) const wire late{port};
    } catch (const not_connected&) {
        return;
    }
}

/// Whatever was thrown: at its end the server stops, and nobody waits for that any more. The threads, which
/// are joined next, would not end otherwise.
struct stop_in_any_case {
    server_process& server;
    std::latch& stopping;
    bool signalled = false;

    ~stop_in_any_case() {
        if (!signalled) server.signal(SIGTERM);
        stopping.count_down();
    }
};

/// All clients begin; those that owe the server nothing more wait, then comes the signal.
std::vector<story> stop_under(shop& shop, const std::vector<std::pair<part, part>>& parts) {
    std::vector<story> stories(parts.size());
    std::latch begun{static_cast<std::ptrdiff_t>(parts.size())}, stopping{1};
    {
        std::vector<std::jthread> threads;
        stop_in_any_case stop{shop.server, stopping};
        for (std::size_t i = 0; i < parts.size(); ++i) {
            auto visitor = shop.guest();
            add_to_basket(visitor, "linzer");
            stories[i].session = visitor.session();
            stories[i].answered = 1;
            threads.emplace_back([&, i] {
                bool is_counted = false;
                try {
                    wire wire{shop.server.port()};
                    parts[i].first(wire, stories[i]);
                    begun.count_down();
                    is_counted = true;
                    if (parts[i].second) {
                        stopping.wait();
                        parts[i].second(wire, stories[i]);
                    } else {
                        keep_adding(wire, stories[i]);
                    }
                } catch (const connection_lost& lost) {
                    if (parts[i].second) stories[i].complaint = lost.what();
                } catch (const std::exception& e) {
                    stories[i].complaint = e.what();
                }
                if (!is_counted) begun.count_down();
            });
        }
        begun.wait();
        shop.server.signal(SIGTERM);
        stop.signalled = true;
        await_drain(shop.server.port());
    }
    return stories;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(stop)

BOOST_FIXTURE_TEST_CASE(a_stop_under_load_loses_no_answer_and_nothing_that_was_answered, shop) {
    constexpr int pipelined = 20;
    member();
    const std::string hashed = login_form(std::string{anna});
    for (int round = 0; round < 5; ++round) {
        std::vector<std::pair<part, part>> parts;
        for (std::size_t i = 0; i < clients_of_a_kind; ++i) {
            // Back and forth until the end.
            parts.emplace_back(
                [](wire& wire, story& story) {
                    wire.send(addition(story.session));
                    receive_addition(wire, story);
                },
                nullptr
            );
            // All at once, and received before the stop.
            parts.emplace_back(
                [](wire& wire, story& story) {
                    std::string all;
                    for (int n = 0; n < pipelined; ++n) all += addition(story.session);
                    wire.send(all);
                },
                [](wire& wire, story& story) {
                    for (int n = 0; n < pipelined; ++n) receive_addition(wire, story);
                    if (!wire.is_closed(patience)) throw std::runtime_error{"the connection stays open"};
                }
            );
            // A body that is still on its way.
            parts.emplace_back(
                [](wire& wire, story& story) {
                    const auto whole = addition(story.session);
                    wire.send(whole.substr(0, whole.size() - 5));
                },
                [](wire& wire, story& story) {
                    const auto whole = addition(story.session);
                    for (const char c : whole.substr(whole.size() - 5)) wire.send({&c, 1});
                    receive_addition(wire, story);
                    if (!story.told_to_close) throw std::runtime_error{"it does not say that it closes"};
                }
            );
            // A password that is being hashed.
            parts.emplace_back(
                [&](wire& wire, story&) { wire.send(hashed); },
                [](wire& wire, story& story) {
                    const auto answer = wire.receive();
                    if (answer.status != 303)
                        throw std::runtime_error{"a login was answered with " + answer.reason};
                    story.told_to_close = answer.header("Connection") == "close";
                    const std::string cookie{answer.header("Set-Cookie")};
                    const auto begin = cookie.find('=') + 1;
                    story.logins.push_back(cookie.substr(begin, cookie.find(';') - begin));
                }
            );
        }
        const auto stories = stop_under(*this, parts);
        BOOST_TEST(server.wait().value_or(-1) == 0, server.log());
        server.start();
        for (const auto& story : stories) {
            BOOST_TEST(story.complaint.empty(), story.complaint);
            auto later = guest();
            later.set_session(story.session);
            const int there = quantity_of(later.get("/basket"), "linzer");
            BOOST_TEST(there >= story.answered);
            BOOST_TEST(there <= story.answered + story.in_doubt);
            for (const auto& session : story.logins) BOOST_TEST(is_alive(*this, session));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
