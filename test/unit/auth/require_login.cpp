#include "cookieshop/auth/require_login.hpp"

#include "support/run_task.hpp"
#include "unit/auth/visitor.hpp"

#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <random>
#include <string>
#include <string_view>

using namespace cookieshop;
using auth::local_path;
using test::visitor;
using test::without_session;

namespace {

http::exchange asked(http::verb method, std::string_view target, std::string_view accept) {
    http::exchange exchange;
    exchange.request.method = method;
    exchange.request.target = target;
    exchange.request.path = target.substr(0, target.find('?'));
    if (!accept.empty()) exchange.request.add({http::field::accept, "Accept", accept});
    return exchange;
}

void greet(http::exchange& exchange, session::session&, const session::account& user) {
    http::plain_text(exchange.response, "hello " + user.email);
}

task<> greet_later(http::exchange& exchange, session::session& session, const session::account& user) {
    co_await boost::asio::post(use_task);
    greet(exchange, session, user);
}

http::response answer(
    http::verb method, std::string_view target, std::string_view accept, session::session& session
) {
    auto exchange = asked(method, target, accept);
    const auto handler = auth::require_login(greet);
    handler.call(exchange, session);
    return exchange.response;
}

http::response answer_later(http::exchange exchange, session::session& session) {
    asio::io_context io;
    const auto handler = auth::require_login(greet_later);
    BOOST_REQUIRE(!handler.immediate());
    auto rest = handler(exchange, session);
    test::run_task(io, std::move(rest.value()));
    return exchange.response;
}

constexpr auto browser = "text/html,application/xhtml+xml,*/*;q=0.8";

}  // namespace

BOOST_AUTO_TEST_SUITE(require_login)

BOOST_AUTO_TEST_CASE(a_user_who_is_logged_in_gets_to_the_handler) {
    visitor ada{"ada@x"};
    BOOST_TEST(answer(http::verb::get, "/orders", browser, ada.session()).body == "hello ada@x");
    BOOST_TEST(answer_later(asked(http::verb::get, "/orders", browser), ada.session()).body == "hello ada@x");
}

BOOST_AUTO_TEST_CASE(an_immediate_handler_stays_immediate) {
    BOOST_TEST(auth::require_login(greet).immediate());
    BOOST_TEST(!auth::require_login(greet_later).immediate());
}

BOOST_AUTO_TEST_CASE(a_visitor_and_a_guest_with_a_session_do_not) {
    visitor nobody{without_session}, guest;
    for (visitor* who : {&nobody, &guest}) {
        const auto now = answer(http::verb::get, "/orders", browser, who->session());
        const auto later = answer_later(asked(http::verb::get, "/orders", browser), who->session());
        for (const http::response& response : {now, later}) {
            BOOST_TEST((response.status == http::status::see_other));
            BOOST_TEST(response.headers == "Location: /login?next=%2Forders\r\n");
            BOOST_TEST((response.caching == http::caching::no_store));
            BOOST_TEST(response.body.empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(next_is_the_page_that_was_asked_for_or_that_shows_the_form) {
    visitor nobody{without_session};
    const struct {
        http::verb method;
        std::string_view target, location;
    } cases[] = {
        {http::verb::get, "/orders/7?page=2&x=%20", "/login?next=%2Forders%2F7%3Fpage%3D2%26x%3D%2520"},
        {http::verb::head, "/orders", "/login?next=%2Forders"},
        {http::verb::post, "/checkout", "/login?next=%2Fcheckout"},
        {http::verb::post, "/checkout?a=b", "/login?next=%2Fcheckout"},
        {http::verb::post, "/settings/password", "/login?next=%2Fsettings"},
        {http::verb::post, "/settings/sessions/revoke", "/login?next=%2Fsettings%2Fsessions"},
        {http::verb::get, "//evil.example/", "/login"},
        {http::verb::get, "/a%0d%0ab", "/login"},
        {http::verb::options, "*", "/login"},
    };
    for (const auto& [method, target, location] : cases) {
        BOOST_TEST_CONTEXT(target) {
            const auto response = answer(method, target, browser, nobody.session());
            BOOST_TEST(response.headers == "Location: " + std::string{location} + "\r\n");
        }
    }
}

BOOST_AUTO_TEST_CASE(who_does_not_ask_for_html_gets_401) {
    visitor nobody{without_session};
    for (const std::string_view accept : {"", "*/*", "text/*", "text/plain", "image/png"}) {
        BOOST_TEST_CONTEXT(accept) {
            const auto response = answer(http::verb::get, "/orders", accept, nobody.session());
            BOOST_TEST((response.status == http::status::unauthorized));
            BOOST_TEST(response.body == "Unauthorized");
            BOOST_TEST(response.content_type == "text/plain; charset=utf-8");
            BOOST_TEST((response.caching == http::caching::no_store));
        }
    }
}

BOOST_AUTO_TEST_CASE(who_asks_for_json_gets_a_problem) {
    visitor nobody{without_session};
    for (const std::string_view accept : {"application/json", "application/problem+json"}) {
        const auto response = answer(http::verb::get, "/orders", accept, nobody.session());
        BOOST_TEST((response.status == http::status::unauthorized));
        BOOST_TEST(response.content_type == "application/problem+json");
        BOOST_TEST((response.caching == http::caching::no_store));
    }
    BOOST_TEST(
        answer(http::verb::get, "/api/orders", "*/*", nobody.session()).content_type
        == "application/problem+json"
    );
}

BOOST_AUTO_TEST_CASE(a_path_on_this_site_is_kept_as_it_is) {
    for (const std::string_view next :
         {"/", "/cookies", "/orders/7", "/orders?page=2&x=%C3%A9", "/a-b_c~d.e", "/x?u=http://a/b",
          "/x?a=//b", "/caf%C3%A9", "/a%20b", "/x?", "/login?next=%2Forders"}) {
        BOOST_TEST_CONTEXT(next) {
            BOOST_TEST(local_path(next, "/cookies!") == next);
        }
    }
}

BOOST_AUTO_TEST_CASE(everything_else_becomes_the_fallback) {
    using namespace std::string_view_literals;
    for (const std::string_view next : {
             ""sv,
             "cookies"sv,
             "?a"sv,
             "#a"sv,
             "*"sv,
             " /a"sv,
             "/a "sv,
             "/a b"sv,
             "http://evil.example"sv,
             "https:evil.example"sv,
             "javascript:alert(1)"sv,
             "evil.example/"sv,
             "@evil.example"sv,
             "//"sv,
             "//evil.example"sv,
             "///evil.example"sv,
             "////evil.example"sv,
             "/a//evil.example"sv,
             "/a/"sv,
             "\\"sv,
             "\\\\evil.example"sv,
             "/\\evil.example"sv,
             "/\\/evil.example"sv,
             "/a\\b"sv,
             "/%2f"sv,
             "/%2F%2fevil.example"sv,
             "/%2fevil.example"sv,
             "/%5cevil.example"sv,
             "/%5C%5Cevil.example"sv,
             "/a%2fb"sv,
             "/%252f%252fevil.example"sv,
             "/%25"sv,
             "/%"sv,
             "/%2"sv,
             "/%zz"sv,
             "/\t/evil.example"sv,
             "/%09/evil.example"sv,
             "\t//evil.example"sv,
             "/\n/evil.example"sv,
             "/\r\nSet-Cookie: a=b"sv,
             "/a%0d%0aSet-Cookie:%20a=b"sv,
             "/a?b=%0d%0a"sv,
             "/a?b=%00"sv,
             "/a?b=%7F"sv,
             "/a\0b"sv,
             "/%00"sv,
             "\0/a"sv,
             "/a\x7F"sv,
             "/."sv,
             "/.."sv,
             "/../evil"sv,
             "/..//evil"sv,
             "/a/../b"sv,
             "/%2e%2e/evil"sv,
             "/%2e"sv,
             "/.%2E/"sv,
             "/a#b"sv,
             "/a|b"sv,
             "/<b>"sv,
             "/\"a"sv,
             "/caf\u00E9"sv,
             "/\u2215evil"sv,
             "/\xFF"sv,
         }) {
        BOOST_TEST_CONTEXT(next) {
            BOOST_TEST(local_path(next, "/cookies") == "/cookies");
        }
    }
}

BOOST_AUTO_TEST_CASE(its_length_is_bounded) {
    const std::string longest = '/' + std::string(1023, 'a');
    BOOST_TEST(local_path(longest, "") == longest);
    BOOST_TEST(local_path(longest + 'a', "") == "");
    BOOST_TEST(local_path(std::string(1 << 20, '/'), "") == "");
}

BOOST_AUTO_TEST_CASE(any_bytes_lead_to_this_site) {
    constexpr std::string_view parts[]{"/", "/",    "\\",   "%2f", "%5C",  "%",   "..",
                                       ".", "\t",   "%09",  "?",   "#",    "@",   ":",
                                       "a", "evil", "\r\n", "%00", "\xFF", "%25", "//"};
    std::mt19937 random{20260101};
    std::uniform_int_distribution<std::size_t> part{0, std::size(parts) - 1};
    for (int i = 0; i < 20'000; ++i) {
        std::string next = "/";
        for (std::size_t n = part(random) % 8; n > 0; --n) next += parts[part(random)];
        const std::string kept = local_path(next, "/");
        const bool local = kept.starts_with('/') && !kept.starts_with("//")
                           && kept.find_first_of("\\\t\r\n#") == std::string::npos;
        BOOST_TEST(local, next);
    }
}

BOOST_AUTO_TEST_SUITE_END()
