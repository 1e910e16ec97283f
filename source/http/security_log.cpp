#include "cookieshop/http/security_log.hpp"

#include "cookieshop/http/source.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>

namespace cookieshop::http {
namespace {

constexpr unsigned lines_a_minute = 10;   // of one source and event
constexpr unsigned lines_a_second = 100;  // of all together: far fewer than the log's thread can write
constexpr std::size_t value_size_max = 200;

// A fixed number of counters, found by hash: bounded without anything to evict. Two sources that share one
// share its lines.
class refusal_limit {
public:
    bool admits(const source& source, std::string_view event, time_point now) {
        const std::lock_guard lock{mutex_};
        const bool admitted = slot_of(source, event).admits(std::chrono::floor<minutes>(now), lines_a_minute)
                              && all_.admits(std::chrono::floor<seconds>(now), lines_a_second);
        if (!admitted) left_out_.fetch_add(1, std::memory_order_relaxed);
        return admitted;
    }

    std::uint64_t left_out() const noexcept { return left_out_.load(std::memory_order_relaxed); }

private:
    using minutes = std::chrono::minutes;
    using seconds = std::chrono::seconds;

    template <class Period>
    struct counter {
        std::chrono::sys_time<Period> period{};
        unsigned count = 0;

        // A request that was under way for a while comes with its own time: that begins no new period.
        bool admits(std::chrono::sys_time<Period> now, unsigned most) noexcept {
            if (now > period || now < period - minutes{5}) *this = {now, 0};
            return count < most && ++count > 0;
        }
    };

    counter<minutes>& slot_of(const source& source, std::string_view event) {
        constexpr std::hash<std::string_view> hash;
        const std::string_view bytes{reinterpret_cast<const char*>(source.data()), source.size()};
        return slots_[(hash(bytes) ^ hash(event)) % slots_.size()];
    }

    std::mutex mutex_;
    std::array<counter<minutes>, 4096> slots_;
    counter<seconds> all_;
    std::atomic<std::uint64_t> left_out_{0};
};

refusal_limit& limit() {
    static refusal_limit instance;
    return instance;
}

spdlog::level::level_enum level_of(severity severity) noexcept {
    switch (severity) {
    case severity::info: return spdlog::level::info;
    case severity::warning: return spdlog::level::warn;
    case severity::error: break;
    }
    return spdlog::level::err;
}

bool is_plain(char c) noexcept {
    return c > ' ' && c <= '~' && c != '"' && c != '\\' && c != '=';
}

void append_pair(std::string& line, std::string_view name, std::string_view value) {
    if (!line.empty()) line += ' ';
    line.append(name).append("=").append(escape_logged(value));
}

void write(
    const exchange& exchange, const actor& actor, std::string_view event, std::string_view outcome,
    std::initializer_list<logged> more, severity severity
) {
    const request& request = exchange.request;
    std::string line;
    line.reserve(256);
    append_pair(line, "event", event);
    append_pair(line, "outcome", outcome);
    append_pair(line, "address", exchange.client.to_string());
    // As they were sent, but for the query.
    if (!request.method_text.empty()) append_pair(line, "method", request.method_text);
    if (!request.target.empty())
        append_pair(line, "path", request.target.substr(0, request.target.find('?')));
    if (actor.user != 0) append_pair(line, "user", std::to_string(actor.user));
    if (!actor.session.empty()) append_pair(line, "session", actor.session);
    for (const logged& pair : more) append_pair(line, pair.name, pair.value);
    spdlog::default_logger_raw()->log(level_of(severity), spdlog::string_view_t{line});
}

}  // namespace

void log_event(
    const exchange& exchange, const actor& actor, std::string_view event, std::string_view outcome,
    std::initializer_list<logged> more
) {
    const severity severity = outcome == "success" ? severity::info : severity::warning;
    if (spdlog::should_log(level_of(severity))) write(exchange, actor, event, outcome, more, severity);
}

void log_refusal(
    const exchange& exchange, const actor& actor, std::string_view event, std::string_view outcome,
    std::initializer_list<logged> more, severity severity
) {
    if (!spdlog::should_log(level_of(severity))) return;
    if (!limit().admits(source_of(exchange.client), event, exchange.now)) return;
    write(exchange, actor, event, outcome, more, severity);
}

std::uint64_t refusals_left_out() noexcept {
    return limit().left_out();
}

std::string escape_logged(std::string_view value) {
    const bool cut = value.size() > value_size_max;
    value = value.substr(0, value_size_max);
    if (!cut && !value.empty() && std::ranges::all_of(value, is_plain)) return std::string{value};
    constexpr std::string_view digits = "0123456789abcdef";
    std::string quoted{'"'};
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            (quoted += '\\') += c;
        else if (is_plain(c) || c == ' ' || c == '=')
            quoted += c;
        else
            ((quoted += "\\x") += digits[byte >> 4]) += digits[byte & 15];
    }
    if (cut) quoted += "...";
    return quoted += '"';
}

}  // namespace cookieshop::http
