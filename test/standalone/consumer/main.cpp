// Greets a visitor, by way of the session middleware: the least that an application on the library is made
// of.

#include <cookieshop/http/router.hpp>
#include <cookieshop/session/session_manager.hpp>
#include <cookieshop/store/memory_store.hpp>

using namespace cookieshop;

void greet(http::exchange& exchange, session::session& session) {
    http::plain_text(exchange.response, session.user() ? "Welcome back" : "Hello");
}

int main() {
    const session::policy policy;
    const session::id_signer signer{std::vector{secret{"only-for-this-example-0123456789abcdef"}}};
    store::memory_store store{policy};
    session::session_manager sessions{store, signer, policy};
    http::router routes;
    routes.get("/hello", sessions(greet));

    http::exchange exchange;
    exchange.request.method = http::verb::get;
    exchange.request.path = "/hello";
    routes(exchange);
    return exchange.response.body == "Hello" ? 0 : 1;
}
