// For whoever watches over the process.

#include "cookieshop/http/error_page.hpp"
#include "shop/handlers.hpp"

namespace cookieshop::shop {
namespace {

// What came through a proxy is not from this machine, though the proxy is.
bool from_this_machine(const exchange& ex) {
    return ex.client.is_loopback() && !ex.request.has("X-Forwarded-For");
}

// By doing it: nobody may have asked it for anything since it began to fail.
task<bool> database_works(const app& app) {
    try {
        co_await app.writer.prove();
        co_await app.readers.run([](db::connection& c) {
            int version = 0;
            c.run("SELECT MAX(version) FROM schema_version", {}, db::out(version));
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
    const bool ready = !app.draining && co_await database_works(app);
    if (ready)
        http::plain_text(ex.response, "ready\n");
    else
        http::plain_text(ex.response, "not ready\n", http::status::service_unavailable);
}

}  // namespace cookieshop::shop
