#include "cookieshop/http/security_log.hpp"

#include "cookieshop/http/error_page.hpp"
#include "unit/http/exchange_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

using namespace cookieshop;
using namespace cookieshop::http;

namespace {

// The log as it is written meanwhile: level and message.
class captured_log {
public:
    captured_log() : before_{spdlog::default_logger()} {
        auto logger = std::make_shared<spdlog::logger>(
            "captured", std::make_shared<spdlog::sinks::ostream_sink_st>(text_)
        );
        logger->set_pattern("%l %v");
        spdlog::set_default_logger(std::move(logger));
    }
    ~captured_log() { spdlog::set_default_logger(before_); }
    captured_log(const captured_log&) = delete;
    captured_log& operator=(const captured_log&) = delete;

    std::string take() {
        std::string text = text_.str();
        text_.str("");
        return text;
    }
    std::ptrdiff_t take_lines() {
        const std::string text = take();
        return std::ranges::count(text, '\n');
    }

private:
    std::shared_ptr<spdlog::logger> before_;
    std::ostringstream text_;
};

struct fixture {
    // Each test has a minute of its own: what was refused in another one does not count.
    fixture() { p.exchange.now = time_point{minute += std::chrono::minutes{1}}; }

    void from(const std::string& address) { p.exchange.client = boost::asio::ip::make_address(address); }
    void refuse(int times, std::string_view event = "csrf") {
        for (int i = 0; i < times; ++i) log_refusal(p.exchange, {}, event, "other_site");
    }

    static inline std::chrono::milliseconds minute{std::chrono::hours{500'000}};
    parsed_request p{get_request("/orders/7?token=secret")};
    captured_log log;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(security_log, fixture)

BOOST_AUTO_TEST_CASE(a_line_says_who_what_where_and_what_came_of_it) {
    from("192.0.2.1");
    log_event(p.exchange, {7, "HANDLE"}, "login", "success", {{"account", "1f"}});
    BOOST_TEST(
        log.take()
        == "info event=login outcome=success address=192.0.2.1 method=GET path=/orders/7 user=7 "
           "session=HANDLE"
           " account=1f\n"
    );
    log_event(p.exchange, {}, "login", "failure");
    BOOST_TEST(
        log.take() == "warning event=login outcome=failure address=192.0.2.1 method=GET path=/orders/7\n"
    );
}

BOOST_AUTO_TEST_CASE(no_value_forges_a_pair_or_a_line) {
    BOOST_TEST(escape_logged("plain-_.:/@%") == "plain-_.:/@%");
    BOOST_TEST(escape_logged("") == "\"\"");
    BOOST_TEST(escape_logged("a b") == "\"a b\"");
    BOOST_TEST(escape_logged("x user=1") == "\"x user=1\"");
    BOOST_TEST(escape_logged("x\" user=1") == "\"x\\\" user=1\"");
    BOOST_TEST(escape_logged("x\\") == "\"x\\\\\"");
    BOOST_TEST(
        escape_logged("x\r\n2026-01-31T12:00:00.000Z info event=login")
        == "\"x\\x0d\\x0a2026-01-31T12:00:00.000Z info event=login\""
    );
    BOOST_TEST(escape_logged("\x1b[2J\xc2\x9b\x7f") == "\"\\x1b[2J\\xc2\\x9b\\x7f\"");
    BOOST_TEST(escape_logged(std::string(300, 'x')) == "\"" + std::string(200, 'x') + "...\"");
}

BOOST_AUTO_TEST_CASE(of_one_source_ten_refusals_of_a_kind_a_minute_are_written_and_the_rest_counted) {
    const auto before = refusals_left_out();
    from("192.0.2.1");
    refuse(30);
    BOOST_TEST(log.take_lines() == 10);
    BOOST_TEST(refusals_left_out() - before == 20u);
    refuse(1, "session");
    from("192.0.2.2");
    refuse(1);
    BOOST_TEST(log.take_lines() == 2);
    from("192.0.2.1");
    p.exchange.now += std::chrono::minutes{1};
    refuse(1);
    BOOST_TEST(log.take_lines() == 1);
}

BOOST_AUTO_TEST_CASE(an_ipv6_network_of_64_bits_is_one_source) {
    for (int i = 1; i <= 30; ++i) {
        from("2001:db8::" + std::to_string(i));
        refuse(1);
    }
    BOOST_TEST(log.take_lines() == 10);
}

BOOST_AUTO_TEST_CASE(all_sources_together_have_a_hundred_refusals_a_second) {
    for (int i = 0; i < 250; ++i) {
        from("198.51.100." + std::to_string(i));
        refuse(1);
    }
    BOOST_TEST(log.take_lines() == 100);
    p.exchange.now += std::chrono::seconds{1};
    refuse(1);
    BOOST_TEST(log.take_lines() == 1);
}

BOOST_AUTO_TEST_CASE(a_flood_of_refusals_keeps_no_event_out) {
    from("192.0.2.1");
    refuse(1000);
    log.take();
    for (int i = 0; i < 200; ++i) log_event(p.exchange, {}, "login", "failure");
    BOOST_TEST(log.take_lines() == 200);
}

BOOST_AUTO_TEST_CASE(what_a_handler_throws_is_one_line_with_its_reason) {
    from("192.0.2.1");
    fail(p.exchange, std::make_exception_ptr(std::runtime_error{"no\nluck"}));
    BOOST_TEST(
        log.take()
        == "error event=error outcome=failed address=192.0.2.1 method=GET path=/orders/7 "
           "what=\"no\\x0aluck\"\n"
    );
}

BOOST_AUTO_TEST_CASE(a_log_that_wants_no_warnings_gets_none) {
    spdlog::set_level(spdlog::level::err);
    log_event(p.exchange, {}, "login", "failure");
    refuse(1);
    BOOST_TEST(log.take().empty());
}

BOOST_AUTO_TEST_SUITE_END()
