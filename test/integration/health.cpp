#include "support/shop.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>

using namespace cookieshop::test;

BOOST_AUTO_TEST_SUITE(health)

BOOST_FIXTURE_TEST_CASE(it_is_alive_and_ready, shop) {
    auto probe = guest();
    BOOST_TEST(has_status(probe.get("/healthz"), 200));
    BOOST_TEST(has_status(probe.get("/readyz"), 200));
}

BOOST_FIXTURE_TEST_CASE(whoever_comes_through_a_proxy_does_not_hear_whether_it_is_ready, shop) {
    auto probe = guest();
    for (const char* address : {"127.0.0.1", "203.0.113.7", "::1", ""}) {
        const auto hidden = probe.get("/readyz", {{"X-Forwarded-For", address}});
        BOOST_TEST((hidden.status == 403 || hidden.status == 404), hidden);
    }
    BOOST_TEST(has_status(probe.get("/healthz", {{"X-Forwarded-For", "203.0.113.7"}}), 200));
}

BOOST_FIXTURE_TEST_CASE(probes_need_no_session_and_make_none, shop) {
    auto user = member();
    for (const char* path : {"/healthz", "/readyz"}) BOOST_TEST(lacks_header(user.get(path), "Set-Cookie"));
}

BOOST_FIXTURE_TEST_CASE(while_it_drains_it_is_not_ready, shop) {
    wire slow{server.port()}, probe{server.port()};
    slow.send("POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: "
              "application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\n");
    const std::string ask = "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n";
    probe.send(ask.substr(0, 10));  // a request under way, so that its connection is not closed as idle
    auto visitor = guest();
    visitor.get("/login");
    server.signal(SIGTERM);
    BOOST_TEST(slow.is_readable(std::chrono::milliseconds{300}) == false);
    probe.send(ask.substr(10));
    BOOST_TEST(has_status(probe.receive(), 503));
    slow.send("email=a");
    slow.receive();
    BOOST_TEST(server.wait().value_or(-1) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
