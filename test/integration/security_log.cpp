#include "support/shop.hpp"

#include <sqlite3.h>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <thread>

using namespace cookieshop::test;

namespace {

struct event {
    std::string level;
    std::map<std::string, std::string> pairs;

    std::string operator[](const std::string& name) const {
        const auto found = pairs.find(name);
        return found == pairs.end() ? "" : found->second;
    }
};

// "2026-01-31T12:00:00.000Z level name=value name="value"…"; none: another line of the log.
std::optional<event> parse(const std::string& line) {
    static const std::regex whole{
        R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (info|warning|error) ((?:[a-z_]+=(?:[^\s"\\=]+|"(?:[^"\\]|\\.)*") ?)+))"};
    static const std::regex pair{R"re(([a-z_]+)=([^\s"\\=]+|"(?:[^"\\]|\\.)*"))re"};
    std::smatch parts;
    if (!std::regex_match(line, parts, whole)) return std::nullopt;
    event found{parts[1], {}};
    const std::string pairs = parts[2];
    for (std::sregex_iterator at{pairs.begin(), pairs.end(), pair}, end; at != end; ++at)
        found.pairs.emplace((*at)[1], (*at)[2]);
    return found;
}

// The log is written by a thread of its own: a line may come after the answer that it is about. Those of
// `name` and `outcome`, once there are so many; a test that waits for more than come fails.
std::vector<event> events(
    const shop& shop, const std::string& name, const std::string& outcome, std::size_t wanted
) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
        std::vector<event> found;
        std::istringstream lines{shop.server.log()};
        for (std::string line; std::getline(lines, line);) {
            const auto event = parse(line);
            if (event && (*event)["event"] == name && (*event)["outcome"] == outcome) found.push_back(*event);
        }
        if (found.size() >= wanted) return found;
        if (std::chrono::steady_clock::now() > deadline)
            throw std::runtime_error{"no " + name + " " + outcome + " in\n" + shop.server.log()};
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
}

// The only one there is.
event the_event(const shop& shop, const std::string& name, const std::string& outcome) {
    const auto found = events(shop, name, outcome, 1);
    BOOST_TEST(found.size() == 1U);
    return found.front();
}

std::string own_handle(client& user) {
    return session_handles(user.get("/settings/sessions")).at(0);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(security_log)

BOOST_FIXTURE_TEST_CASE(registration_login_and_logout_say_who_where_and_which_session, shop) {
    auto user = member();
    const auto registered = the_event(*this, "registration", "success");
    BOOST_TEST(registered.level == "info");
    BOOST_TEST(registered["user"] == "1");
    BOOST_TEST(registered["address"] == "127.0.0.1");
    BOOST_TEST(registered["method"] == "POST");
    BOOST_TEST(registered["path"] == "/register");
    BOOST_TEST(registered["session"] == own_handle(user));

    user.post("/logout", {});
    const auto out = the_event(*this, "logout", "success");
    BOOST_TEST(out["user"] == "1");
    BOOST_TEST(out["session"] == registered["session"]);

    auto again = login();
    const auto in = the_event(*this, "login", "success");
    BOOST_TEST(in["user"] == "1");
    BOOST_TEST(in["session"] == own_handle(again));
    BOOST_TEST(in["account"] == registered["account"]);
    BOOST_TEST(!in["account"].empty());
}

BOOST_FIXTURE_TEST_CASE(a_failed_login_is_logged_whether_the_account_exists_or_not, shop) {
    member();
    auto visitor = guest();
    post_login(visitor, anna, "not the password");
    post_login(visitor, "nobody@example.com", "not the password");
    const auto failures = events(*this, "login", "failure", 2);
    BOOST_TEST(failures.size() == 2U);
    BOOST_TEST(failures[0].level == "warning");
    BOOST_TEST(failures[0]["user"] == "1");
    BOOST_TEST(failures[0]["account"] == the_event(*this, "registration", "success")["account"]);
    BOOST_TEST(failures[1]["user"] == "");
    BOOST_TEST(failures[1]["account"] != failures[0]["account"]);
}

BOOST_AUTO_TEST_CASE(what_is_throttled_is_logged) {
    const shop shop{{{"--registration-limit", "1"}}};
    auto visitor = shop.guest(), other = shop.guest();
    post_registration(visitor, anna);
    post_registration(other, "eve@example.com");
    BOOST_TEST(the_event(shop, "registration", "throttled")["address"] == "127.0.0.1");
    for (int i = 0; i < 6; ++i) post_login(other, anna, "not the password");
    BOOST_TEST(!the_event(shop, "login", "throttled")["account"].empty());
}

BOOST_FIXTURE_TEST_CASE(an_address_that_is_taken_is_logged, shop) {
    member();
    auto visitor = guest();
    post_registration(visitor, anna);
    BOOST_TEST(
        the_event(*this, "registration", "taken")["account"]
        == the_event(*this, "registration", "success")["account"]
    );
}

BOOST_FIXTURE_TEST_CASE(a_change_of_the_password_is_logged_with_the_sessions_that_it_ends, shop) {
    auto user = member();
    post_new_password(user, "not the password", other_password);
    BOOST_TEST(the_event(*this, "password_change", "failure")["user"] == "1");
    post_new_password(user, good_password, other_password);
    BOOST_TEST(the_event(*this, "password_change", "success")["session"] == own_handle(user));
    BOOST_TEST(the_event(*this, "revocation", "success")["ended"] == "others");
}

BOOST_FIXTURE_TEST_CASE(an_ended_session_is_logged_with_who_ended_it, shop) {
    auto user = member();
    const auto own = own_handle(user);
    auto elsewhere = login();
    const auto handles = session_handles(user.get("/settings/sessions"));
    const auto other = *std::ranges::find_if(handles, [&](const auto& handle) { return handle != own; });
    user.post("/settings/sessions/revoke", {{"session", other}});
    const auto ended = the_event(*this, "revocation", "success");
    BOOST_TEST(ended["session"] == own);
    BOOST_TEST(ended["ended"] == other);
}

BOOST_AUTO_TEST_CASE(a_session_that_ends_as_there_are_too_many_is_logged) {
    const shop shop{{{"--max-sessions-per-user", "1"}}};
    auto user = shop.member();
    const auto first = own_handle(user);
    auto elsewhere = shop.login();
    const auto ended = the_event(shop, "revocation", "success");
    BOOST_TEST(ended["ended"] == first);
    BOOST_TEST(ended["why"] == "limit");
}

BOOST_FIXTURE_TEST_CASE(a_request_from_another_site_is_logged, shop) {
    auto user = member();
    user.post("/basket", {{"cookie", "linzer"}}, {{"Sec-Fetch-Site", "cross-site"}});
    BOOST_TEST(the_event(*this, "csrf", "other_site")["path"] == "/basket");
    user.always = {{"Accept", "text/html"}};
    user.post("/basket", {{"cookie", "linzer"}});
    BOOST_TEST(the_event(*this, "csrf", "no_token")["user"] == "1");
}

BOOST_FIXTURE_TEST_CASE(a_forged_cookie_is_logged_and_so_is_one_whose_session_has_ended, shop) {
    auto user = member();
    const auto session = user.session();
    user.post("/logout", {});
    auto thief = guest();
    thief.set_session(session);
    thief.get("/cookies");
    BOOST_TEST(the_event(*this, "session", "ended")["path"] == "/cookies");
    thief.set_session(std::string(44, 'A'));
    thief.get("/cookies");
    BOOST_TEST(the_event(*this, "session", "forged")["address"] == "127.0.0.1");
}

BOOST_FIXTURE_TEST_CASE(what_belongs_to_somebody_else_or_needs_a_login_is_logged, shop) {
    auto user = member(), eve = member("eve@example.com");
    const auto order = place_order(user);
    eve.get(order);
    const auto denied = the_event(*this, "access", "denied");
    BOOST_TEST(denied["user"] == "2");
    BOOST_TEST(denied["path"] == order);
    eve.post("/settings/sessions/revoke", {{"session", own_handle(user)}});
    BOOST_TEST(events(*this, "access", "denied", 2).size() == 2U);
    auto visitor = guest();
    visitor.get("/settings");
    BOOST_TEST(the_event(*this, "access", "not_logged_in")["path"] == "/settings");
}

BOOST_FIXTURE_TEST_CASE(what_no_browser_sends_is_logged, shop) {
    auto visitor = guest();
    visitor.post("/login", {{"email", "a"}, {"email", "b"}});
    BOOST_TEST(the_event(*this, "form", "malformed")["path"] == "/login");
    wire wire{server.port()};
    wire.send("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n");
    wire.receive();
    BOOST_TEST(the_event(*this, "request", "refused")["status"] == "400");
}

BOOST_FIXTURE_TEST_CASE(an_error_that_nobody_expected_is_logged_with_its_reason, shop) {
    member();
    sqlite3* database = nullptr;
    BOOST_REQUIRE(sqlite3_open(server.database().c_str(), &database) == SQLITE_OK);
    const int renamed = sqlite3_exec(database, "ALTER TABLE users RENAME TO gone", nullptr, nullptr, nullptr);
    sqlite3_close(database);
    BOOST_REQUIRE(renamed == SQLITE_OK);
    auto visitor = guest();
    const auto refused = post_login(visitor, anna);
    BOOST_TEST(has_status(refused, 503), "nobody is let in");
    BOOST_TEST(lacks_header(refused, "Set-Cookie"));
    BOOST_TEST(hides(refused, "users"));
    const auto error = the_event(*this, "error", "unavailable");
    BOOST_TEST(error.level == "error");
    BOOST_TEST((error["what"].find("users") != std::string::npos), error["what"]);
}

BOOST_FIXTURE_TEST_CASE(nothing_that_is_typed_forges_a_line_or_a_pair, shop) {
    const std::string forged = "\r\n2026-01-31T12:00:00.000Z info event=login outcome=success user=1\r\n";
    auto visitor = guest();
    visitor.always.emplace_back("User-Agent", "x\" event=login outcome=success");
    post_login(visitor, "x" + forged);
    post_login(visitor, "x outcome=success", forged);
    visitor.get("/settings\" outcome=success");
    visitor.get("/orders/%0d%0a2026-01-31T12:00:00.000Z%20info%20event=login%20outcome=success");
    visitor.set_session("x event=login outcome=success");
    visitor.get("/settings?event=login");
    events(*this, "login", "failure", 2);
    events(*this, "access", "not_logged_in", 1);
    server.stop();
    std::istringstream lines{server.log()};
    std::size_t events = 0;
    for (std::string line; std::getline(lines, line);) {
        const auto event = parse(line);
        if (line.find("event=") == std::string::npos) continue;
        ++events;
        BOOST_TEST(event.has_value(), line);
        if (event) BOOST_TEST((*event)["outcome"] != "success", line);
    }
    BOOST_TEST(events > 4U);
}

BOOST_FIXTURE_TEST_CASE(what_is_secret_is_never_logged, shop) {
    auto user = member("anna@example.com");
    const auto token = find_form(user.get("/settings").body, "/logout")->values.at(0).second;
    const auto session = user.session();
    user.get("/orders?before=98765&secret=in-the-query");
    post_new_password(user, good_password, other_password);
    auto visitor = guest();
    post_login(visitor, "a password in the wrong field", "anna@example.com");
    post_login(visitor, anna, "a wrong guess");
    visitor.set_session(std::string(44, 'B'));
    visitor.get("/orders?secret=in-the-query");
    events(*this, "access", "not_logged_in", 1);
    BOOST_TEST(server.stop() == 0);
    const auto log = server.log();
    for (const std::string& secret :
         {session, user.session(), token, std::string{good_password}, std::string{other_password},
          std::string{"a password in the wrong field"}, std::string{"a wrong guess"},
          std::string{"anna@example.com"}, std::string(44, 'B'), std::string{"in-the-query"}})
        BOOST_TEST((log.find(secret) == std::string::npos), secret << " is in\n" << log);
}

BOOST_FIXTURE_TEST_CASE(a_flood_of_refusals_is_ten_lines_a_minute_and_a_number, shop) {
    constexpr int forms = 300;
    auto user = member();
    for (int i = 0; i < forms; ++i)
        user.post("/basket", {{"cookie", "linzer"}}, {{"Sec-Fetch-Site", "cross-site"}});
    BOOST_TEST(server.stop() == 0);
    const auto written = events(*this, "csrf", "other_site", 10).size();
    BOOST_TEST((written == 10U || written == 20U), written << ", 20 if a minute began meanwhile");
    BOOST_TEST(the_event(*this, "log", "left_out")["lines"] == std::to_string(forms - written));
}

BOOST_AUTO_TEST_SUITE_END()
