// `cookieshop user …` and `cookieshop session …`, beside a server that runs and without one.

#include "support/at_once.hpp"
#include "support/shop.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/split.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <regex>
#include <stdexcept>
#include <thread>

using namespace cookieshop::test;
using namespace std::chrono_literals;

namespace {

using words = std::vector<std::string>;

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

words with(words command, const words& more) {
    command.insert(command.end(), more.begin(), more.end());
    return command;
}

/// What an operator does with a database, in a folder of their own.
class console {
public:
    explicit console(const std::filesystem::path& database) : database_{database} {}

    finished run(const words& command, const std::string& input = {}) const {
        return run_cookieshop(with(command, options()), folder_.path(), {}, input);
    }

    /// The output of a command that succeeds.
    std::string succeed(const words& command, const std::string& input = {}) const {
        const auto done = run(command, input);
        BOOST_TEST(done.status == 0, command.front() << ": " << done.errors);
        BOOST_TEST(done.errors.empty(), done.errors);
        return done.output;
    }

    /// Fields of the lines of a listing.
    std::vector<words> list(const words& command) const {
        std::vector<words> rows;
        std::istringstream lines{succeed(command)};
        for (std::string line; std::getline(lines, line);)
            boost::split(rows.emplace_back(), line, boost::is_any_of("\t"));
        return rows;
    }

    words options() const { return {"--database", "sqlite3://" + database_.string()}; }
    const std::filesystem::path& folder() const { return folder_.path(); }

private:
    temp_folder folder_;
    std::filesystem::path database_;
};

void check_refused(const finished& run, int status, std::string_view why) {
    BOOST_TEST_CONTEXT(run.errors << run.output) {
        BOOST_TEST(run.status == status);
        BOOST_TEST(std::ranges::count(run.errors, '\n') == 1, "it is one line");
        BOOST_TEST(contains(run.errors, why));
        BOOST_TEST(run.output.empty());
    }
}

struct home {
    temp_folder folder_of_database;
};

/// A database without a server.
struct desk : home, console {
    desk() : console{folder_of_database.path() / "shop.db"} { succeed({"migrate"}); }
};

struct open_shop : shop, console {
    open_shop() : console{server.database()} {}
};

void execute(const std::filesystem::path& database, const std::string& sql) {
    sqlite3* connection = nullptr;
    sqlite3_open(database.c_str(), &connection);
    sqlite3_busy_timeout(connection, 5000);
    char* message = nullptr;
    const bool done = sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, &message) == SQLITE_OK;
    const std::string why = message == nullptr ? "" : message;
    sqlite3_free(message);
    sqlite3_close(connection);
    if (!done) throw std::runtime_error{why};
}

template <class Condition>
std::chrono::milliseconds time_until(Condition condition) {
    const auto begin = std::chrono::steady_clock::now();
    const auto passed = [&] {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now() - begin
        );
    };
    while (!condition() && passed() < patience) std::this_thread::sleep_for(5ms);
    return passed();
}

/// Every one of them within `patience`, and all but one, which a machine may keep waiting, within the second
/// that is promised.
void check_within_a_second(const std::vector<std::chrono::milliseconds>& times) {
    std::string shown;
    for (const auto time : times) shown += std::to_string(time.count()) + " ms ";
    BOOST_TEST(std::ranges::count_if(times, [](auto time) { return time >= 1s; }) <= 1, shown);
    BOOST_TEST((*std::ranges::max_element(times) < patience), shown);
}

/// The program on a terminal of its own.
class terminal {
public:
    terminal(words arguments, const std::filesystem::path& folder) {
        arguments.insert(arguments.begin(), COOKIESHOP_PROGRAM);
        std::vector<char*> argument_list;
        for (auto& argument : arguments) argument_list.push_back(argument.data());
        argument_list.push_back(nullptr);
        id_ = ::forkpty(&screen_, nullptr, nullptr, nullptr);
        if (id_ == 0) {
            if (::chdir(folder.c_str()) == 0) ::execv(argument_list.front(), argument_list.data());
            ::_exit(127);
        }
        // The terminal lives on when the program has ended.
        keyboard_ = ::open(::ptsname(screen_), O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (id_ < 0 || keyboard_ < 0) throw std::runtime_error{"no terminal"};
    }
    ~terminal() {
        if (status_ < 0) {
            ::kill(id_, SIGKILL);
            ::waitpid(id_, nullptr, 0);
        }
        ::close(screen_);
        ::close(keyboard_);
    }
    terminal(const terminal&) = delete;
    terminal& operator=(const terminal&) = delete;

    void type(std::string_view text) {
        if (::write(screen_, text.data(), text.size()) < 0) throw std::runtime_error{"the terminal is gone"};
    }

    /// What the screen shows, once that is there.
    bool shows(std::string_view text) {
        return time_until([&] {
                   read();
                   return contains(shown_, text);
               })
               < patience;
    }

    bool echoes() const {
        termios now{};
        ::tcgetattr(keyboard_, &now);
        return (now.c_lflag & ECHO) != 0;
    }

    /// As the shell counts: 128 and the number of a signal.
    int status() {
        int status = 0;
        const auto ended = [&] {
            read();
            return ::waitpid(id_, &status, WNOHANG) == id_;
        };
        if (time_until(ended) >= patience) throw std::runtime_error{"it does not end"};
        read();
        status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        return status_;
    }

    const std::string& shown() const { return shown_; }

private:
    void read() {
        pollfd readable{screen_, POLLIN, 0};
        std::array<char, 4096> text;
        while (::poll(&readable, 1, 0) > 0 && (readable.revents & POLLIN) != 0) {
            const auto size = ::read(screen_, text.data(), text.size());
            if (size <= 0) return;
            shown_.append(text.data(), static_cast<std::size_t>(size));
        }
    }

    int screen_ = -1, keyboard_ = -1, status_ = -1;
    pid_t id_ = -1;
    std::string shown_;
};

const std::string password_line = std::string{good_password} + "\n";
const std::string other_line = std::string{other_password} + "\n";
const std::string anna_{anna};

}  // namespace

BOOST_AUTO_TEST_SUITE(operator_)

// ---- Users

BOOST_FIXTURE_TEST_CASE(a_user_who_was_added_logs_in, open_shop) {
    BOOST_TEST(contains(succeed({"user", "add", anna_}, password_line), anna));
    const auto users = list({"user", "list"});
    BOOST_TEST_REQUIRE(users.size() == 1U);
    BOOST_TEST_REQUIRE(users[0].size() == 4U);
    BOOST_TEST(users[0][1] == anna);
    BOOST_TEST(std::regex_match(users[0][2], std::regex{R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"}), users[0][2]);
    BOOST_TEST(users[0][3] == "0");
    login();
    login();
    BOOST_TEST(list({"user", "list"})[0][3] == "2");
}

BOOST_FIXTURE_TEST_CASE(what_is_wrong_with_a_new_user_is_said_as_the_page_says_it, desk) {
    succeed({"user", "add", anna_}, password_line);
    check_refused(
        run({"user", "add", "ANNA@example.com"}, password_line), 1, "The email address is already registered."
    );
    check_refused(run({"user", "add", "bob"}, password_line), 2, "Please enter a valid email address.");
    const words bob{"user", "add", "bob@example.com"};
    check_refused(run(bob), 1, "The password must be at least 8 characters long.");
    check_refused(run(bob, "otters\n"), 1, "The password must be at least 8 characters long.");
    check_refused(run(bob, "Password1\n"), 1, "This password is too common. Please choose another.");
    check_refused(run(bob, std::string(1025, 'x')), 1, "The password must be at most 1024 bytes long.");
    check_refused(run(bob, std::string(100'000, 'x')), 1, "The password must be at most 1024 bytes long.");
    check_refused(
        run(with(bob, {"--password-min-length", "40"}), password_line), 1, "at least 40 characters long."
    );
    BOOST_TEST(list({"user", "list"}).size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(the_password_is_the_input_but_for_one_newline, open_shop) {
    using namespace std::string_literals;
    const std::string passwords[] = {"a reef\0of quiet otters"s,  "früh \xF0\x9F\xA6\xA6 am Morgen",
                                     "ends with a newline\n",     "  blanks around  ",
                                     std::string(1024, 'x') + "", "no newline at the end of it"};
    int number = 0;
    for (const auto& password : passwords) {
        const std::string email = "user" + std::to_string(++number) + "@example.com";
        succeed({"user", "add", email}, password + (number == 6 ? "" : "\n"));
        auto user = guest();
        BOOST_TEST(redirects(post_login(user, email, password), "/cookies"));
    }
}

BOOST_FIXTURE_TEST_CASE(a_new_password_ends_all_sessions_of_the_user_within_a_second, open_shop) {
    std::vector<std::chrono::milliseconds> times;
    auto bystander = member("eve@example.com");
    for (int i = 0; i < 5; ++i) {
        const std::string email = "user" + std::to_string(i) + "@example.com";
        auto user = member(email), phone = login(email);
        succeed({"user", "passwd", i == 0 ? "USER0@example.com" : email}, other_line);
        times.push_back(time_until([&] { return user.get("/settings").status != 200; }));
        BOOST_TEST(has_status(phone.get("/settings"), 303));
        BOOST_TEST(has_status(post_login(phone, email, good_password), 422));
        BOOST_TEST(redirects(post_login(phone, email, other_password), "/cookies"));
        BOOST_TEST(is_logged_in(phone.get("/settings"), email), "the new session is left alone");
    }
    check_within_a_second(times);
    BOOST_TEST(is_logged_in(bystander.get("/settings"), "eve@example.com"));
}

BOOST_FIXTURE_TEST_CASE(a_deleted_user_is_logged_out_within_a_second_and_the_email_is_free, open_shop) {
    std::vector<std::chrono::milliseconds> times;
    for (int i = 0; i < 5; ++i) {
        auto user = member(), phone = login();
        place_order(user);
        succeed({"user", "delete", i == 0 ? "ANNA@example.com" : anna_});
        times.push_back(time_until([&] { return user.get("/settings").status != 200; }));
        BOOST_TEST(has_status(phone.get("/settings"), 303));
        BOOST_TEST(has_status(post_login(phone, anna), 422));
    }
    check_within_a_second(times);
    BOOST_TEST(list({"user", "list"}).empty());
    auto successor = member();
    BOOST_TEST(hides(successor.get("/orders"), "Linzer"), "orders go with the user");
    BOOST_TEST(is_logged_in(successor.get("/settings"), anna));
}

// Until the server has followed, who was deleted still looks logged in; nothing they do then is kept.
BOOST_FIXTURE_TEST_CASE(a_deleted_user_changes_nothing_any_more, open_shop) {
    auto user = member();
    add_to_basket(user, "linzer");
    const auto checkout = user.get("/checkout");
    succeed({"user", "delete", anna_});
    for (const auto& answer : {user.submit(checkout, "/checkout"), add_to_basket(user, "linzer")})
        BOOST_TEST(answer.status < 500, answer);
    BOOST_TEST(is_guest(user.follow(user.get("/settings"))));
    BOOST_TEST(list({"user", "list"}).empty());
}

BOOST_FIXTURE_TEST_CASE(who_is_not_there_is_not_changed, desk) {
    const std::string why = "no user has the email address \"nobody@example.com\"";
    check_refused(run({"user", "passwd", "nobody@example.com"}, password_line), 1, why);
    check_refused(run({"user", "delete", "nobody@example.com"}), 1, why);
    check_refused(run({"session", "list", "--user", "nobody@example.com"}), 1, why);
    check_refused(run({"session", "revoke", "--user", "nobody@example.com"}), 1, why);
    check_refused(run({"session", "revoke", "AAAAAAAAAAAAAAAAAAAAAA"}), 1, "no session has the handle");
}

// ---- Sessions

BOOST_FIXTURE_TEST_CASE(sessions_are_listed_with_what_the_settings_page_shows_and_never_the_id, open_shop) {
    auto user = guest();
    user.always.emplace_back("User-Agent", "a browser/1.0");
    post_registration(user, anna);
    auto visitor = guest();
    add_to_basket(visitor, "linzer");
    member("eve@example.com");
    const auto sessions = list({"session", "list"});
    BOOST_TEST_REQUIRE(sessions.size() == 3U);
    for (const auto& fields : sessions) BOOST_TEST_REQUIRE(fields.size() == 7U);
    BOOST_TEST(
        (words{sessions[0][1], sessions[1][1], sessions[2][1]} == words{anna_, "(guest)", "eve@example.com"})
    );
    BOOST_TEST((words{sessions[0][0]} == session_handles(user.get("/settings/sessions"))));
    for (const std::size_t time : {2U, 3U, 4U})
        BOOST_TEST(std::regex_match(sessions[0][time], std::regex{R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"}));
    BOOST_TEST(sessions[0][2] <= sessions[0][3]);
    BOOST_TEST(sessions[0][3] < sessions[0][4]);
    BOOST_TEST(sessions[0][5] == "127.0.0.1");
    BOOST_TEST(sessions[0][6] == "a browser/1.0");
    const auto output = succeed({"session", "list"});
    for (const auto* who : {&user, &visitor}) BOOST_TEST(!contains(output, who->session()));

    const auto hers = list({"session", "list", "--user", "Eve@example.com"});
    BOOST_TEST_REQUIRE(hers.size() == 1U);
    BOOST_TEST((hers[0] == sessions[2]));
}

BOOST_FIXTURE_TEST_CASE(what_a_browser_calls_itself_does_not_reach_the_terminal, open_shop) {
    member();
    execute(
        server.database(),
        "UPDATE sessions SET user_agent = char(27) || '[2J' || char(10, 9, 155, 8238) || 'x'"
    );
    const auto sessions = list({"session", "list"});
    BOOST_TEST_REQUIRE(sessions.size() == 1U);
    BOOST_TEST_REQUIRE(sessions[0].size() == 7U);
    BOOST_TEST(sessions[0][6] == "?[2J???????x");
}

BOOST_FIXTURE_TEST_CASE(dead_sessions_are_not_listed, open_shop) {
    auto user = member(), phone = login();
    execute(server.database(), "UPDATE sessions SET expires_at = 1 WHERE id = 1");
    BOOST_TEST(list({"session", "list"}).size() == 1U);
    BOOST_TEST(list({"user", "list"})[0][3] == "1");
    execute(server.database(), "UPDATE users SET epoch = epoch + 1");
    BOOST_TEST(list({"session", "list"}).empty());
    BOOST_TEST(list({"session", "list", "--user", anna_}).empty());
    BOOST_TEST(list({"user", "list"})[0][3] == "0");
}

BOOST_FIXTURE_TEST_CASE(a_revoked_session_is_dead_within_a_second_and_no_other, open_shop) {
    std::vector<std::chrono::milliseconds> times;
    auto user = member(), other_user = member("eve@example.com");
    for (int i = 0; i < 3; ++i) {
        auto phone = login();
        const auto handle = list({"session", "list", "--user", anna_}).back()[0];
        succeed({"session", "revoke", handle});
        times.push_back(time_until([&] { return phone.get("/settings").status != 200; }));
        auto visitor = guest();
        add_to_basket(visitor, "linzer");
        succeed({"session", "revoke", list({"session", "list"}).back()[0]});
        times.push_back(time_until([&] { return quantity_of(visitor.get("/basket"), "linzer") == 0; }));
    }
    check_within_a_second(times);
    BOOST_TEST(is_logged_in(user.get("/settings"), anna));
    BOOST_TEST(is_logged_in(other_user.get("/settings"), "eve@example.com"));
}

BOOST_FIXTURE_TEST_CASE(all_sessions_of_one_user_are_revoked_within_a_second, open_shop) {
    std::vector<std::chrono::milliseconds> times;
    auto bystander = member("eve@example.com");
    member();
    for (int i = 0; i < 5; ++i) {
        auto user = login(), phone = login();
        succeed({"session", "revoke", "--user", anna_});
        times.push_back(time_until([&] { return user.get("/settings").status != 200; }));
        BOOST_TEST(has_status(phone.get("/settings"), 303));
    }
    check_within_a_second(times);
    BOOST_TEST(is_logged_in(bystander.get("/settings"), "eve@example.com"));
    BOOST_TEST(is_logged_in(login().get("/settings"), anna), "the password is what it was");
}

BOOST_FIXTURE_TEST_CASE(all_sessions_of_everybody_are_revoked_within_a_second, open_shop) {
    std::vector<std::chrono::milliseconds> times;
    member();
    member("eve@example.com");
    for (int i = 0; i < 5; ++i) {
        auto one = login(), other = login("eve@example.com"), visitor = guest();
        add_to_basket(visitor, "linzer");
        succeed({"session", "revoke", "--all"});
        times.push_back(time_until([&] { return one.get("/settings").status != 200; }));
        BOOST_TEST(has_status(other.get("/settings"), 303));
        BOOST_TEST(quantity_of(visitor.get("/basket"), "linzer") == 0);
        BOOST_TEST(list({"session", "list"}).empty());
    }
    check_within_a_second(times);
    BOOST_TEST(is_logged_in(login().get("/settings"), anna));
}

// Browsers that read and write for all they are worth: the command finds its turn, and the server the time to
// look.
BOOST_FIXTURE_TEST_CASE(a_busy_server_honours_it_within_a_second_too, open_shop) {
    constexpr std::size_t busy = 8;
    const auto crowd = member("crowd@example.com");
    member();
    std::atomic<bool> enough = false;
    std::vector<std::chrono::milliseconds> times;
    std::vector<client> tabs;
    for (std::size_t i = 0; i < busy; ++i) tabs.push_back(crowd.another_tab());
    std::vector<client> users;
    for (int i = 0; i < 4; ++i) users.push_back(login());
    std::vector<std::string> handles;
    for (const auto& session : list({"session", "list", "--user", anna_})) handles.push_back(session[0]);
    handles.erase(handles.begin());  // of the registration
    std::vector<finished> commands;
    at_once(busy + 1, [&](std::size_t i) {
        if (i < busy) {
            while (!enough) i % 2 == 0 ? tabs[i].get("/basket") : add_to_basket(tabs[i], "linzer", 1);
            return;
        }
        const auto stop = [](std::atomic<bool>* flag) { *flag = true; };
        const std::unique_ptr<std::atomic<bool>, decltype(stop)> at_the_end{&enough, stop};
        for (std::size_t n = 0; n < users.size(); ++n) {
            commands.push_back(run({"session", "revoke", handles[n]}));
            times.push_back(time_until([&] { return users[n].get("/settings").status != 200; }));
        }
    });
    for (const auto& command : commands) BOOST_TEST(command.status == 0, command.errors);
    check_within_a_second(times);
}

BOOST_FIXTURE_TEST_CASE(without_a_server_it_holds_for_the_next_one, open_shop) {
    auto user = member(), phone = login(), other = member("eve@example.com");
    BOOST_TEST(server.stop() == 0);
    succeed({"session", "revoke", list({"session", "list"}).front()[0]});
    succeed({"session", "revoke", "--user", "eve@example.com"});
    server.start();
    BOOST_TEST(!is_alive(*this, user.session()));
    BOOST_TEST(is_alive(*this, phone.session()));
    BOOST_TEST(!is_alive(*this, other.session()));
}

BOOST_FIXTURE_TEST_CASE(a_purge_removes_the_rows_of_dead_sessions_and_no_others, open_shop) {
    auto expired = member(), outdated = member("eve@example.com"), user = login();
    BOOST_TEST(server.stop() == 0);
    execute(server.database(), "UPDATE sessions SET expires_at = 1 WHERE id = 1");
    execute(server.database(), "UPDATE users SET epoch = epoch + 1 WHERE email LIKE 'eve%'");
    BOOST_TEST(succeed({"session", "purge"}) == "removed 2 sessions\n");
    BOOST_TEST(succeed({"session", "purge"}) == "removed 0 sessions\n");
    server.start();
    BOOST_TEST(is_alive(*this, user.session()));
    BOOST_TEST(!is_alive(*this, expired.session()));
    BOOST_TEST(!is_alive(*this, outdated.session()));
}

// A row may be a minute behind what a server that runs knows.
BOOST_FIXTURE_TEST_CASE(a_purge_leaves_what_may_be_alive_in_memory, open_shop) {
    member();
    BOOST_TEST(server.stop() == 0);
    const auto expire = [&](int seconds_ago) {
        execute(
            server.database(), "UPDATE sessions SET expires_at = (unixepoch() - "
                                   + std::to_string(seconds_ago)
                                   + ") * 1000, last_seen_at = (unixepoch() - 1800) * 1000"
        );
    };
    expire(30);
    BOOST_TEST(list({"session", "list"}).empty());
    BOOST_TEST(succeed({"session", "purge"}) == "removed 0 sessions\n");
    expire(61);
    BOOST_TEST(succeed({"session", "purge"}) == "removed 1 session\n");
}

// ---- The database

BOOST_AUTO_TEST_CASE(another_schema_or_none_is_refused_and_nothing_is_made) {
    const temp_folder folder;
    const auto file = folder.path() / "shop.db";
    const console console{file};
    const std::vector<words> commands{{"user", "add", anna_},    {"user", "list"},
                                      {"user", "passwd", anna_}, {"user", "delete", anna_},
                                      {"session", "list"},       {"session", "revoke", "--all"},
                                      {"session", "purge"}};
    for (const auto& command : commands)
        check_refused(console.run(command, password_line), 1, "run cookieshop migrate");
    BOOST_TEST(!std::filesystem::exists(file));
    console.succeed({"migrate"});
    execute(file, "INSERT INTO schema_version VALUES (99)");
    for (const auto& command : commands)
        check_refused(console.run(command, password_line), 1, "made by a newer cookieshop");
    execute(file, "DELETE FROM schema_version WHERE version > 1");
    for (const auto& command : commands)
        check_refused(console.run(command, password_line), 1, "run cookieshop migrate");
}

BOOST_FIXTURE_TEST_CASE(it_needs_no_secret_key_and_no_lock_and_takes_what_serve_takes, open_shop) {
    const std::string key(32, 'k');
    succeed({"user", "list", "--secret-key", key});
    BOOST_TEST(!std::filesystem::exists(folder() / "secret.key"));
    check_refused(run({"user", "list", "--secret-key", "short"}), 2, "--secret-key");
    check_refused(run({"user", "list", "--port", "1"}), 2, "--port");
}

// ---- The terminal

BOOST_FIXTURE_TEST_CASE(a_terminal_does_not_show_the_password, open_shop) {
    terminal screen{with({"user", "add", anna_}, options()), folder()};
    BOOST_TEST(screen.shows("Password: "));
    BOOST_TEST_REQUIRE((time_until([&] { return !screen.echoes(); }) < patience));
    screen.type(password_line);
    BOOST_TEST(screen.status() == 0, screen.shown());
    BOOST_TEST(!contains(screen.shown(), good_password));
    BOOST_TEST(screen.echoes(), "afterwards it shows what is typed again");
    BOOST_TEST(is_logged_in(login().get("/settings"), anna));
}

BOOST_FIXTURE_TEST_CASE(an_interrupted_prompt_leaves_the_terminal_as_it_was, desk) {
    terminal screen{with({"user", "add", anna_}, options()), folder()};
    BOOST_TEST(screen.shows("Password: "));
    BOOST_TEST_REQUIRE((time_until([&] { return !screen.echoes(); }) < patience));
    screen.type("half a pass\x03");
    BOOST_TEST(screen.status() == 128 + SIGINT);
    BOOST_TEST(screen.echoes());
    BOOST_TEST(list({"user", "list"}).empty());
}

BOOST_FIXTURE_TEST_CASE(on_a_terminal_lists_have_headings_and_columns, desk) {
    succeed({"user", "add", anna_}, password_line);
    terminal screen{with({"user", "list"}, options()), folder()};
    BOOST_TEST(screen.status() == 0);
    words lines;
    boost::split(lines, screen.shown(), boost::is_any_of("\n"));
    BOOST_TEST_REQUIRE(lines.size() == 3U);
    BOOST_TEST(lines[0].find("EMAIL") == lines[1].find("anna@"));
    BOOST_TEST(lines[0].find("ADDED") == lines[1].find("20"));
    BOOST_TEST(!contains(screen.shown(), "\t"));
}

BOOST_AUTO_TEST_SUITE_END()
