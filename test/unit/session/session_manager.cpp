#include "visit.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

namespace cookieshop::session {
namespace {

void do_nothing(http::exchange&, session&) {}
void change_something(http::exchange&, session& s) {
    s.change_data(set("a", "1")).value();
}

std::string cookie_line(const std::vector<std::string>& values, const std::string& name = "session") {
    std::string line;
    for (const std::string& value : values) line += (line.empty() ? "" : "; ") + name + "=" + value;
    return line;
}

// The session that a request with this Cookie line is given.
session_ptr session_for(shop& site, const std::string& line, bool secure = false) {
    http::exchange ex;
    ex.now = site.now;
    ex.secure = secure;
    ex.request.target = ex.request.path = "/page";
    ex.request.add({http::field::cookie, "Cookie", line});
    session_ptr found;
    const http::handler all = site.manager([&](http::exchange&, session& s) { found = s.loaded(); });
    if (auto rest = all(ex)) test::run_task(site.io, std::move(*rest));
    return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(session_manager_)

BOOST_AUTO_TEST_CASE(a_visitor_without_a_session_gets_none_by_looking) {
    shop site;
    visitor who{site};
    BOOST_TEST(who.visit(do_nothing) == "");
    BOOST_TEST((who.last.response.caching == http::caching::shared_page));
}

BOOST_AUTO_TEST_CASE(what_depends_on_a_session_is_kept_by_no_cache) {
    shop site;
    visitor who{site};
    who.visit(change_something);
    BOOST_TEST((who.last.response.caching == http::caching::no_store));
    who.visit(do_nothing);
    BOOST_TEST((who.last.response.caching == http::caching::no_store));
}

BOOST_AUTO_TEST_CASE(the_cookie_has_the_attributes_of_the_contract) {
    shop site;
    const std::string line = visitor{site}.visit(change_something);
    for (const char* part : {"; HttpOnly", "; SameSite=Lax", "; Path=/"}) {
        BOOST_TEST(line.find(part) != line.npos, part);
    }
    for (const char* part : {"Domain", "Secure", "Max-Age", "Expires"})
        BOOST_TEST(line.find(part) == line.npos, part);
}

BOOST_AUTO_TEST_CASE(a_remembered_session_keeps_its_cookie_for_as_long) {
    shop site;
    site.policy.remember_for = 24h;
    const std::string line = visitor{site}.visit([](http::exchange&, session& s) {
        s.log_in({.user = 1, .epoch = 0, .remember = true});
    });
    BOOST_TEST(line.find("; Max-Age=86400") != line.npos);
}

BOOST_AUTO_TEST_CASE(a_secure_cookie_has_the_host_prefix_and_the_plain_name_is_not_read) {
    shop site;
    visitor who{site};
    who.visit(change_something);
    BOOST_TEST(session_for(site, cookie_line({who.cookie}, "__Host-session"), true));
    BOOST_TEST(!session_for(site, cookie_line({who.cookie}), true));
    site.policy.secure = secure_cookies::always;
    http::exchange ex;
    const http::handler all = site.manager(change_something);
    if (auto rest = all(ex)) test::run_task(site.io, std::move(*rest));
    BOOST_TEST(ex.response.headers.find("Set-Cookie: __Host-session=") != std::string::npos);
    BOOST_TEST(ex.response.headers.find("; Secure") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(of_several_cookies_the_one_that_is_ours_is_found_wherever_it_stands) {
    shop site;
    visitor who{site};
    who.visit(change_something);
    const std::string unknown{site.signer.generate().token()}, forged(44, 'A'), none;
    for (const auto& values : std::vector<std::vector<std::string>>{
             {who.cookie, forged},
             {forged, who.cookie},
             {unknown, who.cookie},
             {none, unknown, forged, who.cookie}}) {
        BOOST_TEST_CONTEXT(cookie_line(values)) {
            BOOST_TEST(session_for(site, cookie_line(values)));
        }
    }
    BOOST_TEST(!session_for(site, cookie_line({forged, unknown, none})));
}

BOOST_AUTO_TEST_CASE(an_id_that_the_server_did_not_make_is_never_adopted) {
    shop site;
    visitor who{site};
    who.cookie = std::string(44, 'A');
    const std::string planted = who.cookie;
    who.visit(change_something);
    BOOST_TEST(who.cookie != planted);
    BOOST_TEST(!session_for(site, cookie_line({planted})));
}

BOOST_AUTO_TEST_CASE(a_cookie_of_no_session_is_expired_by_a_logout) {
    shop site;
    visitor who{site};
    who.cookie = "what ended long ago";
    const std::string line = who.visit([](http::exchange&, session& s) { s.destroy(); });
    BOOST_TEST(line.find("Max-Age=0") != line.npos);
}

// It may be that another request is just ending it: that is seen before it is durable.
BOOST_AUTO_TEST_CASE(a_logout_that_finds_no_session_ends_it_in_the_store_nevertheless) {
    struct counting_store : session_store {
        task<session_ptr> find(session_id, time_point) override { co_return nullptr; }
        task<result<committed>> commit(change change) override {
            endings += change.what == change::action::destroy ? 1 : 0;
            co_return committed{};
        }
        void touch(const session_ptr&) noexcept override {}
        task<std::vector<session_info>> list(user_id, time_point) override {
            co_return std::vector<session_info>{};
        }
        task<bool> end(user_id, std::string) override { co_return false; }
        task<std::size_t> erase_expired(time_point, std::size_t) override { co_return 0; }
        int endings = 0;
    };
    shop site;
    counting_store empty;
    session_manager manager{empty, site.signer, site.policy};
    const session_id id = site.signer.generate();
    http::exchange ex;
    ex.now = site.now;
    ex.request.target = ex.request.path = "/logout";
    const std::string line = cookie_line({std::string{id.token()}});
    ex.request.add({http::field::cookie, "Cookie", line});
    const http::handler all = manager([](http::exchange&, session& s) { s.destroy(); });
    if (auto rest = all(ex)) test::run_task(site.io, std::move(*rest));
    BOOST_TEST(empty.endings == 1);
}

BOOST_AUTO_TEST_CASE(a_page_whose_session_ended_meanwhile_is_asked_for_again) {
    shop site;
    visitor who{site};
    who.visit(change_something);
    const std::string line = who.visit([&](http::exchange& ex, session& s) {
        change elsewhere{.what = change::action::destroy, .current = s.loaded()};
        asio::io_context other;
        test::run_task(other, site.store.commit(std::move(elsewhere))).value();
        change_something(ex, s);
    });
    BOOST_TEST(static_cast<unsigned>(who.last.response.status) == 303u);
    BOOST_TEST(who.last.response.headers.find("Location: /page") != std::string::npos);
    BOOST_TEST(line == "");
}

BOOST_AUTO_TEST_CASE(a_form_whose_session_ended_meanwhile_is_refused_and_changes_no_cookie) {
    shop site;
    visitor who{site};
    who.visit(change_something);
    const std::string line = who.visit(
        [&](http::exchange& ex, session& s) {
            change elsewhere{.what = change::action::destroy, .current = s.loaded()};
            asio::io_context other;
            test::run_task(other, site.store.commit(std::move(elsewhere))).value();
            change_something(ex, s);
        },
        http::verb::post
    );
    BOOST_TEST(static_cast<unsigned>(who.last.response.status) == 409u);
    BOOST_TEST(line == "");
}

BOOST_AUTO_TEST_CASE(a_change_that_a_renewal_overtakes_goes_to_what_the_session_became) {
    shop site;
    visitor who{site};
    who.visit(change_something);
    visitor tab = who;
    const std::string line = who.visit(
        [&](http::exchange&, session& s) {
            tab.visit([](http::exchange&, session& other) { other.log_in({.user = 1}); });
            s.change_data(set("late", "yes")).value();
        },
        http::verb::post
    );
    BOOST_TEST(static_cast<unsigned>(who.last.response.status) == 200u);
    BOOST_TEST(line == "");
    tab.visit([](http::exchange&, session& s) { BOOST_TEST(s.data().get("late").value_or("no") == "yes"); });
}

BOOST_AUTO_TEST_CASE(a_change_of_a_session_that_ended_goes_to_no_login_that_began_anew) {
    shop site;
    visitor who{site};
    who.visit(change_something);
    visitor tab = who;
    who.visit(
        [&](http::exchange&, session& s) {
            visitor third = tab;
            tab.visit([&](http::exchange&, session& other) {
                third.visit([](http::exchange&, session& ending) { ending.destroy(); });
                other.log_in({.user = 1});
            });
            s.change_data(set("late", "yes")).value();
        },
        http::verb::post
    );
    BOOST_TEST(static_cast<unsigned>(who.last.response.status) == 409u);
    tab.visit([](http::exchange&, session& s) {
        BOOST_TEST(s.user() != nullptr);
        BOOST_TEST(!s.data().get("late"));
    });
}

BOOST_AUTO_TEST_CASE(a_request_that_comes_with_an_id_of_a_moment_ago_makes_no_session) {
    shop site;
    visitor who{site};
    who.visit(change_something);
    visitor tab = who;
    who.visit([](http::exchange&, session& s) { s.log_in({.user = 1}); });
    BOOST_TEST(tab.visit(change_something, http::verb::post) == "");
    BOOST_TEST(static_cast<unsigned>(tab.last.response.status) == 409u);
    site.now += 2min;
    BOOST_TEST(tab.visit(change_something, http::verb::post) != "");
}

BOOST_AUTO_TEST_CASE(what_a_browser_calls_itself_is_stored_as_plain_text) {
    shop site;
    http::exchange ex;
    ex.now = site.now;
    const std::string agent = "evil\x1b[31m\xff" + std::string(1000, 'x');
    ex.request.add({http::field::user_agent, "User-Agent", agent});
    const http::handler all = site.manager([](http::exchange&, session& s) { s.log_in({.user = 1}); });
    if (auto rest = all(ex)) test::run_task(site.io, std::move(*rest));
    const auto list = test::run_task(site.io, site.store.list(1, site.now));
    BOOST_REQUIRE(list.size() == 1u);
    BOOST_TEST(list[0].user_agent.starts_with("evil?[31m?xxx"));
    BOOST_TEST(list[0].user_agent.size() == 200u);
}

BOOST_AUTO_TEST_CASE(being_seen_is_stored_once_in_a_while) {
    shop site;
    visitor who{site};
    who.visit(change_something);
    const auto seen = [&] {
        return test::run_task(site.io, site.store.find(*site.signer.verify(who.cookie), site.now))->seen_at();
    };
    const time_point first = seen();
    site.now += site.policy.touch_after() - 1ms;
    who.visit(do_nothing);
    BOOST_TEST((seen() == first));
    site.now += 1ms;
    who.visit(do_nothing);
    BOOST_TEST((seen() == site.now));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cookieshop::session
