/// From the command line, the environment and `.env` to one command and its settings.
///
/// Pure functions of what they are given, but for `process_environment` and `read_dotenv`; only `main` calls
/// those.

#pragma once

#include "dotenv.hpp"
#include "settings.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cookieshop::config {

/// Where the program is told what to do.
struct inputs {
    std::vector<std::string> arguments;  ///< without the program's name
    variables environment;
    std::string dotenv;  ///< the text of `.env`; empty: no such file
};

/// Where a value came from; of several, the one that stands last here wins.
enum class source { default_value, dotenv, environment, command_line };

struct command {
    enum class kind {
        serve,
        migrate,
        user_add,
        user_list,
        user_passwd,
        user_delete,
        session_list,
        session_revoke,
        session_purge,
        config,
        version,
    };

    kind what{};
    std::optional<std::string> email;   ///< EMAIL, or what follows `--user`
    std::optional<std::string> handle;  ///< HANDLE
    bool everybody = false;             ///< `--all`
    settings values;                    ///< all of them, whatever the command takes; untouched for `version`
    std::vector<source> sources;        ///< one for each of `all_settings`
};

/// The program is to end now.
struct ending {
    int status;        ///< 0: help was asked for; 2: usage, a bad value, an unknown name
    std::string text;  ///< for standard output when `status` is 0, else one line for standard error
};

std::variant<command, ending> parse(const inputs& given);

/// What `cookieshop config` prints: `port = 8080 (default)`, a line a setting, secrets redacted.
std::string listing(const command& parsed);

/// This process's environment.
variables process_environment();

/// The text of `.env` in the working directory; empty when there is no such file. Throws `std::system_error`
/// when it can't be read.
std::string read_dotenv();

}  // namespace cookieshop::config
