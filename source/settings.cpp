#include "settings.hpp"

#include "privileges.hpp"
#include "secret_key.hpp"
#include "units.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

namespace cookieshop::config {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kib = 1024;
constexpr std::size_t mib = 1024 * kib;
constexpr std::size_t gib = 1024 * mib;

/// `parse` makes an optional value of a text, `write` a text of a value.
template <class T, class Parse, class Write>
value_type make_type(T settings::*field, std::string_view allowed, Parse parse, Write write) {
    value_type result;
    result.allowed = allowed;
    result.read = [field, parse](settings& into, std::string_view text) {
        std::optional<T> value = parse(text);
        if (value) into.*field = std::move(*value);
        return value.has_value();
    };
    result.write = [field, write](const settings& from) { return write(from.*field); };
    return result;
}

template <class T>
value_type number(T settings::*field, T least, T most) {
    return make_type(
        field, "a whole number from " + std::to_string(least) + " to " + std::to_string(most),
        [least, most](std::string_view text) -> std::optional<T> {
            const auto value = parse_number(text);
            if (!value || *value < least || *value > most) return std::nullopt;
            return static_cast<T>(*value);
        },
        [](T value) { return std::to_string(value); }
    );
}

value_type size(std::size_t settings::*field, std::size_t least, std::size_t most) {
    return make_type(
        field,
        "a size from " + format_size(least) + " to " + format_size(most) + ", in bytes, KiB, MiB or GiB",
        [least, most](std::string_view text) {
            const auto value = parse_size(text);
            return value && *value >= least && *value <= most ? value : std::nullopt;
        },
        format_size
    );
}

value_type duration(milliseconds settings::*field) {
    // Browsers keep no cookie for longer either (RFC 6265bis, 5.5).
    constexpr milliseconds least{1}, most = std::chrono::days{400};
    return make_type(
        field, "a duration from 1ms to 400d, in ms, s, m, h or d (a bare number is seconds)",
        [least, most](std::string_view text) {
            const auto value = parse_duration(text);
            return value && *value >= least && *value <= most ? value : std::nullopt;
        },
        format_duration
    );
}

/// Of several names for one value the first is the one that is written.
template <class T>
value_type choice(T settings::*field, std::vector<std::pair<std::string_view, T>> names) {
    std::string allowed = "one of";
    for (const auto& [name, value] : names) allowed.append(allowed.ends_with("of") ? " " : ", ").append(name);
    return make_type(
        field, allowed,
        [names](std::string_view text) {
            const auto found = std::ranges::find(names, text, &std::pair<std::string_view, T>::first);
            return found == names.end() ? std::nullopt : std::optional{found->second};
        },
        [names](T value) {
            return std::string{
                std::ranges::find(names, value, &std::pair<std::string_view, T>::second)->first};
        }
    );
}

value_type ip_address(std::string settings::*field) {
    return make_type(
        field, "an IPv4 or IPv6 address",
        [](std::string_view text) -> std::optional<std::string> {
            boost::system::error_code error;
            boost::asio::ip::make_address(text, error);
            if (error) return std::nullopt;
            return std::string{text};
        },
        [](const std::string& value) { return value; }
    );
}

/// The URL of a server may come with a password.
bool may_hold_password(std::string_view url) {
    return url.find('@') != std::string_view::npos || url.find("password") != std::string_view::npos;
}

value_type database_url(std::string settings::*field) {
    auto result = make_type(
        field, "sqlite3://PATH",
        [](std::string_view text) -> std::optional<std::string> {
            constexpr std::string_view scheme = "sqlite3://";
            // Every connection would open an empty database of its own.
            constexpr std::string_view in_memory = ":memory:";
            if (!text.starts_with(scheme) || text == scheme || text.ends_with(in_memory)) return std::nullopt;
            return std::string{text};
        },
        [](const std::string& value) { return value; }
    );
    result.holds_secret = may_hold_password;
    return result;
}

value_type folder(std::filesystem::path settings::*field, std::string_view when_empty) {
    auto result = make_type(
        field, "a folder",
        [](std::string_view text) -> std::optional<std::filesystem::path> {
            std::error_code ignored;
            if (!text.empty() && !std::filesystem::is_directory(text, ignored)) return std::nullopt;
            return std::filesystem::path{text};
        },
        [](const std::filesystem::path& value) { return value.string(); }
    );
    result.empty = when_empty;
    return result;
}

/// A name or an address (IPv6 in brackets) as it stands in `Host`, but without the port.
bool is_host(std::string_view text) {
    constexpr std::string_view in_names = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
    if (text.starts_with('[') && text.ends_with(']')) {
        boost::system::error_code error;
        boost::asio::ip::make_address_v6(text.substr(1, text.size() - 2), error);
        return !error;
    }
    return !text.empty() && text.find_first_not_of(in_names) == std::string_view::npos;
}

std::optional<std::vector<std::string>> parse_hosts(std::string_view text) {
    std::vector<std::string> hosts;
    for (const std::string_view host : split_list(text)) {
        if (!is_host(host)) return std::nullopt;
        hosts.emplace_back(host);
    }
    return hosts;
}

value_type host_list(std::vector<std::string> settings::*field) {
    auto result = make_type(
        field, "host names without ports, separated by commas", parse_hosts,
        [](const std::vector<std::string>& hosts) {
            std::string joined;
            for (const auto& host : hosts) joined.append(joined.empty() ? "" : ",").append(host);
            return joined;
        }
    );
    result.empty = "any";
    return result;
}

std::optional<std::vector<http::address_range>> parse_ranges(std::string_view text) {
    std::vector<http::address_range> ranges;
    for (const std::string_view item : split_list(text)) {
        const auto range = http::address_range::parse(item);
        if (!range) return std::nullopt;
        ranges.push_back(*range);
    }
    return ranges;
}

value_type range_list(std::vector<http::address_range> settings::*field) {
    auto result = make_type(
        field, "IP addresses or ranges of them such as 10.0.0.0/8, separated by commas", parse_ranges,
        [](const std::vector<http::address_range>& ranges) {
            std::string joined;
            for (const auto& range : ranges) joined.append(joined.empty() ? "" : ",").append(range.text());
            return joined;
        }
    );
    result.empty = "none";
    return result;
}

value_type key_list(std::vector<secret> settings::*field) {
    auto result = make_type(
        field,
        "keys of at least " + std::to_string(secret_key_size_min) + " characters each, separated by commas",
        parse_secret_keys,
        [](const std::vector<secret>& keys) { return std::string{keys.empty() ? "" : "<redacted>"}; }
    );
    result.empty = "generated, kept in secret.key beside the database";
    result.secret = true;
    return result;
}

value_type user(std::string settings::*field) {
    auto result = make_type(
        field, "a user of this machine",
        [](std::string_view text) -> std::optional<std::string> {
            std::string name{text};
            if (!name.empty() && !is_user(name)) return std::nullopt;
            return name;
        },
        [](const std::string& value) { return value; }
    );
    result.empty = "whoever starts it";
    return result;
}

std::string one_a_core() {
    return std::to_string(std::clamp(std::thread::hardware_concurrency(), 1U, 1024U));
}

}  // namespace

std::string setting::variable() const {
    std::string result{variable_prefix};
    for (const char c : name) result += c == '-' ? '_' : static_cast<char>(c - 'a' + 'A');
    return result;
}

const std::vector<setting>& all_settings() {
    using s = settings;
    using secure = session::secure_cookies;
    namespace level = spdlog::level;
    constexpr std::string_view listening = "Listening", process = "Process", data = "Data",
                               sessions = "Sessions", accounts = "Accounts", limits = "Limits",
                               output = "Views and log";
    // clang-format off
    static const std::vector<setting> rows{
        {"address", listening, "IP", "127.0.0.1", ip_address(&s::address), "Address to listen on"},
        {"port", listening, "PORT", "8080", number<std::uint16_t>(&s::port, 0, 65535),
         "Port to listen on; 0 picks a free one, which is printed"},
        {"threads", listening, "COUNT", one_a_core(), number<std::size_t>(&s::threads, 1, 1024),
         "Event loops, each on a thread of its own; one a core"},
        {"allowed-hosts", listening, "NAME,...", "", host_list(&s::allowed_hosts),
         "Names accepted in a request's Host; for others the answer is 421"},
        {"trusted-proxies", listening, "RANGE,...", "", range_list(&s::trusted_proxies),
         "Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed"},

        {"run-as", process, "USER", "", user(&s::run_as),
         "User to become when started as root"},

        {"database", data, "URL", "sqlite3://cookieshop.db", database_url(&s::database),
         "Where users, sessions and orders are kept: sqlite3://PATH", takers::anybody},
        {"secret-key", data, "KEY,...", "", key_list(&s::secret_keys),
         "Signs session cookies: the first key signs, all verify", takers::anybody, "SECRET_KEY"},

        {"session-cache", sessions, "SIZE", "64MiB", size(&s::session_cache, 64 * kib, 1024 * gib),
         "The most memory that cached sessions take; eviction logs nobody out"},
        {"session-data-limit", sessions, "SIZE", "4KiB", size(&s::session_data_limit, 1, 16 * mib),
         "The most data that one session holds; a change past it gets 422"},
        {"max-sessions-per-user", sessions, "COUNT", "50",
         number<std::size_t>(&s::max_sessions_per_user, 1, 100'000),
         "Past it, the user's session that was seen least recently ends"},
        {"idle-timeout", sessions, "DURATION", "30m", duration(&s::idle_timeout),
         "A session ends when nothing was heard of it for so long"},
        {"absolute-timeout", sessions, "DURATION", "12h", duration(&s::absolute_timeout),
         "A session ends at this age, however busy it is"},
        {"remember-for", sessions, "DURATION", "30d", duration(&s::remember_for),
         "Both timeouts of a remembered session, and its cookie's Max-Age"},
        {"secure-cookies", sessions, "WHEN", "auto",
         choice<secure>(&s::secure_cookies, {{"auto", secure::when_secure}, {"always", secure::always},
                                             {"never", secure::never}}),
         "When the cookie is Secure: auto (a trusted proxy says that TLS was spoken), always or never"},

        {"login-errors", accounts, "KIND", "generic",
         choice<bool>(&s::detailed_login_errors, {{"generic", false}, {"detailed", true}}),
         "generic keeps quiet about what was wrong, email or password; detailed tells"},
        {"password-min-length", accounts, "COUNT", "8",
         number<std::size_t>(&s::password_min_length, 5, 1024),
         "The fewest characters of a new password", takers::password_makers},
        {"registration-limit", accounts, "COUNT", "20",
         number<std::size_t>(&s::registration_limit, 0, 1'000'000),
         "New accounts that a source may make in an hour; 0: no limit"},
        {"password-memory", accounts, "SIZE", "19MiB", size(&s::password_memory, 8 * kib, 4 * gib),
         "Memory that hashing a password takes (argon2id)", takers::password_makers},
        {"password-passes", accounts, "COUNT", "2", number<unsigned>(&s::password_passes, 1, 1000),
         "Passes over that memory", takers::password_makers},
        {"password-workers", accounts, "COUNT", one_a_core(),
         number<std::size_t>(&s::password_workers, 1, 1024),
         "Passwords hashed at once; one a core"},

        {"max-connections", limits, "COUNT", "100000",
         number<std::size_t>(&s::max_connections, 1, 10'000'000),
         "Past it a new connection gets 503 and is closed"},
        {"header-timeout", limits, "DURATION", "10s", duration(&s::header_timeout),
         "How long the head of a request may take"},
        {"body-timeout", limits, "DURATION", "30s", duration(&s::body_timeout),
         "How long the body of a request may take"},
        {"keep-alive-timeout", limits, "DURATION", "75s", duration(&s::keep_alive_timeout),
         "How long a connection may be idle between two requests"},
        {"drain-timeout", limits, "DURATION", "10s", duration(&s::drain_timeout),
         "How long a stop waits for requests under way"},
        {"max-header-size", limits, "SIZE", "8KiB", size(&s::max_header_size, 1 * kib, 1 * mib),
         "The largest head of a request"},
        {"max-body-size", limits, "SIZE", "64KiB", size(&s::max_body_size, 1, 1 * gib),
         "The largest body of a request"},

        {"views", output, "FOLDER", "", folder(&s::views, "the built-in ones"),
         "Pages to show instead"},
        {"dev", output, "", "off",
         choice<bool>(&s::dev, {{"on", true}, {"off", false}, {"true", true}, {"false", false}, {"1", true},
                                {"0", false}}),
         "Reads the views again when they change"},
        {"log-level", output, "LEVEL", "info",
         choice<level::level_enum>(&s::log_level,
                                   {{"trace", level::trace}, {"debug", level::debug}, {"info", level::info},
                                    {"warning", level::warn}, {"error", level::err},
                                    {"critical", level::critical}, {"off", level::off}}),
         "Least severity logged: trace, debug, info, warning, error, critical, off", takers::anybody},
    };
    // clang-format on
    return rows;
}

}  // namespace cookieshop::config
