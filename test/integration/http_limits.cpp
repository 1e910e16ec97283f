#include "support/shop.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <memory>

using namespace cookieshop::test;
using namespace std::chrono_literals;

namespace {

const std::string get_page = "GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n";
const std::string post_start =
    "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n";

/// What a connection of its own is answered.
answer ask(const shop& shop, const std::string& bytes) {
    wire wire{shop.server.port()};
    wire.send(bytes);
    return wire.receive();
}

answer ask_and_check_closed(const shop& shop, const std::string& bytes) {
    wire wire{shop.server.port()};
    wire.send(bytes);
    auto answer = wire.receive();
    BOOST_TEST(wire.is_closed(patience), "the connection is closed after" << answer);
    return answer;
}

void check_security_headers(const answer& answer) {
    BOOST_TEST(header_names(answer, "Content-Security-Policy", "default-src 'self'"));
    BOOST_TEST(header_names(answer, "Content-Security-Policy", "object-src 'none'"));
    BOOST_TEST(header_names(answer, "Content-Security-Policy", "base-uri 'none'"));
    BOOST_TEST(header_names(answer, "Content-Security-Policy", "frame-ancestors 'none'"));
    BOOST_TEST(header_names(answer, "Content-Security-Policy", "form-action 'self'"));
    BOOST_TEST(answer.header("Content-Security-Policy").find("unsafe") == std::string_view::npos);
    BOOST_TEST(has_header(answer, "X-Content-Type-Options", "nosniff"));
    BOOST_TEST(has_header(answer, "Referrer-Policy", "same-origin"));
    BOOST_TEST(has_header(answer, "Cross-Origin-Opener-Policy", "same-origin"));
    BOOST_TEST(has_header(answer, "X-Frame-Options", "DENY"));
    BOOST_TEST(answer.has("Permissions-Policy"), answer);
    BOOST_TEST(lacks_header(answer, "Strict-Transport-Security"));
    BOOST_TEST(lacks_header(answer, "Access-Control-Allow-Origin"));
    BOOST_TEST(lacks_header(answer, "X-Powered-By"));
    BOOST_TEST((answer.header("Server").find_first_of("0123456789/") == std::string_view::npos), answer);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_limits)

BOOST_AUTO_TEST_CASE(a_host_that_is_not_ours_gets_421) {
    const shop shop{{{"--allowed-hosts", "shop.example,localhost"}}};
    auto visitor = shop.guest();
    for (const char* host : {"shop.example", "SHOP.example", "shop.example:8080", "localhost"})
        BOOST_TEST(has_status(visitor.get("/login", {{"Host", host}}), 200));
    for (const char* host : {"evil.example", "shop.example.evil.example", "xshop.example", "127.0.0.1"})
        BOOST_TEST(has_status(visitor.get("/login", {{"Host", host}}), 421));
}

BOOST_FIXTURE_TEST_CASE(what_is_not_there_gets_404, shop) {
    auto visitor = guest();
    for (const char* path :
         {"/nowhere", "/cookies/", "/Cookies", "/cookies/1", "/login.html", "/../etc/passwd", "/assets/",
          "/assets/../schema.sql", "/.env", "/secret.key", "//cookies"})
        BOOST_TEST(has_status(visitor.get(path), 404));
    BOOST_TEST(has_status(visitor.post("/nowhere", {}), 404));
}

BOOST_FIXTURE_TEST_CASE(another_method_gets_405_and_hears_which_are_allowed, shop) {
    auto visitor = guest();
    struct {
        const char *method, *path, *allowed;
    } const rows[] = {{"POST", "/cookies", "GET"},          {"PUT", "/login", "POST"},
                      {"DELETE", "/basket", "GET"},         {"GET", "/basket/remove", "POST"},
                      {"PATCH", "/orders", "GET"},          {"TRACE", "/login", "GET"},
                      {"GET", "/settings/password", "POST"}};
    for (const auto& [method, path, allowed] : rows) {
        const auto answer = visitor.send({method, path, {{"Content-Length", "0"}}, {}});
        BOOST_TEST(has_status(answer, 405));
        BOOST_TEST(header_names(answer, "Allow", allowed));
    }
}

BOOST_FIXTURE_TEST_CASE(head_answers_like_get_without_the_body, shop) {
    auto user = member();
    for (const char* path : {"/cookies", "/basket", "/orders", "/settings", "/healthz", "/nowhere"}) {
        const auto get = user.get(path), head = user.send({"HEAD", path, {}, {}});
        BOOST_TEST(head.status == get.status);
        BOOST_TEST(has_header(head, "Content-Length", get.header("Content-Length")));
        BOOST_TEST(has_header(head, "Content-Type", get.header("Content-Type")));
    }
    BOOST_TEST(has_status(user.get("/cookies"), 200), "the connection is still in step");
}

BOOST_FIXTURE_TEST_CASE(options_hears_which_methods_are_allowed, shop) {
    auto visitor = guest();
    const auto login = visitor.send({"OPTIONS", "/login", {}, {}});
    BOOST_TEST((login.status == 200 || login.status == 204), login);
    for (const char* method : {"GET", "HEAD", "POST", "OPTIONS"})
        BOOST_TEST(header_names(login, "Allow", method));
    BOOST_TEST(lacks_header(login, "Access-Control-Allow-Origin"));
    const auto removal = visitor.send({"OPTIONS", "/basket/remove", {}, {}});
    BOOST_TEST((removal.header("Allow").find("GET") == std::string_view::npos), removal);
    BOOST_TEST(has_status(visitor.send({"OPTIONS", "/nowhere", {}, {}}), 404));
}

BOOST_AUTO_TEST_CASE(who_is_too_slow_with_the_head_gets_408) {
    const shop shop{{{"--header-timeout", "500ms"}}};
    wire wire{shop.server.port()};
    wire.send("GET /login HTTP/1.1\r\nHost: local");
    const auto answer = wire.receive();
    BOOST_TEST(has_status(answer, 408));
    BOOST_TEST(wire.is_closed(patience));
}

BOOST_AUTO_TEST_CASE(a_byte_now_and_then_does_not_keep_a_request_alive) {
    const shop shop{{{"--header-timeout", "1s"}}};
    wire wire{shop.server.port()};
    wire.send("GET /login HTTP/1.1\r\n");
    const auto begin = std::chrono::steady_clock::now();
    while (!wire.is_readable(100ms) && std::chrono::steady_clock::now() - begin < patience) wire.send("A");
    BOOST_TEST(has_status(wire.receive(), 408));
    BOOST_TEST((std::chrono::steady_clock::now() - begin < 5s));
}

BOOST_AUTO_TEST_CASE(who_is_too_slow_with_the_body_gets_408) {
    const shop shop{{{"--body-timeout", "500ms"}}};
    wire wire{shop.server.port()};
    wire.send(post_start + "Content-Length: 10\r\n\r\nemail");
    BOOST_TEST(has_status(wire.receive(), 408));
    BOOST_TEST(wire.is_closed(patience));
}

BOOST_AUTO_TEST_CASE(an_idle_connection_is_closed_without_a_word) {
    const shop shop{{{"--keep-alive-timeout", "500ms"}}};
    wire wire{shop.server.port()};
    wire.send(get_page);
    BOOST_TEST(has_status(wire.receive(), 200));
    BOOST_TEST(wire.is_closed(patience));
}

BOOST_FIXTURE_TEST_CASE(a_body_that_is_too_large_gets_413_before_it_is_sent, shop) {
    const auto answer = ask_and_check_closed(*this, post_start + "Content-Length: 65537\r\n\r\n");
    BOOST_TEST(has_status(answer, 413));
}

BOOST_FIXTURE_TEST_CASE(a_form_of_another_type_gets_415, shop) {
    auto visitor = guest();
    for (const char* type :
         {"text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencodedx", ""}) {
        const auto answer = visitor.post("/login", {{"email", "a"}}, {{"Content-Type", type}});
        BOOST_TEST(has_status(answer, 415));
    }
    const auto with_charset = visitor.post(
        "/login", {{"email", "a"}}, {{"Content-Type", "Application/X-WWW-Form-Urlencoded; charset=UTF-8"}}
    );
    BOOST_TEST(has_status(with_charset, 422));
}

BOOST_FIXTURE_TEST_CASE(a_malformed_form_gets_400, shop) {
    for (const char* body : {"email=%", "email=%4", "email=%zz", "email=%FF", "email=a&email=b"})
        BOOST_TEST(has_status(
            ask(*this, post_start + "Content-Length: " + std::to_string(std::string{body}.size()) + "\r\n\r\n"
                           + body),
            400
        ));
}

BOOST_FIXTURE_TEST_CASE(who_waits_for_100_continue_gets_it, shop) {
    wire wire{server.port()};
    wire.send(post_start + "Content-Length: 7\r\nExpect: 100-continue\r\n\r\n");
    BOOST_TEST(has_status(wire.receive(), 100));
    wire.send("email=a");
    BOOST_TEST(has_status(wire.receive(), 422));
}

BOOST_FIXTURE_TEST_CASE(who_waits_for_100_continue_is_refused_at_once_when_no_body_would_help, shop) {
    const std::string waits = "Content-Length: 7\r\nExpect: 100-continue\r\n";
    struct {
        std::string start;
        int status;
    } const rows[] = {
        {post_start + "Content-Length: 70000\r\nExpect: 100-continue\r\n", 413},
        {"POST /nowhere HTTP/1.1\r\nHost: a\r\n" + waits, 404},
        {"PUT /login HTTP/1.1\r\nHost: a\r\n" + waits, 405},
        {post_start + "Sec-Fetch-Site: cross-site\r\n" + waits, 403},
        {post_start + "Origin: http://evil\r\n" + waits, 403},
    };
    for (const auto& [start, status] : rows)
        BOOST_TEST(has_status(ask_and_check_closed(*this, start + "\r\n"), status));
}

BOOST_AUTO_TEST_CASE(past_the_most_connections_a_new_one_gets_503_and_is_closed) {
    const shop shop{{{"--max-connections", "3"}, {"--threads", "1"}}};
    std::vector<std::unique_ptr<wire>> wires;
    for (int i = 0; i < 3; ++i) {
        wires.push_back(std::make_unique<wire>(shop.server.port()));
        wires.back()->send(get_page);
        BOOST_TEST(has_status(wires.back()->receive(), 200));
    }
    {
        wire one_more{shop.server.port()};
        BOOST_TEST(has_status(one_more.receive(), 503));
        BOOST_TEST(one_more.is_closed(patience));
    }
    wires.front()->send(get_page);
    BOOST_TEST(has_status(wires.front()->receive(), 200), "those who are in are served");
}

BOOST_FIXTURE_TEST_CASE(requests_may_be_sent_ahead_and_are_answered_in_order, shop) {
    wire wire{server.port()};
    wire.send(
        get_page + "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n" + post_start
        + "Content-Length: 7\r\n\r\nemail=a" + "HEAD /cookies HTTP/1.1\r\nHost: a\r\n\r\n" + get_page
    );
    BOOST_TEST(has_status(wire.receive(), 200));
    BOOST_TEST(has_status(wire.receive(), 404));
    BOOST_TEST(has_status(wire.receive(), 422));
    BOOST_TEST(has_status(wire.receive(true), 200));
    BOOST_TEST(is_page(wire.receive(), "Login"));
}

BOOST_FIXTURE_TEST_CASE(every_answer_has_the_security_headers, shop) {
    auto user = member();
    const auto asset = elements(user.get("/cookies").body);
    const auto link = std::ranges::find(asset, "link", &element::name);
    const std::string stylesheet = link->attributes.at("href");
    const auto tag = std::string{user.get(stylesheet).header("ETag")};
    for (const auto& answer :
         {user.get("/cookies"), user.get("/"), user.get("/nowhere"), user.get("/healthz"),
          user.get("/readyz"), user.get(stylesheet), user.get(stylesheet, {{"If-None-Match", tag}}),
          user.send({"PUT", "/login", {}, {}}), user.send({"OPTIONS", "/login", {}, {}}),
          add_to_basket(user, "linzer"), add_to_basket(user, "linzer", 0),
          user.post("/basket", {}, {{"Sec-Fetch-Site", "cross-site"}}), ask(*this, "nonsense\r\n\r\n"),
          ask(*this, "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n")})
        check_security_headers(answer);
}

BOOST_AUTO_TEST_CASE(where_all_clients_speak_tls_every_answer_says_so) {
    const shop shop{{{"--secure-cookies", "always"}, {"--max-connections", "4"}, {"--threads", "1"}}};
    auto user = shop.member();
    const auto link = elements(user.get("/login", {{"Cookie", ""}}).body);
    const std::string stylesheet = std::ranges::find_if(link, [](const element& e) {
                                       return e.name == "link" && e.attributes.at("rel") == "stylesheet";
                                   })->attributes.at("href");
    const std::string tag{user.get(stylesheet).header("ETag")};
    std::vector<answer> answers{
        user.get("/cookies"),
        user.get("/"),
        user.get("/nowhere"),
        user.get("/healthz"),
        user.get(stylesheet),
        user.get(stylesheet, {{"If-None-Match", tag}}),
        user.send({"PUT", "/login", {}, {}}),
        user.send({"OPTIONS", "/login", {}, {}}),
        add_to_basket(user, "linzer"),
        add_to_basket(user, "linzer", 0),
        user.post("/basket", {}, {{"Sec-Fetch-Site", "cross-site"}})};
    for (const std::string bytes : {"nonsense\r\n\r\n", "GET /login HTTP/9.9\r\nHost: a\r\n\r\n"})
        answers.push_back(ask(shop, bytes));
    std::vector<std::unique_ptr<wire>> crowd;
    for (int i = 0; i < 3; ++i) {
        crowd.push_back(std::make_unique<wire>(shop.server.port()));
        crowd.back()->send(get_page);
        crowd.back()->receive();
    }
    wire one_too_many{shop.server.port()};
    answers.push_back(one_too_many.receive());
    BOOST_TEST(has_status(answers.back(), 503));
    for (const auto& answer : answers)
        BOOST_TEST(has_header(answer, "Strict-Transport-Security", "max-age=31536000; includeSubDomains"));
    const cookieshop::test::shop plain;
    auto visitor = plain.guest();
    BOOST_TEST(lacks_header(visitor.get("/cookies"), "Strict-Transport-Security"));
}

BOOST_FIXTURE_TEST_CASE(what_is_no_page_is_sandboxed, shop) {
    auto visitor = guest();
    const auto page = visitor.get("/cookies");
    BOOST_TEST(page.header("Content-Security-Policy").find("sandbox") == std::string_view::npos);
    std::size_t assets = 0;
    for (const auto& element : elements(page.body)) {
        for (const char* reference : {"src", "href"}) {
            const auto found = element.attributes.find(reference);
            if (found == element.attributes.end() || !found->second.starts_with("/assets/")) continue;
            ++assets;
            const auto asset = visitor.get(found->second);
            BOOST_TEST(header_names(asset, "Content-Security-Policy", "; sandbox"));
            BOOST_TEST(has_header(asset, "X-Content-Type-Options", "nosniff"));
        }
    }
    BOOST_TEST(assets > 5U);
    visitor.always = {{"Accept", "application/json"}};
    BOOST_TEST(header_names(visitor.get("/nowhere"), "Content-Security-Policy", "; sandbox"));
    BOOST_TEST(header_names(visitor.get("/healthz"), "Content-Security-Policy", "; sandbox"));
}

BOOST_FIXTURE_TEST_CASE(no_other_origin_is_ever_allowed_to_read, shop) {
    auto user = member();
    for (const char* origin : {"https://evil.example", "null", "http://localhost:1"}) {
        for (const auto& answer :
             {user.get("/cookies", {{"Origin", origin}}), user.get("/settings", {{"Origin", origin}}),
              user.send(
                  {"OPTIONS", "/basket", {{"Origin", origin}, {"Access-Control-Request-Method", "POST"}}, {}}
              ),
              user.post("/basket", {{"cookie", "linzer"}}, {{"Origin", origin}})}) {
            BOOST_TEST(lacks_header(answer, "Access-Control-Allow-Origin"));
            BOOST_TEST(lacks_header(answer, "Access-Control-Allow-Credentials"));
        }
    }
}

BOOST_FIXTURE_TEST_CASE(what_depends_on_the_session_is_not_kept_by_anybody, shop) {
    auto user = member(), visitor = guest();
    const auto registered = post_registration(visitor, "eve@example.com");
    for (const auto& answer :
         {user.get("/cookies"), user.get("/basket"), user.get("/settings"), user.get("/orders"),
          user.get("/login"), add_to_basket(user, "linzer"), registered, user.post("/logout", {})}) {
        BOOST_TEST(has_header(answer, "Cache-Control", "no-store"));
        BOOST_TEST(header_names(answer, "Vary", "Cookie"));
    }
    auto stranger = guest();
    for (const char* path : {"/cookies", "/basket", "/login", "/register"})
        BOOST_TEST(header_names(stranger.get(path), "Vary", "Cookie"));
}

BOOST_FIXTURE_TEST_CASE(an_error_is_short_and_in_the_form_that_was_asked_for, shop) {
    auto visitor = guest();
    const auto html = visitor.get("/nowhere");
    BOOST_TEST(has_header(html, "Content-Type", "text/html; charset=utf-8"));
    BOOST_TEST(html.body.size() < 2000U);
    visitor.always = {{"Accept", "application/json"}};
    const auto json = visitor.get("/nowhere");
    BOOST_TEST(has_status(json, 404));
    BOOST_TEST(has_header(json, "Content-Type", "application/problem+json"));
    BOOST_TEST((json.body.find("\"status\":404") != std::string::npos), json);
    for (const char* member : {"\"type\"", "\"title\""})
        BOOST_TEST((json.body.find(member) != std::string::npos), json);
}

BOOST_FIXTURE_TEST_CASE(every_answer_is_dated, shop) {
    BOOST_TEST(ask(*this, get_page).has("Date"));
}

BOOST_AUTO_TEST_CASE(a_client_that_resets_in_the_middle_leaves_nothing_behind) {
    const shop shop{{{"--max-connections", "1"}}};
    const std::string request = post_start + "Content-Length: 24\r\n\r\ncookie=linzer&quantity=1" + get_page;
    for (std::size_t length = 0; length <= request.size(); ++length) {
        wire wire{shop.server.port()};
        wire.send(request.substr(0, length));
        wire.reset();
    }
    const auto deadline = std::chrono::steady_clock::now() + patience;
    answer last;
    do last = ask(shop, get_page);
    while (last.status == 503 && std::chrono::steady_clock::now() < deadline);
    BOOST_TEST(has_status(last, 200));
}

BOOST_FIXTURE_TEST_CASE(after_all_of_this_the_server_still_serves, shop) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        wire wire{server.port()};
        wire.send(bytes.substr(i) + bytes.substr(0, i));
    }
    for (std::size_t length = 1; length < get_page.size(); ++length) {
        wire wire{server.port()};
        wire.send(get_page.substr(0, length));
    }
    BOOST_TEST(has_status(ask(*this, get_page), 200));
}

BOOST_AUTO_TEST_SUITE_END()
