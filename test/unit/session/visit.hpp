// A browser for one visitor, in front of a session manager, without a socket.

#pragma once

#include "cookieshop/http/exchange.hpp"
#include "cookieshop/session/session_manager.hpp"
#include "cookieshop/store/memory_store.hpp"
#include "support/run_task.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace cookieshop::session {

using namespace std::chrono_literals;

struct shop {
    cookieshop::session::policy policy;
    store::memory_store store{policy};
    secret key{"a secret that only this test knows"};
    id_signer signer{std::span{&key, 1}};
    session_manager manager{store, signer, policy};
    asio::io_context io;
    time_point now{1'000'000s};

    shop() { store.add_user(1, "ada@example.org"), store.add_user(2, "eve@example.org"); }
};

struct visitor {
    shop& site;
    std::string cookie;  // its value; empty: none
    http::exchange last{};

    explicit visitor(shop& site_) : site{site_} {}

    // One request; keeps the cookie as a browser does. The Set-Cookie line, or "".
    std::string visit(session_handler handler, http::verb method = http::verb::get) {
        const std::string line = "session=" + cookie;
        last = {};
        last.request.method = method;
        last.request.target = last.request.path = "/page";
        last.now = site.now;
        if (!cookie.empty()) last.request.add({http::field::cookie, "Cookie", line});
        const http::handler all = site.manager(std::move(handler));
        asio::io_context io;  // of this visit alone: a handler may pay another one
        if (auto rest = all(last)) test::run_task(io, std::move(*rest));
        return keep_cookie();
    }

    std::string keep_cookie() {
        constexpr std::string_view name = "Set-Cookie: session=";
        const auto at = last.response.headers.find(name);
        if (at == std::string::npos) return {};
        std::string line = last.response.headers.substr(at, last.response.headers.find("\r\n", at) - at);
        cookie = line.substr(name.size(), line.find(';') - name.size());
        return line;
    }
};

inline data_operation set(std::string name, std::string value) {
    return [=](session_data& data) -> result<void> {
        data.set(name, value);
        return {};
    };
}

}  // namespace cookieshop::session
