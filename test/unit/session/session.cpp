// The table of session.hpp: what becomes of a session, by its state and the answer.

#include "visit.hpp"

#include "cookieshop/session/session.hpp"

#include <boost/test/unit_test.hpp>

namespace cookieshop::session {
namespace {

void nothing(session&) {}
void change_something(session& s) {
    s.change_data(set("a", "1")).value();
}
void log_in(session& s) {
    s.log_in({.user = 1});
}
void log_in_as_another(session& s) {
    s.log_in({.user = 2});
}
void renew(session& s) {
    s.renew();
}
void destroy(session& s) {
    s.destroy();
}

enum class before { none, guest, member };
enum class row { none, same, changed, other_id, ended, replaced };
enum class cookie { none, set, expired };

struct line {
    const char* name;
    before state;
    void (*act)(session&);
    unsigned status;
    row row_after;
    cookie cookie_after;
};

constexpr line table[] = {
    {"none, nothing happens", before::none, nothing, 200, row::none, cookie::none},
    {"none, data", before::none, change_something, 200, row::changed, cookie::set},
    {"none, data, but an error", before::none, change_something, 500, row::none, cookie::none},
    {"none, login", before::none, log_in, 303, row::changed, cookie::set},
    {"none, logout", before::none, destroy, 303, row::none, cookie::none},
    {"guest, nothing happens", before::guest, nothing, 200, row::same, cookie::none},
    {"guest, data", before::guest, change_something, 200, row::changed, cookie::none},
    {"guest, data, but an error", before::guest, change_something, 503, row::same, cookie::none},
    {"guest, login", before::guest, log_in, 303, row::other_id, cookie::set},
    {"guest, login, but an error", before::guest, log_in, 500, row::same, cookie::none},
    {"guest, logout", before::guest, destroy, 303, row::ended, cookie::expired},
    {"member, nothing happens", before::member, nothing, 200, row::same, cookie::none},
    {"member, data and 404", before::member, change_something, 404, row::changed, cookie::none},
    {"member, the same user logs in", before::member, log_in, 303, row::other_id, cookie::set},
    {"member, another user logs in", before::member, log_in_as_another, 303, row::replaced, cookie::set},
    {"member, renewed", before::member, renew, 303, row::other_id, cookie::set},
    {"member, logout", before::member, destroy, 303, row::ended, cookie::expired},
    {"member, logout, but an error", before::member, destroy, 500, row::ended, cookie::expired},
};

session_ptr stored(shop& site, const std::string& token) {
    const auto id = site.signer.verify(token);
    return id ? test::run_task(site.io, site.store.find(*id, site.now)) : nullptr;
}

void check_row(
    row expected, shop& site, const session_ptr& was, const std::string& old_token, const visitor& who
) {
    const session_ptr old_row = old_token.empty() ? nullptr : stored(site, old_token);
    const session_ptr row_now = stored(site, who.cookie);
    switch (expected) {
    case row::none: BOOST_TEST(!row_now); break;
    case row::same: BOOST_TEST(row_now->version == was->version); break;
    case row::changed: BOOST_TEST(row_now); break;
    case row::other_id:
        BOOST_TEST(!old_row);
        BOOST_TEST(row_now->handle.view() == was->handle.view());
        BOOST_TEST(row_now->data.get("kept").value() == "yes");
        break;
    case row::ended: BOOST_TEST(!old_row); break;
    case row::replaced:
        BOOST_TEST(!old_row);
        BOOST_TEST((row_now->handle.view() != was->handle.view()));
        BOOST_TEST(row_now->data.empty());
        break;
    }
}

void check_cookie(cookie expected, const std::string& line) {
    switch (expected) {
    case cookie::none: BOOST_TEST(line == ""); break;
    case cookie::set:
        BOOST_TEST(line.find("Max-Age=0") == line.npos);
        BOOST_TEST(line != "");
        break;
    case cookie::expired: BOOST_TEST(line.find("Max-Age=0") != line.npos); break;
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(session_)

BOOST_AUTO_TEST_CASE(becomes_what_the_table_says) {
    for (const line& line : table) {
        BOOST_TEST_CONTEXT(line.name) {
            shop site;
            visitor who{site};
            if (line.state != before::none) {
                who.visit([&](http::exchange&, session& s) {
                    s.change_data(set("kept", "yes")).value();
                    if (line.state == before::member) s.log_in({.user = 1});
                });
            }
            const std::string old_token = who.cookie;
            const session_ptr was = stored(site, old_token);
            const std::string cookie_line = who.visit([&](http::exchange& ex, session& s) {
                line.act(s);
                ex.response.status = static_cast<http::status>(line.status);
            });
            check_row(line.row_after, site, was, old_token, who);
            check_cookie(line.cookie_after, cookie_line);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_handler_sees_its_own_changes) {
    shop site;
    visitor{site}.visit([](http::exchange&, session& s) {
        s.change_data(set("a", "1")).value();
        BOOST_TEST(s.data().get("a").value() == "1");
    });
}

BOOST_AUTO_TEST_CASE(a_change_that_is_refused_leaves_everything_as_it_was) {
    shop site;
    visitor{site}.visit([](http::exchange&, session& s) {
        s.change_data(set("a", "1")).value();
        const auto refused = s.change_data([](session_data& data) -> result<void> {
            data.set("a", "2");
            return errc::out_of_range;
        });
        BOOST_TEST(refused.error() == error_code{errc::out_of_range});
        BOOST_TEST(s.data().get("a").value() == "1");
    });
}

BOOST_AUTO_TEST_CASE(data_past_the_limit_are_refused_but_may_always_shrink) {
    shop site;
    visitor who{site};
    who.visit([](http::exchange&, session& s) { s.change_data(set("a", std::string(4000, 'x'))).value(); });
    site.policy.data_limit = 100;
    who.visit([](http::exchange&, session& s) {
        BOOST_TEST(s.change_data(set("b", "more")).error() == error_code{errc::too_large});
        BOOST_TEST(s.change_data(set("a", std::string(3000, 'x'))).has_value());
    });
}

BOOST_AUTO_TEST_CASE(a_flash_is_taken_once) {
    shop site;
    visitor who{site};
    who.visit([](http::exchange&, session& s) { s.flash("done"); });
    who.visit([](http::exchange&, session& s) { BOOST_TEST(s.take_flash() == "done"); });
    who.visit([](http::exchange&, session& s) { BOOST_TEST(s.take_flash() == ""); });
}

BOOST_AUTO_TEST_CASE(a_commit_in_the_middle_leaves_the_session_as_the_next_request_would_find_it) {
    shop site;
    visitor who{site};
    who.visit([](http::exchange& ex, session& s) -> task<> {
        s.change_data(set("a", "1")).value();
        s.log_in({.user = 1});
        const result<void> done = co_await s.commit(ex);
        BOOST_TEST(done.has_value());
        BOOST_TEST(!s.changed());
        BOOST_TEST(s.user()->email == "ada@example.org");
        BOOST_TEST(s.data().get("a").value() == "1");
    });
    who.visit([](http::exchange&, session& s) { BOOST_TEST(s.user()->id == 1); });
}

BOOST_AUTO_TEST_CASE(the_cookie_of_a_commit_reaches_the_browser_whatever_is_answered_then) {
    shop site;
    visitor who{site};
    const std::string line = who.visit([](http::exchange& ex, session& s) -> task<> {
        s.log_in({.user = 1});
        const result<void> done = co_await s.commit(ex);
        BOOST_TEST(done.has_value());
        throw std::runtime_error{"after the commit"};
    });
    BOOST_TEST(static_cast<unsigned>(who.last.response.status) == 500u);
    BOOST_TEST(line != "");
    who.visit([](http::exchange&, session& s) { BOOST_TEST(s.user()->id == 1); });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cookieshop::session
