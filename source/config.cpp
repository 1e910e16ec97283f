#include "config.hpp"

#include "cookieshop/auth/email.hpp"
#include "cookieshop/util/random.hpp"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace cookieshop::config {

namespace {

constexpr int usage_status = 2;

struct group_row {
    std::string_view name;
    const char* help;
};

constexpr std::array groups{
    group_row{"user", "Adds, lists and deletes users, or changes a password"},
    group_row{"session", "Lists sessions and ends them"},
};

struct command_row {
    command::kind what;
    std::string_view group;  // empty: none; the rows of one stand together
    const char* name;
    const char* help;

    std::string path() const { return std::string{group}.append(group.empty() ? "" : " ").append(name); }
};

constexpr std::array commands{
    command_row{command::kind::serve, "", "serve", "Runs the server"},
    command_row{command::kind::migrate, "", "migrate", "Brings the database to the newest schema"},
    command_row{command::kind::user_add, "user", "add", "Adds a user"},
    command_row{command::kind::user_list, "user", "list", "Lists the users"},
    command_row{
        command::kind::user_passwd, "user", "passwd",
        "Changes a user's password, and ends all their sessions"},
    command_row{
        command::kind::user_delete, "user", "delete", "Deletes a user with all their sessions and orders"},
    command_row{command::kind::session_list, "session", "list", "Lists the live sessions"},
    command_row{command::kind::session_revoke, "session", "revoke", "Ends a session, all of a user, or all"},
    command_row{
        command::kind::session_purge, "session", "purge", "Removes what is left of sessions that are dead"},
    command_row{command::kind::config, "", "config", "Shows every setting, its value and where it came from"},
    command_row{command::kind::version, "", "version", "Shows the versions of the program and its libraries"},
};

std::string all_commands() {
    std::string names;
    for (const auto& row : commands) {
        if (!names.empty()) names += &row == &commands.back() ? " or " : ", ";
        names += row.path();
    }
    return names;
}

constexpr const char* password_source =
    "The password is read from the standard input to its end; one newline there does not belong to it. On a\n"
    "terminal it is a line, which is not shown.\n";
constexpr const char* list_form = "A line each, the oldest first, fields separated by tabs; on a terminal in "
                                  "columns, with headings. Times are\n"
                                  "UTC.\n";
constexpr const char* followed = "A server that runs honours it within a second.\n";

/// What `--help` says beside the options.
std::string explanation(command::kind what) {
    switch (what) {
    case command::kind::user_add: return password_source;
    case command::kind::user_passwd: return std::string{password_source} + followed;
    case command::kind::user_list:
        return std::string{list_form} + "Fields: id, email, when added, number of live sessions.\n";
    case command::kind::user_delete:
        return "Orders go with the user, and the email is free again.\n" + std::string{followed};
    case command::kind::session_list:
        return std::string{list_form}
               + "Fields: handle, email or (guest), begin, last seen (may be a minute old), expiry, "
                 "address,\n"
                 "browser.\n";
    case command::kind::session_revoke: return "One of HANDLE, --user and --all. " + std::string{followed};
    case command::kind::session_purge: return "A server does so by itself.\n";
    case command::kind::serve:
    case command::kind::migrate:
    case command::kind::config:
    case command::kind::version: break;
    }
    return {};
}

constexpr const char* footer =
    "Sizes are bytes, or end in KiB, MiB or GiB. Durations are seconds, or end in ms, s, m, h or d.\n"
    "Every option may also be set in the environment, or in a file .env in the working directory:\n"
    "COOKIESHOP_IDLE_TIMEOUT=45m is --idle-timeout 45m. The command line wins, then the environment.\n"
    "An option that is given twice takes its last value. A bad value ends the program with status 2.";

bool takes(command::kind what, const setting& row) {
    switch (what) {
    case command::kind::serve:
    case command::kind::config: return true;
    case command::kind::version: return false;
    case command::kind::user_add:
    case command::kind::user_passwd: return row.taken_by != takers::server;
    case command::kind::migrate:
    case command::kind::user_list:
    case command::kind::user_delete:
    case command::kind::session_list:
    case command::kind::session_revoke:
    case command::kind::session_purge: break;
    }
    return row.taken_by == takers::anybody;
}

/// One line whatever is in it, not too long, and nothing that a terminal obeys.
std::string printable(std::string_view text) {
    constexpr std::size_t shown_max = 200;
    std::string result{text.substr(0, shown_max)};
    if (text.size() > shown_max) result += "...";
    std::ranges::replace_if(
        result, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?'
    );
    return result;
}

// ---- The command line

/// CLI11 takes what follows an empty `--name=` for its value: here that becomes `--name` and an empty
/// argument.
std::vector<std::string> with_empty_values(const std::vector<std::string>& arguments) {
    std::vector<std::string> result;
    for (const auto& argument : arguments) {
        const bool empty_value = argument.starts_with("--") && argument.find('=') + 1 == argument.size();
        result.push_back(empty_value ? argument.substr(0, argument.size() - 1) : argument);
        if (empty_value) result.emplace_back();
    }
    return result;
}

/// CLI11 takes a handle that begins with '-', as one in 64 does, for options: what looks like a handle goes
/// to the end, after `--`.
std::vector<std::string> with_handles_last(const std::vector<std::string>& arguments) {
    std::vector<std::string> result, handles;
    auto next = arguments.begin();
    for (; next != arguments.end() && *next != "--"; ++next) {
        const bool handle = next->starts_with('-') && random_token::parse(*next);
        (handle ? handles : result).push_back(*next);
    }
    if (next == arguments.end() && !handles.empty()) result.emplace_back("--");
    result.insert(result.end(), next, arguments.end());
    result.insert(result.end(), handles.begin(), handles.end());
    return result;
}

/// The commands and options as CLI11 sees them.
class command_line {
public:
    command_line() {
        app_.require_subcommand(1);
        app_.get_formatter()->column_width(35);
        for (std::size_t i = 0; i < commands.size(); ++i) {
            const command_row& row = commands[i];
            apps_[i] = parent_of(row).add_subcommand(row.name, row.help);
            add_arguments(*apps_[i], row.what);
            add_options(*apps_[i], row.what);
        }
    }

    /// Throws what CLI11 throws.
    void parse(const std::vector<std::string>& arguments) {
        auto reversed = with_empty_values(arguments);
        if (arguments.size() > 2 && arguments[0] == "session" && arguments[1] == "revoke")
            reversed = with_handles_last(reversed);
        std::ranges::reverse(reversed);
        app_.parse(std::move(reversed));
    }

    /// Null: no command, or none that there is.
    const command_row* chosen() const {
        const auto parsed = std::ranges::find_if(apps_, [](const CLI::App* app) { return app->parsed(); });
        return parsed == apps_.end() ? nullptr : &commands[static_cast<std::size_t>(parsed - apps_.begin())];
    }

    /// "--name", or "NAME" for an argument without a name.
    std::optional<std::string> value(const std::string& name) const {
        const auto* const option =
            apps_[static_cast<std::size_t>(chosen() - commands.data())]->get_option_no_throw(name);
        if (option == nullptr || option->empty()) return std::nullopt;
        return option->results().back();
    }

    std::string help() const { return app_.help(); }

    /// What to say after a refusal.
    std::string see_help() const {
        std::string path;
        if (const auto* row = chosen()) path = row->path() + " ";
        return "see cookieshop " + path + "--help";
    }

    /// The group of commands that was named without one of them.
    std::string unfinished() const {
        for (const auto& row : groups)
            if (app_.got_subcommand(std::string{row.name}) && chosen() == nullptr)
                return std::string{row.name};
        return {};
    }

    /// The first argument that nobody took.
    std::string leftover() const {
        const auto all = app_.remaining(true);
        return all.empty() ? std::string{} : all.front();
    }

private:
    CLI::App& parent_of(const command_row& row) {
        const auto group = std::ranges::find(groups, row.group, &group_row::name);
        if (group == groups.end()) return app_;
        const std::string name{group->name};
        const bool first = &row == &commands.front() || (&row - 1)->group != row.group;
        if (!first) return *app_.get_subcommand(name);
        return *app_.add_subcommand(name, group->help)->require_subcommand(1);
    }

    static void add_arguments(CLI::App& to, command::kind what) {
        switch (what) {
        case command::kind::user_add:
        case command::kind::user_passwd:
        case command::kind::user_delete: to.add_option("EMAIL", "Whose account")->required(); break;
        case command::kind::session_revoke:
            to.add_option("HANDLE", "As session list and the page /settings/sessions show it");
            to.add_flag("--all")->description("Ends every session of everybody, guests too");
            [[fallthrough]];
        case command::kind::session_list:
            to.add_option("--user", "Only the sessions of this user")->type_name("EMAIL")->take_last();
            break;
        case command::kind::serve:
        case command::kind::migrate:
        case command::kind::user_list:
        case command::kind::session_purge:
        case command::kind::config:
        case command::kind::version: break;
        }
    }

    static void add_options(CLI::App& to, command::kind what) {
        for (const auto& row : all_settings()) {
            if (!takes(what, row)) continue;
            const auto name = "--" + std::string{row.name};
            const auto help = std::string{row.help}.append(" [").append(row.default_shown()).append("]");
            auto* const option = row.value_name.empty()
                                     ? to.add_flag(name, help)
                                     : to.add_option(name, help)->type_name(std::string{row.value_name});
            option->take_last()->group(std::string{row.group});
        }
        const std::string own = explanation(what);
        if (what != command::kind::version) to.footer(own + (own.empty() ? "" : "\n") + footer);
    }

    CLI::App app_{"A session-authentication server and the shop that shows it", "cookieshop"};
    std::array<CLI::App*, commands.size()> apps_{};
};

/// One line about what is wrong with the command line. An argument is shown only where it can't be a secret:
/// a key that was split by a space is not, nor what follows '=' after a misspelt name.
std::string refusal(const command_line& line, const CLI::ParseError& error) {
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
        const std::string_view what{error.what()};  // "--port: 1 required PORT missing"
        return std::string{what.substr(0, what.find(':'))} + " must have a value; " + line.see_help();
    }
    const auto leftover = line.leftover();
    if (leftover.starts_with('-'))
        return "unknown option " + printable(leftover.substr(0, leftover.find('='))) + "; " + line.see_help();
    if (line.chosen() != nullptr) {
        const bool missing = leftover.empty() && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
        return (missing ? "EMAIL must be given; " : "an argument that belongs to no option; ")
               + line.see_help();
    }
    const auto group = line.unfinished();
    const auto named = group + (group.empty() || leftover.empty() ? "" : " ") + printable(leftover);
    const auto what = named.empty() ? "no command" : "unknown command \"" + named + "\"";
    return what + "; must be " + all_commands() + " (see cookieshop --help)";
}

// ---- One setting

struct found_value {
    std::string text;
    source from;
    std::string_view variable;  // the name it had in the environment or in .env
};

/// A setting's own variable, wherever it stands, wins over its other name.
std::optional<found_value> find_variable(
    const setting& row, const variables& environment, const variables& dotenv
) {
    for (const auto& name : {row.variable(), std::string{row.other_variable}}) {
        if (name.empty()) continue;
        if (const auto found = environment.find(name); found != environment.end()) {
            return found_value{found->second, source::environment, found->first};
        }
        if (const auto found = dotenv.find(name); found != dotenv.end()) {
            return found_value{found->second, source::dotenv, found->first};
        }
    }
    return std::nullopt;
}

std::string_view to_string(source from) {
    switch (from) {
    case source::default_value: return "default";
    case source::dotenv: return ".env";
    case source::environment: return "environment";
    case source::command_line: return "command line";
    }
    return {};
}

/// "--port (COOKIESHOP_PORT, environment): "abc" is not allowed; must be a whole number from 0 to 65535"
std::string refusal(const setting& row, const found_value& value) {
    std::string result = "--" + std::string{row.name};
    if (!value.variable.empty()) {
        result.append(" (").append(value.variable).append(", ").append(to_string(value.from)).append(")");
    }
    const bool secret = row.type.secret || (row.type.holds_secret && row.type.holds_secret(value.text));
    result += secret ? ": the value" : ": \"" + printable(value.text) + "\"";
    return result + " is not allowed; must be " + row.type.allowed;
}

// ---- All of them

void refuse_unknown(const variables& given, source from) {
    std::vector<std::string> known;
    for (const auto& row : all_settings()) known.push_back(row.variable());
    for (const auto& [name, value] : given) {
        if (!name.starts_with(variable_prefix) || std::ranges::find(known, name) != known.end()) continue;
        throw std::invalid_argument{
            "unknown variable " + printable(name) + " (" + std::string{to_string(from)}
            + "); cookieshop serve --help names the settings"};
    }
}

/// What a command takes beside settings. Throws `std::invalid_argument`.
void read_arguments(const command_line& line, command& into) {
    const auto email = line.value("EMAIL");
    into.email = email ? email : line.value("--user");
    into.handle = line.value("HANDLE");
    into.everybody = line.value("--all") == "true";  // not with --all=false
    if (into.what == command::kind::user_add && !auth::parse_email(*email)) {
        throw std::invalid_argument{
            "EMAIL: \"" + printable(*email) + "\" is not allowed. Please enter a valid email address."};
    }
    const int named = (into.email ? 1 : 0) + (into.handle ? 1 : 0) + (into.everybody ? 1 : 0);
    if (into.what == command::kind::session_revoke && named != 1) {
        throw std::invalid_argument{
            "session revoke takes one of HANDLE, --user EMAIL and --all; " + line.see_help()};
    }
}

/// Throws `std::invalid_argument`.
command resolve(const command_line& line, const inputs& given) {
    command result;
    result.what = line.chosen()->what;
    if (result.what == command::kind::version) return result;
    read_arguments(line, result);
    const auto dotenv = parse_dotenv(given.dotenv);
    refuse_unknown(given.environment, source::environment);
    refuse_unknown(dotenv, source::dotenv);
    for (const auto& row : all_settings()) {
        auto value = find_variable(row, given.environment, dotenv);
        if (auto text = line.value("--" + std::string{row.name}))
            value = found_value{std::move(*text), source::command_line, {}};
        result.sources.push_back(value ? value->from : source::default_value);
        if (!value && row.default_text.empty()) continue;
        if (!value) value = found_value{row.default_text, source::default_value, {}};
        if (!row.type.read(result.values, value->text)) throw std::invalid_argument{refusal(row, *value)};
    }
    return result;
}

ending refused(const std::string& why) {
    return {usage_status, "cookieshop: " + why + "\n"};
}

}  // namespace

std::variant<command, ending> parse(const inputs& given) {
    command_line line;
    try {
        line.parse(given.arguments);
        return resolve(line, given);
    } catch (const CLI::CallForHelp&) {
        return ending{0, line.help()};
    } catch (const CLI::ParseError& error) {
        return refused(refusal(line, error));
    } catch (const std::invalid_argument& error) {
        return refused(error.what());
    }
}

std::string listing(const command& parsed) {
    std::string lines;
    for (std::size_t i = 0; i < parsed.sources.size(); ++i) {
        const auto& row = all_settings()[i];
        auto value = printable(row.type.write(parsed.values));
        if (value.empty()) value.append("<").append(row.type.empty).append(">");
        lines.append(row.name).append(" = ").append(value);
        lines.append(" (").append(to_string(parsed.sources[i])).append(")\n");
    }
    return lines;
}

variables process_environment() {
    variables result;
    for (auto entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text{*entry};
        const auto equals = std::min(text.find('='), text.size());
        result.emplace(text.substr(0, equals), text.substr(std::min(equals + 1, text.size())));
    }
    return result;
}

std::string read_dotenv() {
    const std::filesystem::path path{".env"};
    // A folder of that name is somebody else's: Python keeps virtual environments there.
    if (!std::filesystem::is_regular_file(path)) return {};
    std::ifstream file{path};
    if (!file) throw std::system_error{errno, std::generic_category(), "can't read .env"};
    return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace cookieshop::config
