// The hot path allocates nothing: every operator new of the program is counted while a client asks.

#include "support/allocations.hpp"
#include "cookieshop/http/router.hpp"
#include "unit/http/test_server.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace cookieshop::http;

namespace {

const std::string page(1500, 'x');

// Asks and reads the answer, whose size is known from the first one, without allocating.
class frugal_client {
public:
    explicit frugal_client(std::uint16_t port) : client_{port} {}

    std::size_t ask(std::string_view request) {
        client_.send(request);
        return client_.skip(page.size());
    }

private:
    raw_client client_;
};

void require_no_allocations(std::string_view request) {
    router routes;
    routes.get("/cookies/{id}", [](exchange& exchange) -> pending {
        exchange.response.body.assign(page);
        exchange.response.set("X-Served", exchange.params[0]);
        return std::nullopt;
    });
    const test_server server{[&](exchange& exchange) { return routes(exchange); }};
    frugal_client client{server.port()};
    for (int i = 0; i < 100; ++i) client.ask(request);
    cookieshop::test::count_allocations(true);
    std::size_t answered = 0;
    for (int i = 0; i < 1000; ++i) answered += client.ask(request) > page.size() ? 1 : 0;
    cookieshop::test::count_allocations(false);
    BOOST_TEST(answered == 1000u);
    BOOST_TEST(cookieshop::test::take_allocation_count() == 0u);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(allocations_)

BOOST_AUTO_TEST_CASE(a_get_on_a_kept_connection_allocates_nothing) {
    require_no_allocations(
        "GET /cookies/7?a=b HTTP/1.1\r\nHost: shop.example:8080\r\nAccept: text/html\r\nUser-Agent: test\r\n"
        "Cookie: session=0123456789012345678901234567890123456789012345678901234567890123\r\n\r\n"
    );
}

BOOST_AUTO_TEST_CASE(decoding_a_path_allocates_nothing) {
    require_no_allocations(
        "GET /cookies/%63hocolate%20chip%20with%20a%20long%20name HTTP/1.1\r\nHost: shop\r\n\r\n"
    );
}

BOOST_AUTO_TEST_CASE(a_form_that_comes_with_its_header_allocates_nothing) {
    require_no_allocations("GET /cookies/7 HTTP/1.1\r\nHost: shop\r\nContent-Length: 11\r\n\r\nhello=world");
}

BOOST_AUTO_TEST_SUITE_END()
