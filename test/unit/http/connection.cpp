#include "unit/http/test_server.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

using namespace cookieshop::http;
using cookieshop::task;
namespace asio = boost::asio;

namespace {

using std::chrono::milliseconds;

task<> answer_later(exchange& ex) {
    co_await asio::post(co_await asio::this_coro::executor, cookieshop::use_task);
    ex.response.body.assign("later ").append(ex.request.path);
}

task<> fail_later(exchange&) {
    co_await asio::post(co_await asio::this_coro::executor, cookieshop::use_task);
    throw std::runtime_error{"inside"};
}

const std::string large(1024 * 1024, 'x');

// Says what it was asked.
pending echo(exchange& ex) {
    const request& r = ex.request;
    if (r.path.starts_with("/later")) return answer_later(ex);
    if (r.path == "/fail") throw std::runtime_error{"inside"};
    if (r.path == "/fail-later") return fail_later(ex);
    if (r.path == "/large") ex.response.static_body = large;
    if (r.path == "/close") ex.response.close = true;
    ex.response.body.assign(r.method_text).append(" ").append(r.target).append(" ").append(r.body);
    return std::nullopt;
}

server_options short_timeouts() {
    server_options options;
    options.header_timeout = options.body_timeout = options.keep_alive_timeout = milliseconds{150};
    return options;
}

const std::string get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";

std::string post(std::string_view fields, std::string_view body = {}) {
    return "POST /p HTTP/1.1\r\nHost: a\r\n" + std::string{fields} + "\r\n" + std::string{body};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(connection_)

BOOST_AUTO_TEST_CASE(a_connection_is_kept_for_the_next_request) {
    const test_server server{echo};
    raw_client client{server.port()};
    for (int i = 0; i < 3; ++i) {
        const reply r = client.ask(get);
        BOOST_TEST(r.status == 200u);
        BOOST_TEST(r.body == "GET /a ");
        BOOST_TEST(r.field("Connection").empty());
    }
}

BOOST_AUTO_TEST_CASE(a_connection_is_closed_when_either_side_wants_it) {
    const test_server server{echo};
    for (const char* request :
         {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
          "GET /close HTTP/1.1\r\nHost: a\r\n\r\n"}) {
        BOOST_TEST_CONTEXT(request) {
            raw_client client{server.port()};
            const reply r = client.ask(request);
            BOOST_TEST(r.status == 200u);
            BOOST_TEST(r.has("Connection: close"));
            BOOST_TEST(client.at_end());
        }
    }
}

BOOST_AUTO_TEST_CASE(http_1_0_is_kept_when_it_asks_for_it) {
    const test_server server{echo};
    raw_client client{server.port()};
    for (int i = 0; i < 2; ++i) {
        BOOST_TEST(
            client.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").has("Connection: keep-alive")
        );
    }
}

BOOST_AUTO_TEST_CASE(pipelined_requests_are_answered_in_order) {
    const test_server server{echo};
    raw_client client{server.port()};
    std::string requests;
    for (int i = 0; i < 200; ++i) {
        const char* path = i % 3 == 0 ? "/later" : "/now";
        requests += "GET " + (path + std::to_string(i)) + " HTTP/1.1\r\nHost: a\r\n\r\n";
    }
    client.send(requests);
    for (int i = 0; i < 200; ++i) {
        const std::string number = std::to_string(i);
        const reply r = client.read();
        BOOST_TEST(r.body == (i % 3 == 0 ? "later /later" + number : "GET /now" + number + " "));
    }
}

BOOST_AUTO_TEST_CASE(pipelined_bodies_are_told_apart) {
    const test_server server{echo};
    raw_client client{server.port()};
    client.send(
        post("Content-Length: 3\r\n", "abc")
        + post("Transfer-Encoding: chunked\r\n", "2\r\nde\r\n1\r\nf\r\n0\r\n\r\n")
        + post("Content-Length: 0\r\n") + get
    );
    for (const char* body : {"POST /p abc", "POST /p def", "POST /p ", "GET /a "})
        BOOST_TEST(client.read().body == body);
}

BOOST_AUTO_TEST_CASE(a_request_may_come_byte_by_byte) {
    const test_server server{echo};
    for (const std::string& request :
         {get, post("Content-Length: 3\r\n", "abc"),
          post("Transfer-Encoding: chunked\r\n", "3;x=y\r\nabc\r\n0\r\nT: t\r\n\r\n")}) {
        raw_client client{server.port()};
        for (const char c : request) client.send({&c, 1});
        BOOST_TEST(client.read().status == 200u);
        BOOST_TEST(client.ask(get).body == "GET /a ");
    }
}

BOOST_AUTO_TEST_CASE(a_body_of_the_largest_size_is_read_whole) {
    const test_server server{echo};
    raw_client client{server.port()};
    const std::string body(64 * 1024, 'b');
    BOOST_TEST((client.ask(post("Content-Length: 65536\r\n", body) + get).body == "POST /p " + body));
    BOOST_TEST(client.read().body == "GET /a ");
    BOOST_TEST(
        (client.ask(post("Transfer-Encoding: chunked\r\n", "10000\r\n" + body + "\r\n0\r\n\r\n")).body
         == "POST /p " + body)
    );
}

BOOST_AUTO_TEST_CASE(continue_is_sent_before_the_body) {
    const test_server server{echo};
    raw_client client{server.port()};
    client.send(post("Content-Length: 3\r\nExpect: 100-continue\r\n"));
    BOOST_TEST(client.read().status == 100u);
    BOOST_TEST(client.ask("abc").body == "POST /p abc");
}

BOOST_AUTO_TEST_CASE(who_waits_with_a_body_or_forgot_its_length_hears_what_the_header_decides) {
    const test_server server{echo, {}, [](exchange& ex) {
                                 if (ex.request.path != "/nowhere") return false;
                                 ex.response.status = status::not_found;
                                 return true;
                             }};
    for (const std::string fields :
         {"Content-Length: 3\r\nExpect: 100-continue\r\n",
          "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n", ""}) {
        BOOST_TEST_CONTEXT(fields) {
            raw_client client{server.port()};
            const reply r = client.ask("POST /nowhere HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
            BOOST_TEST(r.status == 404u);
            BOOST_TEST(r.has("Connection: close"));
            BOOST_TEST(client.at_end());
        }
    }
    BOOST_TEST(
        raw_client{server.port()}.ask(post("Content-Length: 3\r\nExpect: 100-continue\r\n")).status == 100u
    );
    BOOST_TEST(raw_client{server.port()}.ask(post("")).status == 411u);
}

BOOST_AUTO_TEST_CASE(a_body_that_came_with_its_header_is_not_answered_early) {
    const test_server server{echo, {}, [](exchange&) { return true; }};
    raw_client client{server.port()};
    BOOST_TEST(client.ask(post("Content-Length: 3\r\n", "abc")).body == "POST /p abc");
}

BOOST_AUTO_TEST_CASE(continue_is_not_sent_to_who_did_not_wait_for_it) {
    const test_server server{echo};
    raw_client client{server.port()};
    BOOST_TEST(client.ask(post("Content-Length: 3\r\nExpect: 100-continue\r\n", "abc")).status == 200u);
}

BOOST_AUTO_TEST_CASE(who_expects_to_send_too_much_is_refused_instead) {
    const test_server server{echo};
    raw_client client{server.port()};
    BOOST_TEST(client.ask(post("Content-Length: 65537\r\nExpect: 100-continue\r\n")).status == 413u);
    BOOST_TEST(client.at_end());
}

BOOST_AUTO_TEST_CASE(head_has_no_body) {
    const test_server server{echo};
    raw_client client{server.port()};
    client.send("HEAD /large HTTP/1.1\r\nHost: a\r\n\r\n");
    const reply r = client.read(true);
    BOOST_TEST(r.status == 200u);
    BOOST_TEST(r.field("Content-Length") == std::to_string(large.size()));
    BOOST_TEST(client.ask(get).body == "GET /a ");
}

BOOST_AUTO_TEST_CASE(a_large_response_waits_for_its_reader) {
    const test_server server{echo};
    raw_client client{server.port()};
    const std::string request = "GET /large HTTP/1.1\r\nHost: a\r\n\r\n";
    for (int i = 0; i < 8; ++i) client.send(request);  // more than the socket's buffers hold
    for (int i = 0; i < 8; ++i) BOOST_TEST((client.read().body == large));
    BOOST_TEST(client.ask(get).body == "GET /a ");
}

BOOST_AUTO_TEST_CASE(who_closes_their_side_is_answered_still) {
    const test_server server{echo};
    raw_client client{server.port()};
    client.send(get + get);
    client.shut_down_output();
    BOOST_TEST(client.read().status == 200u);
    BOOST_TEST(client.read().status == 200u);
    BOOST_TEST(client.at_end());
}

BOOST_AUTO_TEST_CASE(who_leaves_in_the_middle_of_a_request_is_let_go) {
    const test_server server{echo};
    for (const std::string& part :
         {get.substr(0, 9), post("Content-Length: 3\r\n", "a"),
          post("Transfer-Encoding: chunked\r\n", "5\r\n")}) {
        raw_client client{server.port()};
        client.send(part);
        client.shut_down_output();
        BOOST_TEST(client.at_end());
    }
}

BOOST_AUTO_TEST_CASE(what_a_handler_throws_is_500_and_the_connection_goes_on) {
    const test_server server{echo};
    raw_client client{server.port()};
    for (const char* path : {"/fail", "/fail-later"}) {
        const reply r = client.ask("GET " + std::string{path} + " HTTP/1.1\r\nHost: a\r\n\r\n");
        BOOST_TEST(r.status == 500u);
        BOOST_TEST(r.has("Cache-Control: no-store"));
        BOOST_TEST(r.body.find("inside") == std::string::npos);
    }
    BOOST_TEST(client.ask(get).status == 200u);
}

BOOST_AUTO_TEST_CASE(a_refusal_is_seen_and_ends_the_connection) {
    const test_server server{echo};
    struct {
        const char* rule;
        std::string bytes;
        unsigned expected;
    } const cases[] = {
        {"RFC 9112 2.2", "GET / HTTP/1.1\nHost: a\n\n", 400},
        {"RFC 9112 3.2", "GET / HTTP/1.1\r\n\r\n", 400},
        {"RFC 9110 15.5.12", post(""), 411},
        {"RFC 9110 15.5.14", post("Content-Length: 10000000\r\n", std::string(1000000, 'x')), 413},
        {"RFC 9110 15.5.14, chunked",
         post("Transfer-Encoding: chunked\r\n", "fffff\r\n" + std::string(1000000, 'x')), 413},
        {"RFC 9110 15.5.15", "GET /" + std::string(100000, 'x'), 414},
        {"RFC 6585 5", "GET / HTTP/1.1\r\nX: " + std::string(100000, 'x'), 431},
        {"RFC 9110 15.6.2", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
        {"RFC 9110 15.6.6", "GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505},
        {"RFC 9112 7.1", post("Transfer-Encoding: chunked\r\n", "zz\r\n"), 400},
        {"RFC 9112 6.3, smuggling",
         post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + get), 400},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.rule) {
            raw_client client{server.port()};
            const reply r = client.ask(c.bytes);
            BOOST_TEST(r.status == c.expected);
            BOOST_TEST(r.has("Connection: close"));
            BOOST_TEST(client.at_end());
        }
    }
}

BOOST_AUTO_TEST_CASE(requests_before_a_refused_one_are_answered) {
    const test_server server{echo};
    raw_client client{server.port()};
    client.send(get + "garbage\r\n\r\n" + get);
    BOOST_TEST(client.read().status == 200u);
    BOOST_TEST(client.read().status == 400u);
    BOOST_TEST(client.at_end());
}

BOOST_AUTO_TEST_CASE(a_refusal_is_in_the_format_that_was_asked_for) {
    const test_server server{echo};
    raw_client client{server.port()};
    const reply r = client.ask("POST / HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\n\r\n");
    BOOST_TEST(r.field("Content-Type") == "application/problem+json");
}

BOOST_AUTO_TEST_CASE(a_late_request_is_408) {
    const test_server server{echo, short_timeouts()};
    for (const std::string& part :
         {std::string{"GET"}, get.substr(0, get.size() - 1), post("Content-Length: 3\r\n", "a"),
          post("Transfer-Encoding: chunked\r\n", "5\r\na")}) {
        BOOST_TEST_CONTEXT(part) {
            raw_client client{server.port()};
            const reply r = client.ask(part);
            BOOST_TEST(r.status == 408u);
            BOOST_TEST(r.has("Connection: close"));
            BOOST_TEST(client.at_end());
        }
    }
}

// It would be answered for as long as it sends: what others ask comes in between.
BOOST_AUTO_TEST_CASE(who_sends_without_end_does_not_keep_others_waiting) {
    const test_server server{echo};
    std::string many;
    for (int i = 0; i < 2000; ++i) many += get;
    std::atomic<bool> enough{false};
    std::jthread greedy{[&] {
        raw_client client{server.port()};
        std::jthread reader{[&] {
            while (client.skip(1) > 0) {}
        }};
        while (!enough && client.send(many)) {}
        client.shut_down_output();
    }};
    auto longest = std::chrono::steady_clock::duration{};
    for (int i = 0; i < 100; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        raw_client other{server.port()};
        BOOST_TEST(other.ask(get).status == 200u);
        longest = std::max(longest, std::chrono::steady_clock::now() - begin);
    }
    enough = true;
    BOOST_TEST(
        (longest < milliseconds{100}), std::chrono::duration_cast<milliseconds>(longest).count() << " ms"
    );
}

BOOST_AUTO_TEST_CASE(reading_a_little_now_and_then_does_not_put_off_the_deadline) {
    const test_server server{echo, short_timeouts()};
    raw_client client{server.port()};
    for (int i = 0; i < 16; ++i) client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    constexpr std::size_t a_little = 4096;
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{8};
    bool ended = false;
    while (!ended && std::chrono::steady_clock::now() < give_up) {
        std::this_thread::sleep_for(milliseconds{5});  // the pace of this client
        ended = client.skip(a_little) < a_little;
    }
    BOOST_TEST(ended);
}

BOOST_AUTO_TEST_CASE(who_was_too_slow_is_told_so_in_the_form_that_was_asked_for) {
    const test_server server{echo, short_timeouts()};
    raw_client program{server.port()}, browser{server.port()};
    program.send("GET / HTTP/1.1\r\nAccept: application/json\r\nHost: a\r\n");
    browser.send("GET / HTTP/1.1\r\nAccept: text/html\r\nHost: a\r\n");
    const reply to_program = program.read(), to_browser = browser.read();
    BOOST_TEST(to_program.status == 408u);
    BOOST_TEST(to_program.field("Content-Type") == "application/problem+json");
    BOOST_TEST(to_browser.status == 408u);
    BOOST_TEST(to_browser.field("Content-Type") == "text/html; charset=utf-8");
}

BOOST_AUTO_TEST_CASE(dripping_bytes_do_not_put_off_the_deadline) {
    const test_server server{echo, short_timeouts()};
    for (const std::string& part : {std::string{"GET /"}, post("Content-Length: 60000\r\n")}) {
        raw_client client{server.port()};
        client.send(part);
        int drops = 0;
        while (!client.wait_for_input(milliseconds{10}) && drops < 1000) {
            client.send("x");
            ++drops;
        }
        BOOST_TEST(drops > 1);
        BOOST_TEST(client.read().status == 408u);
    }
}

BOOST_AUTO_TEST_CASE(an_idle_connection_is_closed_without_a_word) {
    const test_server server{echo, short_timeouts()};
    raw_client fresh{server.port()};
    raw_client used{server.port()};
    BOOST_TEST(used.ask(get).status == 200u);
    BOOST_TEST(used.at_end());
    BOOST_TEST(fresh.at_end());
}

BOOST_AUTO_TEST_CASE(who_does_not_read_is_cut_off) {
    const test_server server{echo, short_timeouts()};
    raw_client client{server.port()};
    for (int i = 0; i < 16; ++i) client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    // Only the end of the server's patience lets more be written than the kernel's buffers take.
    while (client.send(get)) {}
    BOOST_TEST(!client.send(get));
}

BOOST_AUTO_TEST_SUITE_END()
