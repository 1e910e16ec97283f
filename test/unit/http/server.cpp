#include "cookieshop/http/server.hpp"

#include "cookieshop/util/worker_pool.hpp"
#include "unit/http/test_server.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <future>
#include <optional>
#include <string>
#include <thread>

using namespace cookieshop;
using namespace cookieshop::http;

namespace {

const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

pending hello(exchange& exchange) {
    exchange.response.body = exchange.client.to_string();
    return std::nullopt;
}

// The most descriptors that this process has, until the end of the scope, however that comes.
class descriptor_limit {
public:
    explicit descriptor_limit(rlim_t limit) {
        BOOST_TEST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
        const rlimit lower{limit, before_.rlim_max};
        BOOST_TEST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &lower) == 0);
    }
    ~descriptor_limit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    descriptor_limit(const descriptor_limit&) = delete;
    descriptor_limit& operator=(const descriptor_limit&) = delete;

private:
    rlimit before_{};
};

// A handler that waits until it is let go on, and says when it began.
struct gate {
    worker_pool pool{"gate", 1, 10};
    std::promise<void> entered;
    std::promise<void> opened;

    task<> pass(exchange& exchange) {
        auto wait = [this] {
            entered.set_value();
            opened.get_future().wait();
        };
        co_await pool.run(wait);
        exchange.response.body = "passed";
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(server_)

BOOST_AUTO_TEST_CASE(a_server_tells_its_port_and_its_client) {
    const test_server server{hello};
    BOOST_TEST(server.port() != 0);
    raw_client client{server.port()};
    BOOST_TEST(client.ask(get).body == "127.0.0.1");
}

BOOST_AUTO_TEST_CASE(all_threads_listen_on_one_port) {
    server_options options;
    options.threads = 4;
    const test_server server{hello, options};
    for (int i = 0; i < 32; ++i) {
        raw_client client{server.port()};
        BOOST_TEST(client.ask(get).status == 200u);
    }
}

BOOST_AUTO_TEST_CASE(a_port_that_is_taken_is_an_error_that_names_it) {
    const test_server first{hello};
    server_options options;
    options.port = first.port();
    const system_wall_clock clock;
    server second{options, hello, clock};
    const auto names_it = [&](const boost::system::system_error& e) {
        return std::string{e.what()}.find("127.0.0.1 port " + std::to_string(first.port()))
               != std::string::npos;
    };
    BOOST_CHECK_EXCEPTION(second.start(), boost::system::system_error, names_it);
}

BOOST_AUTO_TEST_CASE(an_address_that_is_none_is_an_error_that_names_it) {
    server_options options;
    options.address = "nowhere";
    const system_wall_clock clock;
    server nowhere{options, hello, clock};
    const auto names_it = [](const boost::system::system_error& e) {
        return std::string{e.what()}.find("nowhere") != std::string::npos;
    };
    BOOST_CHECK_EXCEPTION(nowhere.start(), boost::system::system_error, names_it);
}

BOOST_AUTO_TEST_CASE(over_the_limit_a_connection_gets_503) {
    server_options options;
    options.max_connections = 1;
    const test_server server{hello, options};
    {
        raw_client first{server.port()};
        BOOST_TEST(first.ask(get).status == 200u);
        raw_client second{server.port()};
        const reply r = second.read();
        BOOST_TEST(r.status == 503u);
        BOOST_TEST(r.field("Retry-After") == "1");
        BOOST_TEST(second.at_end());
        BOOST_TEST(first.ask(get).status == 200u);
    }
    unsigned status = 0;
    for (int attempt = 0; attempt < 1000 && status != 200; ++attempt) {
        raw_client third{server.port()};
        status = third.ask(get).status;
    }
    BOOST_TEST(status == 200u);
}

BOOST_AUTO_TEST_CASE(running_out_of_descriptors_is_survived) {
    const test_server server{hello};
    const int lowest_free = ::dup(0);
    ::close(lowest_free);
    std::optional<raw_client> client;
    bool answered = false;
    {
        const descriptor_limit room_for_one{static_cast<rlim_t>(lowest_free) + 1};
        client.emplace(server.port());  // takes the last one, so that none is left for its connection
        client->send(get);
        answered = client->wait_for_input(std::chrono::milliseconds{50});
    }
    BOOST_TEST(!answered);
    BOOST_TEST(client->read().status == 200u);
}

BOOST_AUTO_TEST_CASE(what_is_under_way_is_answered_when_the_server_stops) {
    gate gate;
    test_server server{[&](exchange& exchange) -> pending {
        if (exchange.request.path == "/wait") return gate.pass(exchange);
        return hello(exchange);
    }};
    raw_client idle{server.port()};
    BOOST_TEST(idle.ask(get).status == 200u);
    raw_client busy{server.port()};
    busy.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
    gate.entered.get_future().wait();

    auto stopped = std::async(std::launch::async, [&] { server->stop(); });
    BOOST_TEST(idle.at_end());
    BOOST_TEST(server->draining());
    gate.opened.set_value();
    const reply r = busy.read();
    BOOST_TEST(r.body == "passed");
    BOOST_TEST(r.has("Connection: close"));
    BOOST_TEST(busy.at_end());
    stopped.get();
    BOOST_CHECK_THROW(raw_client{server.port()}, std::runtime_error);
}

// More of them than are accepted in a turn.
BOOST_AUTO_TEST_CASE(who_waits_to_be_accepted_when_the_server_stops_is_answered) {
    std::promise<void> entered, opened;
    test_server server{[&](exchange& exchange) -> pending {
        if (exchange.request.path == "/hold") {
            entered.set_value();
            opened.get_future().wait();
        }
        return hello(exchange);
    }};
    raw_client holding{server.port()};
    holding.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    entered.get_future().wait();
    std::deque<raw_client> waiting;
    for (int i = 0; i < 400; ++i) waiting.emplace_back(server.port()).send(get);

    auto stopped = std::async(std::launch::async, [&] { server->stop(); });
    while (!server->draining()) std::this_thread::yield();
    opened.set_value();
    for (raw_client& client : waiting) BOOST_TEST(client.read().status == 200u);
}

BOOST_AUTO_TEST_CASE(after_the_drain_timeout_the_rest_is_cut_off) {
    std::promise<void> entered;
    std::atomic<bool> cancelled{false};
    const auto wait_for_ever = [&](exchange&) -> task<> {
        asio::steady_timer timer{co_await asio::this_coro::executor, std::chrono::hours{1}};
        entered.set_value();
        const auto [error] = co_await timer.async_wait(use_task_tuple);
        cancelled = error == asio::error::operation_aborted;
    };
    server_options options;
    options.drain_timeout = std::chrono::milliseconds{50};
    test_server server{[&](exchange& exchange) -> pending { return wait_for_ever(exchange); }, options};
    raw_client client{server.port()};
    client.send(get);
    raw_client half{server.port()};
    half.send("GET / HT");
    entered.get_future().wait();
    server->stop();
    BOOST_TEST(cancelled);
    BOOST_TEST(client.at_end());
    BOOST_TEST(half.at_end());
}

BOOST_AUTO_TEST_CASE(a_request_behind_one_that_is_cut_off_is_not_begun) {
    std::promise<void> entered;
    std::atomic<bool> begun{false};
    const auto wait_for_ever = [&](exchange&) -> task<> {
        asio::steady_timer timer{co_await asio::this_coro::executor, std::chrono::hours{1}};
        entered.set_value();
        co_await timer.async_wait(use_task);
    };
    server_options options;
    options.drain_timeout = std::chrono::milliseconds{50};
    const auto root = [&](exchange& exchange) -> pending {
        if (exchange.request.path == "/wait") return wait_for_ever(exchange);
        begun = true;
        return hello(exchange);
    };
    test_server server{root, options};
    raw_client client{server.port()};
    client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n" + get);
    entered.get_future().wait();
    server->stop();
    BOOST_TEST(!begun);
    BOOST_TEST(client.at_end());
}

// The sweep of the deadlines comes ten times a second, and so at any moment of a stop.
BOOST_AUTO_TEST_CASE(a_stop_comes_to_an_end_whenever_it_begins) {
    server_options options;
    options.threads = 4;
    for (int i = 0; i < 40; ++i) {
        test_server server{hello, options};
        raw_client client{server.port()};
        BOOST_TEST(client.ask(get).status == 200u);
        client.wait_for_input(std::chrono::milliseconds{80 + i});  // nothing comes: it only takes that long
        server->stop();
    }
}

BOOST_AUTO_TEST_CASE(a_server_that_goes_away_takes_its_connections_along) {
    auto server = std::make_unique<test_server>(hello);
    raw_client client{server->port()};
    BOOST_TEST(client.ask(get).status == 200u);
    server.reset();
    BOOST_TEST(client.at_end());
}

BOOST_AUTO_TEST_CASE(a_server_that_never_started_goes_away) {
    const system_wall_clock clock;
    server idle{{}, hello, clock};
    idle.stop();
    BOOST_TEST(idle.draining());
}

BOOST_AUTO_TEST_SUITE_END()
