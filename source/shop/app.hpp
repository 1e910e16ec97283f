// What the handlers of the shop work with. Made once by `main`; all threads share it.

#pragma once

#include "cookieshop/auth/login_throttle.hpp"
#include "cookieshop/auth/password_hasher.hpp"
#include "cookieshop/auth/user_repository.hpp"
#include "cookieshop/db/readers.hpp"
#include "cookieshop/db/writer.hpp"
#include "cookieshop/http/assets.hpp"
#include "cookieshop/http/router.hpp"
#include "cookieshop/session/session_manager.hpp"
#include "shop/orders.hpp"
#include "shop/pages.hpp"

#include <atomic>
#include <cstddef>

namespace cookieshop::shop {

struct app {
    const shop::pages& pages;
    const http::assets& assets;
    session::session_manager& sessions;
    auth::user_repository& users;
    auth::password_hasher& hasher;
    auth::login_throttle& throttle;
    shop::orders& orders;
    db::writer& writer;
    db::readers& readers;
    const std::atomic<bool>& draining;  // no longer ready for more

    std::size_t password_length_min = 8;
    bool detailed_login_errors = false;
};

// The whole site: every path, and what answers it. `app` outlives the router.
http::router routes(const app& app);

}  // namespace cookieshop::shop
