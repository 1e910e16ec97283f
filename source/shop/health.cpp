// For whoever watches over the process.

#include "cookieshop/http/error_page.hpp"
#include "shop/handlers.hpp"

namespace cookieshop::shop {
namespace {

// What came through a proxy is not from this machine, though the proxy is.
bool from_this_machine(const exchange& ex) {
    return ex.client.is_loopback() && !ex.request.has("X-Forwarded-For");
}

task<bool> database_answers(const app& app) {
    try {
        co_await app.database.run([](db::connection& c) {
            int one = 0;
            c.run("SELECT 1", {}, db::out(one));
        });
        co_return true;
    } catch (const std::exception&) {
        co_return false;
    }
}

}  // namespace

void show_health(const app&, exchange& ex) {
    http::plain_text(ex.response, "ok\n");
}

task<> show_readiness(const app& app, exchange& ex) {
    if (!from_this_machine(ex)) {
        http::log_refusal(ex, {}, "access", "denied");
        co_return http::fail(ex, http::status::not_found);
    }
    const bool ready = !app.draining && co_await database_answers(app);
    if (ready)
        http::plain_text(ex.response, "ready\n");
    else
        http::plain_text(ex.response, "not ready\n", http::status::service_unavailable);
}

}  // namespace cookieshop::shop
