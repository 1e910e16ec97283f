// The whole path of an authenticated page allocates nothing: from the socket over the session to the page and
// back.

#include "support/allocations.hpp"
#include "cookieshop/store/cached_store.hpp"
#include "cookieshop/store/soci_store.hpp"
#include "shop/app.hpp"
#include "support/temporary_database.hpp"
#include "unit/http/test_server.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <span>
#include <string>

using namespace cookieshop;
using namespace cookieshop::shop;

namespace {

struct whole_shop {
    test::temporary_database database;
    db::writer writer{*database};
    db::readers readers{*database};
    session::policy policy;
    store::soci_store stored{writer, readers, policy};
    store::cached_store sessions{stored, policy, 1024 * 1024};
    secret key{"a secret that only this test knows"};
    session::id_signer signer{std::span{&key, 1}};
    session::session_manager manager{sessions, signer, policy};
    auth::password_hasher hasher{{.memory = 8 * 1024, .passes = 1}};
    auth::login_throttle throttle{{}};
    auth::user_repository users{readers};
    shop::orders orders{readers};
    http::assets assets;
    shop::pages pages{{}, assets};
    std::atomic<bool> draining{false};
    app services{
        .pages = pages,
        .assets = assets,
        .sessions = manager,
        .users = users,
        .hasher = hasher,
        .throttle = throttle,
        .orders = orders,
        .writer = writer,
        .readers = readers,
        .draining = draining};
    http::router site = routes(services);
    http::test_server server{[this](http::exchange& exchange) { return site(exchange); }};
};

// A client with a session and the cookies of one user.
class member {
public:
    explicit member(const whole_shop& shop) : client_{shop.server.port()} {
        post(
            "/register", "email=ada%40example.org&password=a+reef+of+quiet+otters"
                         "&password_confirmation=a+reef+of+quiet+otters"
        );
        for (const char* cookie : {"linzer", "macaron", "shortbread"})
            post("/basket", std::string{"quantity=2&cookie="} + cookie);
    }

    std::string asking_for(const std::string& path) const {
        return "GET " + path + " HTTP/1.1\r\nHost: shop\r\nAccept: text/html\r\nUser-Agent: test\r\nCookie: "
               + cookie_ + "\r\n\r\n";
    }

    http::raw_client& connection() { return client_; }

private:
    void post(const std::string& path, const std::string& form) {
        const http::reply answer = client_.ask(
            "POST " + path + " HTTP/1.1\r\nHost: shop\r\nSec-Fetch-Site: same-origin\r\nCookie: " + cookie_
            + "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "
            + std::to_string(form.size()) + "\r\n\r\n" + form
        );
        BOOST_REQUIRE(answer.status == 303u);
        const std::string set = answer.field("Set-Cookie");
        if (!set.empty()) cookie_ = set.substr(0, set.find(';'));
    }

    http::raw_client client_;
    std::string cookie_ = "none=yet";
};

}  // namespace

BOOST_AUTO_TEST_SUITE(allocations_)

BOOST_AUTO_TEST_CASE(a_page_of_a_session_in_memory_allocates_nothing) {
    const whole_shop shop;
    member ada{shop};
    for (const char* path : {"/cookies", "/basket", "/checkout", "/settings"}) {
        BOOST_TEST_CONTEXT(path) {
            const std::string request = ada.asking_for(path);
            const http::reply first = ada.connection().ask(request);
            BOOST_TEST(first.body.find("Logged in as ada@example.org.") != std::string::npos);
            const std::size_t size = first.head.size() + 2 + first.body.size();
            std::size_t received = 0;
            for (int i = 0; i < 1100; ++i) {
                if (i == 100) test::count_allocations(true);
                ada.connection().send(request);
                received += ada.connection().skip(size);
            }
            test::count_allocations(false);
            BOOST_TEST(received == 1100 * size);
            BOOST_TEST(test::take_allocation_count() == 0u);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
