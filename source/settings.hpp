/// Every setting of the program: its name, its default, what it may be, where its value goes.
///
/// The rows of `all_settings` are the one place to add one: command line, environment, `.env`, `--help`, the
/// listing of `cookieshop config` and the refusal of bad values all follow from them.

#pragma once

#include "cookieshop/http/forwarded.hpp"
#include "cookieshop/session/policy.hpp"
#include "cookieshop/util/secret.hpp"

#include <spdlog/common.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cookieshop::config {

/// The values. Defaults stand in `all_settings`, so that they can't differ from what `--help` says.
struct settings {
    // Listening
    std::string address;
    std::uint16_t port{};
    std::size_t threads{};
    std::vector<std::string> allowed_hosts;  ///< empty: any
    std::vector<http::address_range> trusted_proxies;

    // Process
    std::string run_as;  ///< empty: whoever started it

    // Data
    std::string database;
    std::vector<secret> secret_keys;  ///< empty: those of the file `secret.key`

    // Sessions
    std::size_t session_cache{};
    std::size_t session_data_limit{};
    std::size_t max_sessions_per_user{};
    std::chrono::milliseconds idle_timeout{};
    std::chrono::milliseconds absolute_timeout{};
    std::chrono::milliseconds remember_for{};
    session::secure_cookies secure_cookies{};

    // Accounts
    bool detailed_login_errors{};
    std::size_t password_min_length{};
    std::size_t registration_limit{};  ///< an hour and source; 0: none
    std::size_t password_memory{};
    unsigned password_passes{};
    std::size_t password_workers{};

    // Limits
    std::size_t max_connections{};
    std::chrono::milliseconds header_timeout{};
    std::chrono::milliseconds body_timeout{};
    std::chrono::milliseconds keep_alive_timeout{};
    std::chrono::milliseconds drain_timeout{};
    std::size_t max_header_size{};
    std::size_t max_body_size{};

    // Views and log
    std::filesystem::path views;  ///< empty: the built-in ones
    bool dev{};
    spdlog::level::level_enum log_level{};
};

/// How a value is read from text, checked, and written as text again.
struct value_type {
    std::string allowed;                                    ///< "a whole number from 0 to 65535"
    std::function<bool(settings&, std::string_view)> read;  ///< false, and nothing changed: not allowed
    std::function<std::string(const settings&)> write;      ///< what `read` takes
    std::string_view empty = {};                            ///< what an empty value means
    bool secret = false;                                    ///< never shown
    bool (*holds_secret)(std::string_view) = nullptr;  ///< whether a value that is refused must not be shown
};

enum class takers {
    server,           ///< `serve` (and `config`, which takes all)
    password_makers,  ///< those that make passwords, too: `user add` and `user passwd`
    anybody,          ///< every command that touches data
};

struct setting {
    std::string_view name;        ///< `--idle-timeout` is "idle-timeout"
    std::string_view group;       ///< its heading in the help
    std::string_view value_name;  ///< what the help calls its value; empty: an option that needs none
    std::string default_text;     ///< empty: `type.empty` says what happens then
    value_type type;
    std::string_view help;
    takers taken_by = takers::server;
    std::string_view other_variable = {};  ///< one more name in the environment, which yields to the first

    /// `COOKIESHOP_IDLE_TIMEOUT`
    std::string variable() const;

    /// The default as `--help` shows it.
    std::string_view default_shown() const { return default_text.empty() ? type.empty : default_text; }
};

inline constexpr std::string_view variable_prefix = "COOKIESHOP_";

/// In the order in which they are shown.
const std::vector<setting>& all_settings();

}  // namespace cookieshop::config
