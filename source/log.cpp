#include "log.hpp"

#include "cookieshop/http/security_log.hpp"

#include <spdlog/async.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <string>
#include <utility>

namespace cookieshop {
namespace {

// The message without the control characters that would end its line, or that a terminal obeys.
class one_line final : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& line)
        override {
        constexpr char digits[] = "0123456789abcdef";
        for (const char c : message.payload) {
            const auto byte = static_cast<unsigned char>(c);
            if (byte >= 0x20 && byte != 0x7f) {
                line.push_back(c);
            } else {
                const char escaped[]{'\\', 'x', digits[byte >> 4], digits[byte & 15]};
                line.append(std::begin(escaped), std::end(escaped));
            }
        }
    }

    std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<one_line>(); }
};

}  // namespace

log_thread::log_thread(spdlog::level::level_enum level) {
    constexpr std::size_t lines_max = 8192;
    spdlog::init_thread_pool(lines_max, 1);
    spdlog::set_default_logger(spdlog::create_async_nb<spdlog::sinks::stderr_sink_mt>("cookieshop"));
    auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    formatter->add_flag<one_line>('*').set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %*");
    spdlog::set_formatter(std::move(formatter));
    spdlog::set_level(level);
    spdlog::flush_on(spdlog::level::trace);
}

log_thread::~log_thread() {
    spdlog::shutdown();
}

void log_thread::report_losses() {
    const std::uint64_t left_out = http::refusals_left_out();
    const std::uint64_t unwritten = spdlog::thread_pool()->overrun_counter();
    const std::uint64_t more_left_out = left_out - std::exchange(left_out_, left_out);
    const std::uint64_t more_unwritten = unwritten - std::exchange(unwritten_, unwritten);
    if (more_left_out > 0) spdlog::warn("event=log outcome=left_out lines={}", more_left_out);
    if (more_unwritten > 0) spdlog::warn("event=log outcome=unwritten lines={}", more_unwritten);
}

}  // namespace cookieshop
