#include "cookieshop/http/router.hpp"

#include "unit/http/exchange_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>

using namespace cookieshop::http;

namespace {

handler saying(std::string name) {
    return [name = std::move(name)](exchange& exchange) -> pending {
        exchange.response.body = name;
        for (std::size_t i = 0; i < exchange.params.count; ++i) {
            exchange.response.body.append(" ").append(exchange.params[i]);
        }
        return std::nullopt;
    };
}

struct fixture {
    router routes;

    fixture() {
        routes.get("/", saying("root"))
            .get("/orders", saying("orders"))
            .get("/orders/new", saying("new order"))
            .get("/orders/{id}", saying("order"))
            .post("/orders/{id}", saying("change order"))
            .get("/orders/{id}/lines/{line}", saying("line"))
            .get("/orders/new/help", saying("help"))
            .get_without_head("/logout", saying("logout"))
            .post("/logout", saying("logout"));
    }

    response ask(std::string_view method, std::string_view target) {
        parsed_request p{
            std::string{method} + " " + std::string{target}
            + " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"};
        routes(p.exchange);
        return p.exchange.response;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(router_, fixture)

BOOST_AUTO_TEST_CASE(a_path_leads_to_its_handler) {
    struct {
        const char* path;
        const char* body;
    } const cases[] = {
        {"/", "root"},
        {"/?a=b", "root"},
        {"/orders", "orders"},
        {"/orders/7", "order 7"},
        {"/orders/caf%C3%A9", "order caf\xC3\xA9"},
        {"/orders/new", "new order"},
        {"/orders/new/lines/3", "line new 3"},
        {"/orders/7/lines/3", "line 7 3"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.path) {
            BOOST_TEST(ask("GET", c.path).body == c.body);
        }
    }
}

BOOST_AUTO_TEST_CASE(other_paths_are_404) {
    for (const char* path :
         {"/order", "/orders/", "/orders/7/", "/orders/7/lines", "//", "/orders//lines/3", "/Orders"}) {
        BOOST_TEST_CONTEXT(path) {
            BOOST_TEST(ask("GET", path).status == status::not_found);
        }
    }
}

BOOST_AUTO_TEST_CASE(other_methods_are_405_with_allow) {
    const response r = ask("DELETE", "/orders/7");
    BOOST_TEST(r.status == status::method_not_allowed);
    BOOST_TEST(r.headers == "Allow: GET, HEAD, OPTIONS, POST\r\n");
}

BOOST_AUTO_TEST_CASE(options_are_answered_with_allow) {
    const response r = ask("OPTIONS", "/orders");
    BOOST_TEST(r.status == status::no_content);
    BOOST_TEST(r.headers == "Allow: GET, HEAD, OPTIONS\r\n");
    BOOST_TEST(ask("OPTIONS", "*").headers == "Allow: GET, HEAD, OPTIONS, POST\r\n");
    BOOST_TEST(ask("OPTIONS", "/nothing").status == status::not_found);
}

BOOST_AUTO_TEST_CASE(a_get_route_answers_head_unless_it_must_not) {
    BOOST_TEST(ask("HEAD", "/orders").body == "orders");
    const response r = ask("HEAD", "/logout");
    BOOST_TEST(r.status == status::method_not_allowed);
    BOOST_TEST(r.headers == "Allow: GET, OPTIONS, POST\r\n");
}

BOOST_AUTO_TEST_CASE(a_bad_pattern_is_refused_at_the_start) {
    for (const char* pattern :
         {"", "orders", "/a//b", "/a/", "/{", "/}", "/{}", "/a{b}", "/{a}b", "/{a}/{b}/{c}/{d}/{e}",
          "/orders", "/orders/{other}"}) {
        BOOST_TEST_CONTEXT(pattern) {
            BOOST_CHECK_THROW(routes.get(pattern, saying("")), std::invalid_argument);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_router_can_be_moved) {
    router first;
    first.get("/a", [](exchange& exchange) -> pending {
        exchange.response.body = "a";
        return std::nullopt;
    });
    const router second{std::move(first)};
    parsed_request p{get_request("/a")};
    second(p.exchange);
    BOOST_TEST(p.exchange.response.body == "a");
}

BOOST_AUTO_TEST_CASE(a_guard_answers_before_the_handler) {
    routes.guard([](exchange& exchange) {
        if (exchange.request.path != "/orders/7") return false;
        exchange.response.status = status::forbidden;
        return true;
    });
    BOOST_TEST(ask("POST", "/orders/7").status == status::forbidden);
    BOOST_TEST(ask("POST", "/orders/7").body.empty());
    BOOST_TEST(ask("POST", "/orders/8").body == "change order 8");
    BOOST_TEST(ask("PUT", "/orders/7").status == status::method_not_allowed);
}

BOOST_AUTO_TEST_CASE(what_no_handler_decides_is_known_before_the_body) {
    routes.guard([](exchange& exchange) { return exchange.request.query == "refuse"; });
    struct {
        const char *method, *target;
        bool known;
    } const cases[] = {
        {"POST", "/orders/7", false},       {"POST", "/nowhere", true},   {"PUT", "/orders/7", true},
        {"POST", "/orders/7?refuse", true}, {"OPTIONS", "/orders", true},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.method << ' ' << c.target) {
            parsed_request p{
                c.method + std::string{" "} + c.target + " HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n"};
            BOOST_TEST(routes.answer_early(p.exchange) == c.known);
            BOOST_TEST(p.exchange.response.body.find("order ") == std::string::npos);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
