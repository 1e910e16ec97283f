#include "config.hpp"

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

struct command_row {
    command::kind what;
    const char* name;
    const char* help;
};

constexpr std::array commands{
    command_row{command::kind::serve, "serve", "Runs the server"},
    command_row{command::kind::migrate, "migrate", "Brings the database to the newest schema"},
    command_row{command::kind::config, "config", "Shows every setting, its value and where it came from"},
    command_row{command::kind::version, "version", "Shows the versions of the program and its libraries"},
};

constexpr const char* footer =
    "Sizes are bytes, or end in KiB, MiB or GiB. Durations are seconds, or end in ms, s, m, h or d.\n"
    "Every option may also be set in the environment, or in a file .env in the working directory:\n"
    "COOKIESHOP_IDLE_TIMEOUT=45m is --idle-timeout 45m. The command line wins, then the environment.\n"
    "An option that is given twice takes its last value. A bad value ends the program with status 2.";

bool takes(command::kind what, const setting& row) {
    switch (what) {
    case command::kind::serve:
    case command::kind::config: return true;
    case command::kind::migrate: return row.taken_by == takers::anybody;
    case command::kind::version: return false;
    }
    return false;
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

/// The commands and options as CLI11 sees them.
class command_line {
public:
    command_line() {
        app_.require_subcommand(1);
        app_.get_formatter()->column_width(35);
        for (const auto& row : commands) {
            CLI::App& added = *app_.add_subcommand(row.name, row.help);
            add_options(added, row.what);
        }
    }

    /// Throws what CLI11 throws.
    void parse(const std::vector<std::string>& arguments) {
        auto reversed = with_empty_values(arguments);
        std::ranges::reverse(reversed);
        app_.parse(std::move(reversed));
    }

    command::kind what() const {
        const auto chosen = [this](const command_row& row) { return app_.got_subcommand(row.name); };
        return std::ranges::find_if(commands, chosen)->what;
    }

    std::optional<std::string> value(std::string_view name) const {
        const auto* const option =
            app_.get_subcommands().front()->get_option_no_throw("--" + std::string{name});
        if (option == nullptr || option->empty()) return std::nullopt;
        return option->results().back();
    }

    std::string help() const { return app_.help(); }

    bool has_command() const { return !app_.get_subcommands().empty(); }

    /// The first argument that nobody took.
    std::string leftover() const {
        const auto all = app_.remaining(true);
        return all.empty() ? std::string{} : all.front();
    }

private:
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
        if (what != command::kind::version) to.footer(footer);
    }

    CLI::App app_{"A session-authentication server and the shop that shows it", "cookieshop"};
};

/// One line about what is wrong with the command line. An argument is shown only where it can't be a secret:
/// a key that was split by a space is not, nor what follows '=' after a misspelt name.
std::string refusal(const command_line& line, const CLI::ParseError& error) {
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
        const std::string_view what{error.what()};  // "--port: 1 required PORT missing"
        return std::string{what.substr(0, what.find(':'))}
               + " must have a value; see cookieshop serve --help";
    }
    const auto leftover = line.leftover();
    if (leftover.starts_with('-')) {
        return "unknown option " + printable(leftover.substr(0, leftover.find('=')))
               + "; see cookieshop serve --help";
    }
    if (line.has_command()) return "an argument that belongs to no option; see cookieshop serve --help";
    const auto what = leftover.empty() ? "no command" : "unknown command \"" + printable(leftover) + "\"";
    return what + "; must be serve, migrate, config or version (see cookieshop --help)";
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

/// Throws `std::invalid_argument`.
command resolve(const command_line& line, const inputs& given) {
    command result;
    result.what = line.what();
    if (result.what == command::kind::version) return result;
    const auto dotenv = parse_dotenv(given.dotenv);
    refuse_unknown(given.environment, source::environment);
    refuse_unknown(dotenv, source::dotenv);
    for (const auto& row : all_settings()) {
        auto value = find_variable(row, given.environment, dotenv);
        if (auto text = line.value(row.name)) value = found_value{std::move(*text), source::command_line, {}};
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
