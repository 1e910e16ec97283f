// What the tools of the kit share: a database of the shop, and as many coroutines at it as are wanted.

#pragma once

#include "cookieshop/db/database.hpp"
#include "cookieshop/db/readers.hpp"
#include "cookieshop/db/writer.hpp"
#include "cookieshop/session/session_id.hpp"
#include "cookieshop/store/soci_store.hpp"
#include "embedded.hpp"
#include "secret_key.hpp"
#include "shop/basket.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace cookieshop::benchmark {

// The parts of `cookieshop serve` that store sessions.
struct stored_shop {
    explicit stored_shop(const std::string& url) : database{url, embedded_schema().front().content} {}

    db::database database;
    const db::migrated migrated = database.migrate();
    session::id_signer signer{config::load_or_create_secret_keys(database.file().value().parent_path())};
    session::policy policy;
    db::writer writer{database};
    db::readers readers{database};
    store::soci_store sessions{writer, readers, policy};
};

// What everyone here has in the basket.
inline std::vector<session::data_operation> usual_basket() {
    std::vector<session::data_operation> all;
    for (const std::string_view id : {"linzer", "macaron", "shortbread"})
        all.push_back(shop::add_to_basket(*shop::find_cookie(id), 2));
    return all;
}

// Runs `worker()`, a coroutine, `count` times at once, on this thread; returns when the last has ended.
// Throws what one of them threw.
template <class Worker>
void run_at_once(std::size_t count, Worker worker) {
    asio::io_context loop{1};
    std::exception_ptr failure;
    for (std::size_t i = 0; i < count; ++i) {
        asio::co_spawn(loop, worker(), [&](std::exception_ptr error) {
            if (error) failure = error;
        });
    }
    loop.run();
    if (failure) std::rethrow_exception(failure);
}

}  // namespace cookieshop::benchmark
