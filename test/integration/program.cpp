#include "support/eventually.hpp"
#include "support/shop.hpp"
#include "support/source_folder.hpp"

#include <sys/stat.h>

#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/split.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>

using namespace cookieshop::test;
using namespace std::chrono_literals;

namespace {

using environment = std::map<std::string, std::string>;

void write(const std::filesystem::path& path, const std::string& content) {
    std::ofstream{path} << content;
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

void check_refused(const finished& run, std::initializer_list<std::string_view> named) {
    BOOST_TEST_CONTEXT(run.errors << run.output) {
        BOOST_TEST(run.status == 2);
        BOOST_TEST(std::ranges::count(run.errors, '\n') == 1, "it is one line");
        for (const auto name : named) BOOST_TEST(contains(run.errors, name), "it names " << name);
        BOOST_TEST(run.output.empty());
    }
}

mode_t mode_of(const std::filesystem::path& path) {
    struct stat status {};
    BOOST_TEST(::stat(path.c_str(), &status) == 0, path);
    return status.st_mode & 0777U;
}

/// The built-in views, as a folder that a test may change.
std::filesystem::path copy_views(const temp_folder& folder) {
    auto copy = folder.path() / "views";
    std::filesystem::copy(source_folder() / "views", copy, std::filesystem::copy_options::recursive);
    return copy;
}

void replace_in_file(const std::filesystem::path& path, const std::string& old, const std::string& fresh) {
    auto content = read_file(path);
    const auto at = content.find(old);
    BOOST_TEST_REQUIRE((at != std::string::npos), path << " contains " << old);
    write(path, content.replace(at, old.size(), fresh));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(program)

BOOST_AUTO_TEST_CASE(it_explains_itself) {
    const temp_folder folder;
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"--help"},
          {"serve", "--help"},
          {"migrate", "--help"},
          {"config", "--help"},
          {"version", "--help"}}) {
        const auto run = run_cookieshop(arguments, folder.path());
        BOOST_TEST(run.status == 0, run.errors);
        BOOST_TEST(!run.output.empty());
        BOOST_TEST(run.errors.empty());
    }
    BOOST_TEST(contains(run_cookieshop({"serve", "--help"}, folder.path()).output, "--idle-timeout"));
}

BOOST_AUTO_TEST_CASE(version_names_what_it_is_made_of) {
    const temp_folder folder;
    const auto run = run_cookieshop({"version"}, folder.path());
    BOOST_TEST(run.status == 0);
    for (const char* name : {"cookieshop", "Boost", "SOCI", "libsodium"})
        BOOST_TEST(contains(run.output, name), name << " is in " << run.output);
}

BOOST_AUTO_TEST_CASE(what_it_does_not_know_ends_it_with_status_2_and_one_line) {
    const temp_folder folder;
    check_refused(run_cookieshop({"serve", "--colour", "blue"}, folder.path()), {"--colour"});
    check_refused(run_cookieshop({"bake"}, folder.path()), {"bake"});
    check_refused(run_cookieshop({}, folder.path()), {"serve"});
    check_refused(
        run_cookieshop({"serve"}, folder.path(), {{"COOKIESHOP_COLOUR", "blue"}}), {"COOKIESHOP_COLOUR"}
    );
    write(folder.path() / ".env", "COOKIESHOP_COLOUR=blue\n");
    check_refused(run_cookieshop({"serve"}, folder.path()), {"COOKIESHOP_COLOUR"});
}

BOOST_AUTO_TEST_CASE(a_bad_value_ends_it_with_the_name_the_value_and_what_is_allowed) {
    const temp_folder folder;
    struct {
        std::string name, value;
        std::string_view allowed;
    } const rows[] = {
        {"--port", "70000", "65535"},
        {"--port", "-1", "65535"},
        {"--port", "eighty", "65535"},
        {"--address", "nowhere", "address"},
        {"--threads", "0", "1"},
        {"--idle-timeout", "30 minutes", "m"},
        {"--idle-timeout", "0", "1"},
        {"--session-cache", "63KiB", "64KiB"},
        {"--session-cache", "1QiB", "KiB"},
        {"--secure-cookies", "maybe", "never"},
        {"--login-errors", "rude", "detailed"},
        {"--password-min-length", "4", "5"},
        {"--log-level", "loud", "info"},
        {"--database", "oracle://x", "sqlite3://"},
    };
    for (const auto& [name, value, allowed] : rows) {
        check_refused(run_cookieshop({"serve", name + "=" + value}, folder.path()), {name, value, allowed});
    }
    check_refused(
        run_cookieshop({"serve"}, folder.path(), {{"COOKIESHOP_PORT", "x1"}}),
        {"COOKIESHOP_PORT", "x1", "65535"}
    );
}

BOOST_AUTO_TEST_CASE(a_secret_is_never_shown) {
    const temp_folder folder;
    const std::string weak = "too-short-a-secret", good(40, 's');
    for (const auto& run :
         {run_cookieshop({"serve", "--secret-key", weak}, folder.path()),
          run_cookieshop({"serve"}, folder.path(), {{"COOKIESHOP_SECRET_KEY", weak}}),
          run_cookieshop({"serve"}, folder.path(), {{"SECRET_KEY", weak}}),
          run_cookieshop({"serve", "--secret-key", good + "," + weak}, folder.path())}) {
        check_refused(run, {"32"});
        BOOST_TEST(!contains(run.errors, weak));
        BOOST_TEST(!contains(run.errors, good));
    }
    const auto listing = run_cookieshop({"config", "--secret-key", good}, folder.path());
    BOOST_TEST(listing.status == 0);
    BOOST_TEST(contains(listing.output, "secret-key"));
    BOOST_TEST(!contains(listing.output, good));
}

BOOST_AUTO_TEST_CASE(config_says_what_every_setting_is_and_where_it_comes_from) {
    const temp_folder folder;
    write(folder.path() / ".env", "COOKIESHOP_IDLE_TIMEOUT=10m\nCOOKIESHOP_THREADS=3\nCOOKIESHOP_PORT=1\n");
    const auto run = run_cookieshop(
        {"config", "--port", "3"}, folder.path(), {{"COOKIESHOP_PORT", "2"}, {"COOKIESHOP_THREADS", "4"}}
    );
    BOOST_TEST(run.status == 0);
    std::vector<std::string> lines;
    boost::split(lines, run.output, boost::is_any_of("\n"));
    for (const char* line :
         {"port = 3 (command line)", "threads = 4 (environment)", "idle-timeout = 10m (.env)",
          "absolute-timeout = 12h (default)", "password-memory = 19MiB (default)"})
        BOOST_TEST(std::ranges::count(lines, line) == 1, "'" << line << "' is in\n" << run.output);
}

BOOST_AUTO_TEST_CASE(the_environment_configures_the_server) {
    const server_process server{{}, {{"COOKIESHOP_PASSWORD_MIN_LENGTH", "15"}}};
    client visitor{server.port()};
    BOOST_TEST(
        shows(post_registration(visitor, anna, "short"), "The password must be at least 15 characters long.")
    );
}

BOOST_AUTO_TEST_CASE(migrate_makes_a_database_that_serve_takes) {
    const temp_folder folder;
    BOOST_TEST(run_cookieshop({"migrate"}, folder.path()).status == 0);
    BOOST_TEST(std::filesystem::exists(folder.path() / "cookieshop.db"));
    BOOST_TEST(run_cookieshop({"migrate"}, folder.path()).status == 0, "a second time does no harm");
    const server_process server{{{"--database", "sqlite3://" + (folder.path() / "cookieshop.db").string()}}};
    client visitor{server.port()};
    BOOST_TEST(redirects(post_registration(visitor, anna), "/cookies"));
}

BOOST_AUTO_TEST_CASE(what_else_goes_wrong_is_status_1_and_one_line) {
    const temp_folder folder;
    const auto no_folder =
        run_cookieshop({"serve", "--database", "sqlite3:///no/such/folder/x.db"}, folder.path());
    BOOST_TEST(no_folder.status == 1);
    BOOST_TEST(std::ranges::count(no_folder.errors, '\n') == 1, no_folder.errors);
    write(
        folder.path() / "broken.db", "this is no database, but it is long enough to look at its first page"
    );
    const auto broken =
        run_cookieshop({"serve", "--port", "0", "--database", "sqlite3://broken.db"}, folder.path());
    BOOST_TEST(broken.status == 1);
    BOOST_TEST(std::ranges::count(broken.errors, '\n') == 1, broken.errors);
}

BOOST_FIXTURE_TEST_CASE(a_port_that_is_taken_is_status_1_and_one_line, shop) {
    const temp_folder folder;
    const auto run = run_cookieshop({"serve", "--port", std::to_string(server.port())}, folder.path());
    BOOST_TEST(run.status == 1);
    BOOST_TEST(std::ranges::count(run.errors, '\n') == 1, run.errors);
    BOOST_TEST(!contains(run.output, "listening"));
}

BOOST_FIXTURE_TEST_CASE(a_second_server_on_the_same_file_refuses_to_start, shop) {
    const temp_folder folder;
    const auto run = run_cookieshop(
        {"serve", "--port", "0", "--database", "sqlite3://" + server.database().string()}, folder.path()
    );
    BOOST_TEST(run.status == 1);
    BOOST_TEST(std::ranges::count(run.errors, '\n') == 1, run.errors);
    BOOST_TEST(is_logged_in(member().get("/settings"), anna), "the first one goes on");
}

BOOST_FIXTURE_TEST_CASE(after_a_kill_the_same_file_is_free_again, shop) {
    server.kill();
    server.start();
    BOOST_TEST(is_logged_in(member().get("/settings"), anna));
}

BOOST_FIXTURE_TEST_CASE(database_and_key_are_readable_by_their_owner_alone, shop) {
    member();
    BOOST_TEST(mode_of(server.folder() / "secret.key") == 0600U);
    int files = 0;
    for (const auto& file : std::filesystem::directory_iterator{server.folder()}) {
        if (!file.path().filename().string().starts_with("cookieshop.db")) continue;
        BOOST_TEST(mode_of(file.path()) == 0600U, file.path());
        ++files;
    }
    BOOST_TEST(files >= 1);
}

BOOST_FIXTURE_TEST_CASE(a_key_file_that_is_too_short_is_refused, shop) {
    BOOST_TEST(server.stop() == 0);
    write(server.folder() / "secret.key", "short\n");
    const auto run = run_cookieshop({"serve", "--port", "0"}, server.folder());
    BOOST_TEST((run.status == 1 || run.status == 2), run.status);
    BOOST_TEST(contains(run.errors, "secret.key"), run.errors);
    BOOST_TEST(!contains(run.errors, "short\n"), run.errors);
}

BOOST_AUTO_TEST_CASE(keys_can_be_rotated_without_ending_sessions) {
    const std::string old_key(32, 'a'), new_key(32, 'b'), folder_key = "--secret-key";
    const temp_folder folder;
    const std::string database = "sqlite3://" + (folder.path() / "shop.db").string();
    std::string session;
    {
        const server_process server{{{"--secret-key", old_key}, {"--database", database}}};
        client user{server.port()};
        post_registration(user, anna);
        session = user.session();
    }
    const auto is_alive_with = [&](const std::string& keys) {
        const server_process server{{{"--secret-key", keys}, {"--database", database}}};
        client user{server.port()};
        user.set_session(session);
        return user.get("/settings").status == 200;
    };
    BOOST_TEST(is_alive_with(new_key + "," + old_key));
    BOOST_TEST(is_alive_with(old_key + "," + new_key));
    BOOST_TEST(!is_alive_with(new_key));
    BOOST_TEST(is_alive_with(old_key));
}

BOOST_AUTO_TEST_CASE(it_warns_when_session_cookies_go_over_the_net_in_the_open) {
    const auto warns = [](const options& given) {
        const shop shop{given};
        shop.guest().get("/cookies");
        return shop.server.log().find("session cookies are not Secure") != std::string::npos;
    };
    const std::pair<std::string, std::string> everywhere{"--address", "0.0.0.0"};
    BOOST_TEST(warns({everywhere}));
    BOOST_TEST(!warns({everywhere, {"--secure-cookies", "always"}}));
    BOOST_TEST(!warns({everywhere, {"--trusted-proxies", "10.0.0.0/8"}}));
    BOOST_TEST(!warns({}));
}

BOOST_FIXTURE_TEST_CASE(a_signal_to_stop_ends_it_with_status_0, shop) {
    for (const int number : {SIGTERM, SIGINT}) {
        auto user = guest();
        user.get("/login");  // leaves an idle connection, which must not hold it up
        const auto begin = std::chrono::steady_clock::now();
        server.signal(number);
        BOOST_TEST(server.wait().value_or(-1) == 0);
        BOOST_TEST((std::chrono::steady_clock::now() - begin < 9s), "it does not use up the drain timeout");
        server.start();
    }
}

BOOST_FIXTURE_TEST_CASE(what_is_under_way_is_answered_before_it_stops, shop) {
    member();
    wire slow{server.port()};
    const auto login = encode(
        {"POST",
         "/login",
         {{"Content-Type", "application/x-www-form-urlencoded"}},
         encode_form({{"email", std::string{anna}}, {"password", std::string{good_password}}})}
    );
    slow.send(login.substr(0, login.size() - 5));
    auto visitor = guest();
    visitor.get("/login");  // by now the server has read what was sent before
    server.signal(SIGTERM);
    BOOST_TEST(!server.wait(300ms).has_value());
    slow.send(login.substr(login.size() - 5));
    const auto answer = slow.receive();
    BOOST_TEST(redirects(answer, "/cookies"));
    BOOST_TEST(has_header(answer, "Connection", "close"));
    BOOST_TEST(server.wait().value_or(-1) == 0);
}

BOOST_AUTO_TEST_CASE(who_never_ends_is_cut_off_after_the_drain_timeout) {
    shop shop{{{"--drain-timeout", "500ms"}}};
    wire slow{shop.server.port()};
    slow.send("POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n");
    auto visitor = shop.guest();
    visitor.get("/login");
    const auto begin = std::chrono::steady_clock::now();
    BOOST_TEST(shop.server.stop() == 0);
    BOOST_TEST((std::chrono::steady_clock::now() - begin < 5s));
}

BOOST_FIXTURE_TEST_CASE(while_it_stops_it_accepts_nobody, shop) {
    wire slow{server.port()};
    slow.send("POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n");
    auto visitor = guest();
    visitor.get("/login");
    server.signal(SIGTERM);
    BOOST_TEST(eventually([&] {
        try {
            wire late{server.port()};
            return late.is_closed(100ms);
        } catch (const connection_lost&) {
            return true;
        }
    }));
}

BOOST_AUTO_TEST_CASE(views_of_ones_own_replace_the_built_in_ones) {
    const temp_folder folder;
    const auto views = copy_views(folder);
    replace_in_file(views / "login.html", "Remember me", "Don't forget me");
    const shop shop{{{"--views", views.string()}}};
    auto visitor = shop.guest();
    BOOST_TEST(shows(visitor.get("/login"), "Don't forget me"));
}

BOOST_AUTO_TEST_CASE(a_hangup_reads_the_views_again) {
    const temp_folder folder;
    const auto views = copy_views(folder);
    const shop shop{{{"--views", views.string()}}};
    auto visitor = shop.guest();
    replace_in_file(views / "login.html", "Remember me", "Don't forget me");
    BOOST_TEST(hides(visitor.get("/login"), "Don't forget me"));
    shop.server.signal(SIGHUP);
    BOOST_TEST(eventually([&] { return shows(visitor.get("/login"), "Don't forget me"); }));
}

BOOST_AUTO_TEST_CASE(a_hangup_reads_the_assets_again_too) {
    const temp_folder folder;
    const auto views = copy_views(folder);
    const shop shop{{{"--views", views.string()}}};
    auto visitor = shop.guest();
    const auto old_page = visitor.get("/login");
    write(views / "assets" / "style.css", "body { color: teal }");
    shop.server.signal(SIGHUP);
    const auto style = [](const answer& page) {
        for (const auto& element : elements(page.body))
            if (element.attributes.contains("rel") && element.attributes.at("rel") == "stylesheet")
                return element.attributes.at("href");
        return std::string{};
    };
    BOOST_TEST(eventually([&] { return style(visitor.get("/login")) != style(old_page); }));
    const auto fresh = visitor.get(style(visitor.get("/login")));
    BOOST_TEST(fresh.body == "body { color: teal }");
    BOOST_TEST(header_names(fresh, "Cache-Control", "immutable"));
    BOOST_TEST(has_header(visitor.get(style(old_page)), "Cache-Control", "no-cache"));
}

BOOST_AUTO_TEST_CASE(broken_views_leave_the_old_ones_in_use) {
    const temp_folder folder;
    const auto views = copy_views(folder);
    const shop shop{{{"--views", views.string()}}};
    auto visitor = shop.guest();
    write(views / "login.html", "{{#never_closed}}");
    shop.server.signal(SIGHUP);
    BOOST_TEST(eventually([&] { return contains(shop.server.log(), "login.html"); }));
    BOOST_TEST(is_page(visitor.get("/login"), "Login"));
}

BOOST_AUTO_TEST_CASE(for_developers_changed_views_show_at_once) {
    const temp_folder folder;
    const auto views = copy_views(folder);
    const shop shop{{{"--views", views.string()}, {"--dev", ""}}};
    auto visitor = shop.guest();
    BOOST_TEST(hides(visitor.get("/login"), "Don't forget me"));
    replace_in_file(views / "login.html", "Remember me", "Don't forget me");
    BOOST_TEST(eventually([&] { return shows(visitor.get("/login"), "Don't forget me"); }));
}

BOOST_AUTO_TEST_CASE(views_that_can_not_be_used_keep_it_from_starting) {
    const temp_folder folder;
    const auto views = copy_views(folder);
    write(views / "login.html", "{{#never_closed}}");
    const auto run = run_cookieshop({"serve", "--port", "0", "--views", views.string()}, folder.path());
    BOOST_TEST(run.status == 1);
    BOOST_TEST(contains(run.errors, "login.html"), run.errors);
}

BOOST_AUTO_TEST_SUITE_END()
