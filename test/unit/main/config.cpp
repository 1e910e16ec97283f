#include "config.hpp"

#include "support/source_folder.hpp"
#include "version.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <sstream>

namespace {

using cookieshop::config::all_settings;
using cookieshop::config::command;
using cookieshop::config::ending;
using cookieshop::config::inputs;
using cookieshop::config::listing;
using cookieshop::config::parse;
using cookieshop::config::variables;
using cookieshop::session::secure_cookies;
using namespace std::chrono_literals;
using arguments = std::vector<std::string>;

const std::string key_a(32, 'a');
const std::string key_b(32, 'b');

command accepted(const inputs& given) {
    auto result = parse(given);
    if (const auto* end = std::get_if<ending>(&result)) BOOST_FAIL("refused: " << end->text);
    return std::get<command>(std::move(result));
}

/// The line on standard error, without its end.
std::string refused(const inputs& given) {
    const auto result = parse(given);
    BOOST_REQUIRE(std::holds_alternative<ending>(result));
    const auto& [status, text] = std::get<ending>(result);
    BOOST_TEST(status == 2);
    BOOST_TEST(text.starts_with("cookieshop: "));
    BOOST_TEST(std::ranges::count(text, '\n') == 1);
    BOOST_TEST(text.ends_with('\n'));
    return text.substr(0, text.size() - 1);
}

std::string help(const arguments& words) {
    const auto result = parse({words, {}, {}});
    BOOST_REQUIRE(std::holds_alternative<ending>(result));
    BOOST_TEST(std::get<ending>(result).status == 0);
    return std::get<ending>(result).text;
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != text.npos;
}

/// The line of `cookieshop config` for one setting.
std::string listed(const command& parsed, std::string_view name) {
    std::istringstream lines{listing(parsed)};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(std::string{name} + " = ")) return line;
    }
    return "(none)";
}

std::string listed(const inputs& given, std::string_view name) {
    return listed(accepted(given), name);
}

BOOST_AUTO_TEST_SUITE(config)

// ---- Commands

BOOST_AUTO_TEST_CASE(each_command_is_known_by_its_name) {
    const std::pair<std::string, command::kind> cases[] = {
        {"serve", command::kind::serve},
        {"migrate", command::kind::migrate},
        {"config", command::kind::config},
        {"version", command::kind::version},
    };
    for (const auto& [name, what] : cases) {
        BOOST_TEST_CONTEXT(name) BOOST_CHECK(accepted({{name}, {}, {}}).what == what);
    }
}

BOOST_AUTO_TEST_CASE(a_missing_or_unknown_command_is_refused) {
    BOOST_TEST(contains(refused({{}, {}, {}}), "serve, migrate, "));
    BOOST_TEST(contains(refused({{"user"}, {}, {}}), "user add, user list, user passwd, user delete"));
    BOOST_TEST(contains(refused({{"session", "bake"}, {}, {}}), "unknown command \"session bake\""));
    BOOST_TEST(contains(refused({{"serv"}, {}, {}}), "unknown command \"serv\""));
    BOOST_TEST(contains(refused({{"serve", "migrate"}, {}, {}}), "belongs to no option"));
}

BOOST_AUTO_TEST_CASE(commands_take_the_options_that_concern_them) {
    BOOST_CHECK(accepted({{"config", "--port", "1"}, {}, {}}).values.port == 1);
    BOOST_CHECK(
        accepted({{"migrate", "--database", "sqlite3://x"}, {}, {}}).values.database == "sqlite3://x"
    );
    BOOST_CHECK(accepted({{"migrate", "--secret-key", key_a}, {}, {}}).values.secret_keys.size() == 1);
    BOOST_CHECK(
        accepted({{"migrate", "--log-level", "debug"}, {}, {}}).values.log_level == spdlog::level::debug
    );
    BOOST_TEST(contains(refused({{"migrate", "--port", "1"}, {}, {}}), "--port"));
    BOOST_TEST(contains(refused({{"version", "--database", "sqlite3://x"}, {}, {}}), "--database"));
    BOOST_TEST(contains(refused({{"--port", "1", "serve"}, {}, {}}), "--port"));
}

BOOST_AUTO_TEST_CASE(the_operators_commands_take_what_they_are_about) {
    using kind = command::kind;
    struct {
        arguments words;
        kind what;
        std::optional<std::string> email, handle;
        bool everybody;
    } const cases[] = {
        {{"user", "add", "a@example.com"}, kind::user_add, "a@example.com", {}, false},
        {{"user", "list"}, kind::user_list, {}, {}, false},
        {{"user", "passwd", "a@example.com"}, kind::user_passwd, "a@example.com", {}, false},
        {{"user", "delete", "a@example.com"}, kind::user_delete, "a@example.com", {}, false},
        {{"session", "list"}, kind::session_list, {}, {}, false},
        {{"session", "list", "--user", "a@example.com"}, kind::session_list, "a@example.com", {}, false},
        {{"session", "revoke", "x"}, kind::session_revoke, {}, "x", false},
        {{"session", "revoke", "--user=a@example.com"}, kind::session_revoke, "a@example.com", {}, false},
        {{"session", "revoke", "--all"}, kind::session_revoke, {}, {}, true},
        {{"session", "purge"}, kind::session_purge, {}, {}, false},
    };
    for (const auto& [words, what, email, handle, everybody] : cases) {
        const command parsed = accepted({words, {}, {}});
        BOOST_TEST_CONTEXT(words[0] << ' ' << words[1]) {
            BOOST_CHECK(parsed.what == what);
            BOOST_CHECK(parsed.email == email);
            BOOST_CHECK(parsed.handle == handle);
            BOOST_TEST(parsed.everybody == everybody);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_handle_may_begin_with_a_hyphen) {
    const std::string one = "-bcdefghijklmnopqrstuv", two = "--cdefghijklmnopqrstuv";
    BOOST_TEST(accepted({{"session", "revoke", one}, {}, {}}).handle.value() == one);
    BOOST_TEST(accepted({{"session", "revoke", "--", two}, {}, {}}).handle.value() == two);
    const arguments before_options{"session", "revoke", two, "--database", "sqlite3://x"};
    BOOST_TEST(accepted({before_options, {}, {}}).handle.value() == two);
    BOOST_TEST(accepted({before_options, {}, {}}).values.database == "sqlite3://x");
    BOOST_TEST(contains(refused({{"session", "revoke", "-bcdefgh"}, {}, {}}), "unknown option"));
}

BOOST_AUTO_TEST_CASE(revoke_takes_one_of_its_three_forms) {
    const arguments wrong[] = {
        {"session", "revoke"},
        {"session", "revoke", "--all=false"},
        {"session", "revoke", "x", "--all"},
        {"session", "revoke", "x", "--user", "a@example.com"},
        {"session", "revoke", "--all", "--user", "a@example.com"}};
    for (const arguments& words : wrong)
        BOOST_TEST(contains(refused({words, {}, {}}), "one of HANDLE, --user EMAIL and --all"));
    BOOST_TEST(contains(refused({{"session", "revoke", "x", "y"}, {}, {}}), "belongs to no option"));
}

BOOST_AUTO_TEST_CASE(a_user_is_named) {
    for (const char* name : {"add", "passwd", "delete"})
        BOOST_TEST(contains(refused({{"user", name}, {}, {}}), "EMAIL must be given"));
    BOOST_TEST(contains(refused({{"user", "add", "nobody"}, {}, {}}), "Please enter a valid email address."));
    BOOST_TEST(contains(refused({{"user", "add", "a\x1b@example.com"}, {}, {}}), "a?@example.com"));
}

BOOST_AUTO_TEST_CASE(commands_that_make_passwords_take_their_cost_and_length) {
    for (const char* name : {"add", "passwd"}) {
        const command parsed = accepted(
            {{"user", name, "a@example.com", "--password-memory", "8KiB", "--password-min-length", "9"},
             {},
             {}}
        );
        BOOST_TEST(parsed.values.password_memory == 8192U);
        BOOST_TEST(parsed.values.password_min_length == 9U);
    }
    BOOST_TEST(contains(
        refused({{"user", "delete", "a@example.com", "--password-memory", "8KiB"}, {}, {}}),
        "--password-memory"
    ));
}

BOOST_AUTO_TEST_CASE(help_is_there_for_the_program_and_for_each_command) {
    BOOST_TEST(contains(help({"--help"}), "migrate"));
    for (const std::string name : {"serve", "migrate", "config", "version"}) {
        BOOST_TEST_CONTEXT(name) BOOST_TEST(contains(help({name, "--help"}), "Usage: cookieshop " + name));
    }
    const std::pair<std::string, std::string> of_groups[] = {
        {"user", "add"},     {"user", "list"},      {"user", "passwd"},  {"user", "delete"},
        {"session", "list"}, {"session", "revoke"}, {"session", "purge"}};
    for (const auto& [group, name] : of_groups) {
        const auto text = help({group, name, "--help"});
        BOOST_TEST_CONTEXT(group << ' ' << name) {
            BOOST_TEST(contains(text, "Usage: cookieshop " + group + " " + name));
            BOOST_TEST(contains(text, "--database"));
            BOOST_TEST(contains(text, "--secret-key"));
        }
    }
}

BOOST_AUTO_TEST_CASE(help_names_every_option_and_its_default) {
    const auto text = help({"serve", "--help"});
    for (const auto& row : all_settings()) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(contains(text, "--" + std::string{row.name} + " "));
            BOOST_TEST(contains(text, "[" + std::string{row.default_shown()} + "]"));
        }
    }
}

BOOST_AUTO_TEST_CASE(the_page_about_configuration_names_every_option_and_its_default) {
    std::ifstream file{cookieshop::test::source_folder() / "docs/configuration.md"};
    const std::string page{std::istreambuf_iterator<char>{file}, {}};
    for (const auto& row : all_settings()) {
        const bool one_a_core = row.name == "threads" || row.name == "password-workers";
        const auto shown = one_a_core ? "one a core" : std::string{row.default_shown()};
        const auto quoted = one_a_core || row.default_text.empty() ? shown : "`" + shown + "`";
        BOOST_TEST(contains(page, "| `--" + std::string{row.name} + "` | " + quoted + " |"), row.name);
    }
}

BOOST_AUTO_TEST_CASE(help_needs_no_sane_environment) {
    const auto result = parse({{"serve", "--help"}, {{"COOKIESHOP_PORT", "x"}}, "malformed"});
    BOOST_REQUIRE(std::holds_alternative<ending>(result));
    BOOST_TEST(std::get<ending>(result).status == 0);
}

BOOST_AUTO_TEST_CASE(version_needs_no_sane_environment) {
    BOOST_CHECK(
        accepted({{"version"}, {{"COOKIESHOP_PORT", "x"}}, "malformed"}).what == command::kind::version
    );
}

BOOST_AUTO_TEST_CASE(the_version_names_the_program_and_its_libraries) {
    const auto text = cookieshop::config::version_text();
    for (const auto* const name : {"cookieshop ", "Boost ", "SOCI ", "libsodium ", "SQLite "}) {
        const auto at = text.find(name);
        BOOST_TEST_CONTEXT(name) {
            BOOST_REQUIRE(at != std::string::npos);
            const auto digit = text[at + std::string_view{name}.size()];
            BOOST_TEST((digit >= '0' && digit <= '9'));
        }
    }
}

// ---- Values

BOOST_AUTO_TEST_CASE(defaults_are_those_of_the_contract) {
    const auto values = accepted({{"serve"}, {}, {}}).values;
    BOOST_TEST(values.address == "127.0.0.1");
    BOOST_TEST(values.port == 8080);
    BOOST_TEST(values.threads >= 1U);
    BOOST_TEST(values.allowed_hosts.empty());
    BOOST_TEST(values.database == "sqlite3://cookieshop.db");
    BOOST_TEST(values.secret_keys.empty());
    BOOST_TEST(values.session_cache == 64U * 1024 * 1024);
    BOOST_TEST(values.session_data_limit == 4U * 1024);
    BOOST_TEST(values.max_sessions_per_user == 50U);
    BOOST_CHECK(values.idle_timeout == 30min);
    BOOST_CHECK(values.absolute_timeout == 12h);
    BOOST_CHECK(values.remember_for == std::chrono::days{30});
    BOOST_CHECK(values.secure_cookies == secure_cookies::when_secure);
    BOOST_TEST(!values.detailed_login_errors);
    BOOST_TEST(values.password_min_length == 8U);
    BOOST_TEST(values.registration_limit == 20U);
    BOOST_TEST(values.password_memory == 19U * 1024 * 1024);
    BOOST_TEST(values.password_passes == 2U);
    BOOST_TEST(values.password_workers >= 1U);
    BOOST_TEST(values.max_connections == 100'000U);
    BOOST_CHECK(values.header_timeout == 10s);
    BOOST_CHECK(values.body_timeout == 30s);
    BOOST_CHECK(values.keep_alive_timeout == 75s);
    BOOST_CHECK(values.drain_timeout == 10s);
    BOOST_TEST(values.max_header_size == 8U * 1024);
    BOOST_TEST(values.max_body_size == 64U * 1024);
    BOOST_TEST(values.views.empty());
    BOOST_TEST(!values.dev);
    BOOST_CHECK(values.log_level == spdlog::level::info);
}

struct value_case {
    std::string name;
    std::vector<std::string> allowed;  // as the listing shows them
    std::vector<std::string> refused;
};

const std::vector<value_case> value_cases{
    {"address", {"0.0.0.0", "::1", "::"}, {"", "localhost", "1.2.3", "1.2.3.4:80", "[::1]", "127.0.0.1 "}},
    {"port", {"0", "65535"}, {"", "65536", "-1", "+1", "80a", "0x50", "8080 ", "99999999999999999999"}},
    {"threads", {"1", "1024"}, {"0", "1025", "two"}},
    {"allowed-hosts",
     {"example.org", "a.example,b-1.example,[::1],127.0.0.1"},
     {"a,", ",a", "a b", "example.org:8080", "http://a", "[::1", "[1.2.3.4]", "*.example.org"}},
    {"trusted-proxies",
     {"127.0.0.1", "10.0.0.0/8,::1,2001:db8::/32"},
     {"10.0.0.0/33", "10.0.0.1/8", "localhost", "::/129", "10.0.0.0/", "fe80::1%lo", "127.0.0.1,"}},
    {"run-as", {"root", "nobody"}, {"no such user", "0"}},
    {"database",
     {"sqlite3://x.db", "sqlite3:///var/lib/x.db"},
     {"", "x.db", "sqlite3://", "mysql://x", "sqlite3://:memory:"}},
    {"session-cache", {"64KiB", "1000000", "1024GiB"}, {"0", "65535", "63KiB", "1025GiB", "64kb", "-64KiB"}},
    {"session-data-limit", {"1", "16MiB"}, {"0", "17MiB"}},
    {"max-sessions-per-user", {"1", "100000"}, {"0", "100001"}},
    {"idle-timeout", {"250ms", "90s", "400d"}, {"0", "0ms", "401d", "3650d", "1y", "-1m", "1.5h", ""}},
    {"absolute-timeout", {"1ms", "12h"}, {"0", "401d"}},
    {"remember-for", {"30d"}, {"0"}},
    {"secure-cookies", {"auto", "always", "never"}, {"", "Auto", "yes"}},
    {"login-errors", {"generic", "detailed"}, {"", "none"}},
    {"password-min-length", {"5", "1024"}, {"4", "1025"}},
    {"registration-limit", {"0", "1000000"}, {"-1", "1000001"}},
    {"password-memory", {"8KiB", "4GiB"}, {"7KiB", "5GiB"}},
    {"password-passes", {"1", "1000"}, {"0", "1001"}},
    {"password-workers", {"1", "1024"}, {"0", "1025"}},
    {"max-connections", {"1", "10000000"}, {"0", "10000001"}},
    {"header-timeout", {"5s"}, {"0"}},
    {"body-timeout", {"5s"}, {"0"}},
    {"keep-alive-timeout", {"5s"}, {"0"}},
    {"drain-timeout", {"5s"}, {"0"}},
    {"max-header-size", {"1KiB", "1MiB"}, {"1023", "2MiB"}},
    {"max-body-size", {"1", "1GiB"}, {"0", "2GiB"}},
    {"views", {"/"}, {"/nowhere", "/dev/null"}},
    {"log-level", {"trace", "debug", "info", "warning", "error", "critical", "off"}, {"", "loud", "INFO"}},
};

BOOST_AUTO_TEST_CASE(a_value_that_is_allowed_is_listed_as_it_was_given) {
    for (const auto& row : value_cases) {
        for (const auto& value : row.allowed) {
            BOOST_TEST(
                listed({{"serve", "--" + row.name, value}, {}, {}}, row.name)
                == row.name + " = " + value + " (command line)"
            );
        }
    }
}

BOOST_AUTO_TEST_CASE(a_value_that_is_not_allowed_is_refused_by_name_with_what_is) {
    for (const auto& row : value_cases) {
        for (const auto& value : row.refused) {
            BOOST_TEST_CONTEXT(row.name << " " << value) {
                const auto line = refused({{"serve", "--" + row.name, value}, {}, {}});
                BOOST_TEST(contains(line, "--" + row.name + ": \"" + value + "\""));
                BOOST_TEST(contains(line, "must be "));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(blanks_around_the_items_of_a_list_do_not_count) {
    BOOST_TEST(
        listed({{"serve", "--allowed-hosts", " a , b"}, {}, {}}, "allowed-hosts")
        == "allowed-hosts = a,b (command line)"
    );
}

BOOST_AUTO_TEST_CASE(the_password_in_the_url_of_a_server_is_not_repeated) {
    for (const char* url : {"postgresql://u:hunter2@h/d", "postgresql://host=h password=hunter2"}) {
        const auto line = refused({{"serve", "--database", url}, {}, {}});
        BOOST_TEST(contains(line, "--database"));
        BOOST_TEST(!contains(line, "hunter2"));
    }
}

BOOST_AUTO_TEST_CASE(every_setting_but_the_switch_and_the_secret_has_its_cases) {
    std::set<std::string_view> tested{"dev", "secret-key"};
    for (const auto& row : value_cases) tested.insert(row.name);
    for (const auto& row : all_settings()) BOOST_TEST(tested.contains(row.name), row.name);
}

BOOST_AUTO_TEST_CASE(what_is_listed_is_read_back_as_the_same_value) {
    const auto first = accepted({{"config"}, {}, {}});
    for (const auto& row : all_settings()) {
        if (row.default_text.empty()) continue;
        BOOST_TEST_CONTEXT(row.name) {
            const auto text = row.type.write(first.values);
            const auto again = accepted({{"config"}, {{row.variable(), text}}, {}});
            BOOST_TEST(row.type.write(again.values) == text);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_switch_needs_no_value) {
    const std::pair<arguments, bool> cases[] = {
        {{"serve"}, false},
        {{"serve", "--dev"}, true},
        {{"serve", "--dev", "--port", "1"}, true},
        {{"serve", "--dev=on"}, true},
        {{"serve", "--dev=off"}, false},
        {{"serve", "--dev", "--dev=off"}, false},
    };
    for (const auto& [words, expected] : cases) BOOST_TEST(accepted({words, {}, {}}).values.dev == expected);
    for (const auto& [text, expected] :
         {std::pair{"on", true},
          {"true", true},
          {"1", true},
          {"off", false},
          {"false", false},
          {"0", false}}) {
        BOOST_TEST(accepted({{"serve"}, {{"COOKIESHOP_DEV", text}}, {}}).values.dev == expected);
    }
    BOOST_TEST(contains(refused({{"serve", "--dev=maybe"}, {}, {}}), "\"maybe\""));
}

BOOST_AUTO_TEST_CASE(an_empty_list_or_folder_means_the_default) {
    for (const arguments& words :
         {arguments{"serve", "--allowed-hosts", "", "--views", ""},
          {"serve", "--allowed-hosts=", "--views="}}) {
        const auto parsed =
            accepted({words, {{"COOKIESHOP_ALLOWED_HOSTS", "a"}, {"COOKIESHOP_VIEWS", "b"}}, {}});
        BOOST_TEST(listed(parsed, "allowed-hosts") == "allowed-hosts = <any> (command line)");
        BOOST_TEST(listed(parsed, "views") == "views = <the built-in ones> (command line)");
    }
}

// ---- The command line

BOOST_AUTO_TEST_CASE(an_option_and_its_value_are_two_words_or_one) {
    for (const arguments& words : {arguments{"serve", "--port", "1234"}, {"serve", "--port=1234"}}) {
        BOOST_TEST(accepted({words, {}, {}}).values.port == 1234);
    }
}

BOOST_AUTO_TEST_CASE(the_last_of_several_values_counts) {
    BOOST_TEST(accepted({{"serve", "--port", "1", "--port=2"}, {}, {}}).values.port == 2);
    BOOST_TEST(
        listed({{"serve", "--allowed-hosts", "a,b", "--allowed-hosts", "c"}, {}, {}}, "allowed-hosts")
        == "allowed-hosts = c (command line)"
    );
}

BOOST_AUTO_TEST_CASE(an_option_without_its_value_is_refused) {
    BOOST_TEST(contains(refused({{"serve", "--port"}, {}, {}}), "--port"));
    BOOST_TEST(contains(refused({{"serve", "--port="}, {}, {}}), "--port"));
}

BOOST_AUTO_TEST_CASE(an_empty_value_takes_no_other_option_for_its_value) {
    const auto line =
        refused({{"serve", "--secret-key=", "--database=sqlite3://a-long-name-for-a-database.db"}, {}, {}});
    BOOST_TEST(contains(line, "--secret-key"));
}

BOOST_AUTO_TEST_CASE(unknown_options_are_refused_by_name) {
    const std::pair<arguments, std::string> cases[] = {
        {{"serve", "--prot", "1"}, "--prot"},
        {{"serve", "--prot=1"}, "--prot"},
        {{"serve", "-p", "1"}, "-p"},
        {{"serve", "--por", "1"}, "--por"},
        {{"serve", "--PORT", "1"}, "--PORT"},
        {{"serve", "--xray"}, "--xray"},
        {{"serve", "--port", "1", "--no-dev"}, "--no-dev"},
    };
    for (const auto& [words, name] : cases) {
        BOOST_TEST_CONTEXT(name)
        BOOST_TEST(contains(refused({words, {}, {}}), "unknown option " + name + ";"));
    }
}

// ---- Where values come from

BOOST_AUTO_TEST_CASE(the_nearest_source_wins_and_is_remembered) {
    const arguments none{"config"}, port{"config", "--port", "1"};
    const variables no_variable, variable{{"COOKIESHOP_PORT", "2"}};
    const std::string no_file, file{"COOKIESHOP_PORT=3\n"};
    const std::pair<inputs, std::string> cases[] = {
        {{none, no_variable, no_file}, "port = 8080 (default)"},
        {{none, no_variable, file}, "port = 3 (.env)"},
        {{none, variable, no_file}, "port = 2 (environment)"},
        {{none, variable, file}, "port = 2 (environment)"},
        {{port, no_variable, file}, "port = 1 (command line)"},
        {{port, variable, no_file}, "port = 1 (command line)"},
        {{port, variable, file}, "port = 1 (command line)"},
        {{{"config", "--port", "8080"}, {}, {}}, "port = 8080 (command line)"},
    };
    for (const auto& [given, expected] : cases) BOOST_TEST(listed(given, "port") == expected);
}

BOOST_AUTO_TEST_CASE(every_setting_has_its_variable) {
    for (const auto& row : all_settings()) {
        BOOST_TEST_CONTEXT(row.name) {
            const auto text = row.type.secret ? key_a : row.default_text;
            for (const auto& given :
                 {inputs{{"config"}, {{row.variable(), text}}, {}},
                  inputs{{"config"}, {}, row.variable() + "=" + text}}) {
                BOOST_TEST(
                    listed(given, row.name).ends_with(given.dotenv.empty() ? " (environment)" : " (.env)")
                );
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(the_listing_has_a_line_for_every_setting) {
    const auto text = listing(accepted({{"config"}, {}, {}}));
    BOOST_TEST(static_cast<std::size_t>(std::ranges::count(text, '\n')) == all_settings().size());
    for (const auto& row : all_settings()) BOOST_TEST(contains(text, std::string{row.name} + " = "));
}

BOOST_AUTO_TEST_CASE(a_bad_value_is_refused_wherever_it_stands) {
    BOOST_TEST(contains(
        refused({{"serve"}, {{"COOKIESHOP_PORT", "x"}}, {}}),
        "--port (COOKIESHOP_PORT, environment): \"x\" is not allowed"
    ));
    BOOST_TEST(contains(
        refused({{"serve"}, {}, "COOKIESHOP_PORT=x"}), "--port (COOKIESHOP_PORT, .env): \"x\" is not allowed"
    ));
}

BOOST_AUTO_TEST_CASE(unknown_variables_of_ours_are_refused_by_name) {
    for (const std::string name : {"COOKIESHOP_PROT", "COOKIESHOP_", "COOKIESHOP_HELP", "COOKIESHOP_port"}) {
        BOOST_TEST_CONTEXT(name) {
            BOOST_TEST(contains(
                refused({{"serve"}, {{name, "hunter2"}}, {}}), "unknown variable " + name + " (environment)"
            ));
            const auto line = refused({{"serve"}, {}, name + "=hunter2"});
            BOOST_TEST(contains(line, "unknown variable " + name + " (.env)"));
            BOOST_TEST(!contains(line, "hunter2"));
        }
    }
}

BOOST_AUTO_TEST_CASE(variables_of_others_are_ignored) {
    BOOST_TEST(
        accepted({{"serve"}, {{"PORT", "1"}, {"PATH", "/bin"}, {"", "x"}}, "PORT=2\nDEBUG=1\n"}).values.port
        == 8080
    );
}

BOOST_AUTO_TEST_CASE(a_malformed_dotenv_is_refused_by_the_line) {
    BOOST_TEST(contains(refused({{"serve"}, {}, "COOKIESHOP_PORT=1\nwhat\n"}), ".env, line 2"));
}

// ---- Secrets

BOOST_AUTO_TEST_CASE(the_specific_name_of_the_secret_wins_over_the_common_one) {
    const std::string specific = "COOKIESHOP_SECRET_KEY", common = "SECRET_KEY";
    const std::tuple<variables, std::string, std::string> cases[] = {
        {{{common, key_a}}, "", key_a},
        {{}, common + "=" + key_a, key_a},
        {{{specific, key_a}, {common, key_b}}, "", key_a},
        {{{common, key_b}}, specific + "=" + key_a, key_a},
        {{{common, key_a}}, common + "=" + key_b, key_a},
        {{{specific, key_a}}, common + "=" + key_b, key_a},
    };
    for (const auto& [environment, dotenv, expected] : cases) {
        const auto keys = accepted({{"serve"}, environment, dotenv}).values.secret_keys;
        BOOST_REQUIRE(keys.size() == 1);
        BOOST_TEST(keys[0].reveal() == expected);
    }
}

BOOST_AUTO_TEST_CASE(several_keys_keep_their_order) {
    const auto keys = accepted({{"serve", "--secret-key", key_b + "," + key_a}, {}, {}}).values.secret_keys;
    BOOST_REQUIRE(keys.size() == 2);
    BOOST_TEST(keys[0].reveal() == key_b);
    BOOST_TEST(keys[1].reveal() == key_a);
}

BOOST_AUTO_TEST_CASE(a_refused_secret_is_not_shown) {
    const inputs cases[] = {
        {{"serve", "--secret-key", "hunter2"}, {}, {}},
        {{"serve", "--secret-key=hunter2"}, {}, {}},
        {{"serve", "--secret-key", key_a + ",hunter2"}, {}, {}},
        {{"serve"}, {{"COOKIESHOP_SECRET_KEY", "hunter2"}}, {}},
        {{"serve"}, {{"SECRET_KEY", "hunter2"}}, {}},
        {{"serve"}, {}, "SECRET_KEY=hunter2"},
        {{"serve", "--secret-kye", "hunter2"}, {}, {}},
        {{"serve", "--secret-kye=hunter2"}, {}, {}},
        {{"serve", "--secret-key", key_a, "hunter2"}, {}, {}},
        {{"version", "--secret-key", "hunter2"}, {}, {}},
        {{"serve"}, {}, "SECRET_KEY='hunter2"},
    };
    for (const auto& given : cases) BOOST_TEST(!contains(refused(given), "hunter2"));
}

BOOST_AUTO_TEST_CASE(an_empty_secret_is_refused) {
    BOOST_TEST(contains(refused({{"serve"}, {{"COOKIESHOP_SECRET_KEY", ""}}, {}}), "COOKIESHOP_SECRET_KEY"));
    BOOST_TEST(contains(refused({{"serve"}, {{"SECRET_KEY", ""}}, {}}), "SECRET_KEY"));
}

BOOST_AUTO_TEST_CASE(the_listing_shows_no_secret) {
    const auto text = listing(accepted({{"config", "--secret-key", key_a + "," + key_b}, {}, {}}));
    BOOST_TEST(contains(text, "secret-key = <redacted> (command line)\n"));
    BOOST_TEST(!contains(text, key_a));
    BOOST_TEST(!contains(text, key_b));
    BOOST_TEST(contains(listing(accepted({{"config"}, {}, {}})), "secret-key = <generated"));
}

// ---- One line

BOOST_AUTO_TEST_CASE(control_characters_never_reach_the_terminal) {
    BOOST_TEST(contains(refused({{"serve", "--port", "1\n\x1b[2J"}, {}, {}}), "\"1??[2J\""));
    BOOST_TEST(contains(refused({{"ser\nve"}, {}, {}}), "\"ser?ve\""));
    BOOST_TEST(contains(refused({{"serve", "--a\nb"}, {}, {}}), "--a?b"));
    BOOST_TEST(
        listed({{"config", "--database", "sqlite3://a\nport = 1"}, {}, {}}, "database")
        == "database = sqlite3://a?port = 1 (command line)"
    );
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
