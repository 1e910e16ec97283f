#include "support/shop.hpp"

#include <sodium.h>
#include <sqlite3.h>

#include <boost/test/unit_test.hpp>

#include <set>
#include <stdexcept>

using namespace cookieshop::test;

namespace {

/// Tells whether anybody committed to the database, by SQLite's own counter.
class commit_watch {
public:
    explicit commit_watch(const std::filesystem::path& database) {
        if (sqlite3_open_v2(database.c_str(), &connection_, SQLITE_OPEN_READONLY, nullptr) != SQLITE_OK)
            throw std::runtime_error{sqlite3_errmsg(connection_)};
        last_ = version();
    }
    ~commit_watch() { sqlite3_close(connection_); }
    commit_watch(const commit_watch&) = delete;
    commit_watch& operator=(const commit_watch&) = delete;

    /// Since the last call, or the beginning.
    bool anything_was_written() {
        const int now = version();
        return std::exchange(last_, now) != now;
    }

private:
    int version() {
        sqlite3_stmt* statement = nullptr;
        sqlite3_prepare_v2(connection_, "PRAGMA data_version", -1, &statement, nullptr);
        if (sqlite3_step(statement) != SQLITE_ROW) throw std::runtime_error{sqlite3_errmsg(connection_)};
        const int value = sqlite3_column_int(statement, 0);
        sqlite3_finalize(statement);
        return value;
    }

    sqlite3* connection_ = nullptr;
    int last_ = 0;
};

struct spelling {
    const char* name;
    std::string text;
};

/// All the ways in which the id in a cookie could stand in a file.
std::vector<spelling> spellings(const std::string& cookie) {
    std::vector<unsigned char> bytes(cookie.size());
    std::size_t size = 0;
    if (sodium_base642bin(
            bytes.data(), bytes.size(), cookie.data(), cookie.size(), nullptr, &size, nullptr,
            sodium_base64_VARIANT_URLSAFE_NO_PADDING
        )
        != 0)
        throw std::runtime_error{"not base64url: " + cookie};
    constexpr std::size_t id_size = 16;
    const std::string id{bytes.begin() + 1, bytes.begin() + 1 + id_size};  // behind the key number
    std::string hex(2 * id_size + 1, '\0');
    sodium_bin2hex(hex.data(), hex.size(), bytes.data() + 1, id_size);
    hex.pop_back();
    return {
        {"cookie", cookie},
        {"most of the cookie", cookie.substr(2, 20)},
        {"bytes", id},
        {"hexadecimal", hex}};
}

/// The client's cookie, sent among others or changed.
answer get_with_cookies(const shop& shop, const std::string& cookies) {
    auto who = shop.guest();
    return who.get("/settings", {{"Cookie", cookies}});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(session_cookie)

BOOST_FIXTURE_TEST_CASE(it_has_the_attributes_of_the_contract_and_no_others, shop) {
    auto user = guest();
    const auto done = post_registration(user, anna);
    BOOST_TEST(
        has_header(done, "Set-Cookie", "session=" + user.session() + "; Path=/; HttpOnly; SameSite=Lax")
    );
}

BOOST_AUTO_TEST_CASE(where_it_is_secure_its_name_says_that_it_is_this_hosts_own) {
    const shop shop{{{"--secure-cookies", "always"}}};
    auto user = shop.guest();
    const auto done = post_registration(user, anna);
    BOOST_TEST(header_names(done, "Set-Cookie", "__Host-session="));
    BOOST_TEST(header_names(done, "Set-Cookie", "; Secure"));
    BOOST_TEST(header_names(done, "Set-Cookie", "; Path=/"));
    BOOST_TEST(done.header("Set-Cookie").find("Domain") == std::string_view::npos);
    BOOST_TEST(is_logged_in(user.get("/settings"), anna));
    const auto session = user.session();
    user.set_session(session);
    BOOST_TEST(has_status(user.get("/settings"), 303), "the plain name is not taken");
}

BOOST_AUTO_TEST_CASE(it_is_secure_where_a_trusted_proxy_says_that_tls_was_spoken) {
    const shop shop{{{"--trusted-proxies", "127.0.0.1"}}};
    auto over_tls = shop.guest(), plain = shop.guest();
    over_tls.always.emplace_back("X-Forwarded-Proto", "https");
    plain.always.emplace_back("X-Forwarded-Proto", "http");
    const auto done = post_registration(over_tls, anna);
    BOOST_TEST(header_names(done, "Set-Cookie", "__Host-session="));
    BOOST_TEST(header_names(done, "Set-Cookie", "; Secure"));
    BOOST_TEST(!done.header("Strict-Transport-Security").empty());
    const auto open = post_login(plain, anna);
    BOOST_TEST(header_names(open, "Set-Cookie", "session="));
    BOOST_TEST(open.header("Set-Cookie").find("Secure") == std::string_view::npos);
}

BOOST_FIXTURE_TEST_CASE(its_size_is_constant_whatever_it_stands_for, shop) {
    std::set<std::size_t> sizes;
    std::set<std::string> values;
    auto user = member();
    for (int i = 0; i < 100; ++i) {
        auto visitor = guest();
        add_to_basket(visitor, "linzer", 1 + i % 99);
        sizes.insert(visitor.session().size());
        values.insert(visitor.session());
    }
    for (const char* cookie : {"chocolate-chip", "oatmeal-raisin", "macaron"})
        add_to_basket(user, cookie, 99);
    sizes.insert(user.session().size());
    BOOST_TEST(sizes.size() == 1U);
    BOOST_TEST(values.size() == 100U);
}

BOOST_FIXTURE_TEST_CASE(a_change_of_any_character_makes_a_guest, shop) {
    auto user = member();
    const auto good = user.session();
    auto other = guest();
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto forged = good;
        forged[i] = forged[i] == 'A' ? 'B' : 'A';
        other.set_session(forged);
        BOOST_TEST(has_status(other.get("/settings"), 303), "character " << i);
    }
    BOOST_TEST(is_alive(*this, good));
}

BOOST_FIXTURE_TEST_CASE(any_other_damage_makes_a_guest, shop) {
    auto user = member();
    const auto good = user.session();
    for (const auto& damaged :
         {std::string{}, good.substr(1), good.substr(0, good.size() - 1), good + "A", good + "=", good + good,
          std::string{" "} + good.substr(1), std::string{"%"} + good.substr(1), std::string(good.size(), 'A'),
          std::string(good.size(), '_'), std::string(4000, 'A')})
        BOOST_TEST(has_status(get_with_cookies(*this, "session=" + damaged), 303), damaged);
    BOOST_TEST(is_alive(*this, good));
}

BOOST_FIXTURE_TEST_CASE(of_several_cookies_of_that_name_each_is_tried, shop) {
    auto user = member();
    const auto good = "session=" + user.session(), bad = std::string{"session=nonsense"};
    auto dead_user = login();
    const auto dead = "session=" + dead_user.session();
    dead_user.post("/logout", {});
    for (const auto& cookies :
         {bad + "; " + good, good + "; " + bad, "a=b; " + bad + "; c=d; " + good + "; e", dead + "; " + good,
          good + "; " + dead, "SESSION=x; " + good})
        BOOST_TEST(has_status(get_with_cookies(*this, cookies), 200), cookies);
    BOOST_TEST(has_status(get_with_cookies(*this, bad + "; " + dead), 303));
}

BOOST_FIXTURE_TEST_CASE(two_cookie_headers_are_read_like_one, shop) {
    auto user = member();
    auto other = guest();
    BOOST_TEST(
        has_status(other.get("/settings", {{"Cookie", "a=b"}, {"Cookie", "session=" + user.session()}}), 200)
    );
}

BOOST_FIXTURE_TEST_CASE(its_name_minds_its_case, shop) {
    auto user = member();
    BOOST_TEST(has_status(get_with_cookies(*this, "Session=" + user.session()), 303));
    BOOST_TEST(has_status(get_with_cookies(*this, "xsession=" + user.session()), 303));
}

BOOST_FIXTURE_TEST_CASE(a_visitor_who_only_looks_gets_none_and_nothing_is_written, shop) {
    commit_watch watch{server.database()};
    auto visitor = guest();
    for (const char* path :
         {"/", "/cookies", "/basket", "/register", "/login", "/settings", "/nowhere", "/logout"})
        BOOST_TEST(lacks_header(visitor.get(path), "Set-Cookie"));
    BOOST_TEST(lacks_header(post_login(visitor, anna, "not the password"), "Set-Cookie"));
    BOOST_TEST(lacks_header(visitor.post("/basket/remove", {{"cookie", "linzer"}}), "Set-Cookie"));
    BOOST_TEST(!watch.anything_was_written());
    add_to_basket(visitor, "linzer");
    BOOST_TEST(!visitor.session().empty());
    BOOST_TEST(watch.anything_was_written());
}

BOOST_FIXTURE_TEST_CASE(reading_writes_nothing, shop) {
    auto user = member();
    const auto order = place_order(user);
    commit_watch watch{server.database()};
    for (int i = 0; i < 20; ++i)
        for (const std::string& path :
             {std::string{"/cookies"}, std::string{"/basket"}, std::string{"/orders"}, order,
              std::string{"/settings"}, std::string{"/settings/sessions"}}) {
            const auto page = user.get(path);
            BOOST_TEST(has_status(page, 200));
            BOOST_TEST(lacks_header(page, "Set-Cookie"));
        }
    BOOST_TEST(!watch.anything_was_written());
}

BOOST_FIXTURE_TEST_CASE(it_changes_at_registration_and_the_old_one_is_dead, shop) {
    auto visitor = guest();
    add_to_basket(visitor, "linzer");
    auto old = visitor.another_tab();
    post_registration(visitor, anna);
    BOOST_TEST(visitor.session() != old.session());
    BOOST_TEST(is_guest(old.get("/cookies")));
    BOOST_TEST(quantity_of(old.get("/basket"), "linzer") == 0);
}

BOOST_FIXTURE_TEST_CASE(it_changes_at_login_and_the_old_one_is_dead, shop) {
    member();
    auto visitor = guest();
    add_to_basket(visitor, "linzer");
    auto old = visitor.another_tab();
    post_login(visitor, anna);
    BOOST_TEST(visitor.session() != old.session());
    BOOST_TEST(is_guest(old.get("/cookies")));
    BOOST_TEST(quantity_of(old.get("/basket"), "linzer") == 0);
}

BOOST_FIXTURE_TEST_CASE(an_id_that_the_server_did_not_make_is_never_adopted, shop) {
    member();
    auto victim = guest();
    const std::string fixed(44, 'Q');
    victim.set_session(fixed);
    post_login(victim, anna);
    BOOST_TEST(victim.session() != fixed);
    BOOST_TEST(!is_alive(*this, fixed));
    victim.set_session(fixed);
    add_to_basket(victim, "linzer");
    BOOST_TEST(victim.session() != fixed);
}

BOOST_FIXTURE_TEST_CASE(an_ended_id_is_never_adopted, shop) {
    auto user = member();
    const auto ended = user.session();
    user.post("/logout", {});
    user.set_session(ended);
    add_to_basket(user, "linzer");
    BOOST_TEST(user.session() != ended);
    post_login(user, anna);
    BOOST_TEST(!is_alive(*this, ended));
}

BOOST_FIXTURE_TEST_CASE(every_login_has_an_id_of_its_own, shop) {
    auto user = member();
    BOOST_TEST(login().session() != login().session());
}

BOOST_FIXTURE_TEST_CASE(no_page_ever_shows_it, shop) {
    auto user = member();
    place_order(user);
    add_to_basket(user, "linzer");
    for (const char* path :
         {"/cookies", "/basket", "/checkout", "/orders", "/orders/1", "/settings", "/settings/sessions",
          "/nowhere"}) {
        const auto page = user.get(path);
        for (const auto& [name, text] : spellings(user.session()))
            BOOST_TEST((page.body.find(text) == std::string::npos), "the id as " << name << " is in" << page);
    }
}

BOOST_FIXTURE_TEST_CASE(the_database_and_the_log_hold_neither_it_nor_its_id, shop) {
    auto user = member();
    auto visitor = guest();
    add_to_basket(visitor, "linzer");
    for (const bool running : {true, false}) {
        if (!running) BOOST_TEST(server.stop() == 0);
        for (const auto& file : std::filesystem::directory_iterator{server.folder()}) {
            const auto content = read_file(file.path());
            for (const auto* who : {&user, &visitor})
                for (const auto& [name, text] : spellings(who->session()))
                    BOOST_TEST(
                        (content.find(text) == std::string::npos),
                        "the id as " << name << " is in " << file.path()
                    );
        }
    }
}

BOOST_FIXTURE_TEST_CASE(the_database_and_the_log_hold_no_password, shop) {
    member();
    auto visitor = guest();
    post_login(visitor, anna, other_password);
    for (const auto& file : std::filesystem::directory_iterator{server.folder()}) {
        const auto content = read_file(file.path());
        BOOST_TEST((content.find(good_password) == std::string::npos), file.path());
        BOOST_TEST((content.find(other_password) == std::string::npos), file.path());
    }
}

BOOST_AUTO_TEST_CASE(eviction_from_the_cache_logs_nobody_out) {
    const shop shop{{{"--session-cache", "64KiB"}}};
    auto user = shop.member();
    add_to_basket(user, "linzer", 7);
    for (int i = 0; i < 500; ++i) {
        auto visitor = shop.guest();
        add_to_basket(visitor, "macaron", 1);
    }
    BOOST_TEST(is_logged_in(user.get("/cookies"), anna));
    BOOST_TEST(quantity_of(user.get("/basket"), "linzer") == 7);
}

BOOST_AUTO_TEST_SUITE_END()
