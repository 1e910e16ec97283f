#include "units.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <limits>

namespace {

using cookieshop::config::format_duration;
using cookieshop::config::format_size;
using cookieshop::config::parse_duration;
using cookieshop::config::parse_number;
using cookieshop::config::parse_size;
using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(units)

BOOST_AUTO_TEST_CASE(durations_are_read_in_every_unit) {
    const std::pair<std::string_view, milliseconds> cases[] = {
        {"0", 0ms},   {"1", 1s},
        {"90", 90s},  {"250ms", 250ms},
        {"90s", 90s}, {"30m", 30min},
        {"12h", 12h}, {"7d", days{7}},
        {"007", 7s},  {"9223372036854775807ms", milliseconds::max()},
    };
    for (const auto& [text, expected] : cases) {
        BOOST_TEST_CONTEXT(text) {
            const auto duration = parse_duration(text);
            BOOST_REQUIRE(duration.has_value());
            BOOST_CHECK(*duration == expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_duration_is_refused) {
    for (const std::string_view text :
         {"", "s", "-1", "+1", " 1", "1 ", "1 s", "1.5h", "1e3", "0x10", "1S", "1min", "1ss", "1h30m", "1w",
          "9223372036854775808ms", "9223372036854776", "99999999999999999999", "106751991168d"}) {
        BOOST_TEST_CONTEXT('"' << text << '"') BOOST_CHECK(!parse_duration(text));
    }
}

BOOST_AUTO_TEST_CASE(sizes_are_read_in_every_unit) {
    const std::pair<std::string_view, std::size_t> cases[] = {
        {"0", 0},
        {"1", 1},
        {"1000", 1000},
        {"64KiB", 64 * 1024},
        {"19MiB", 19 * 1024 * 1024},
        {"1GiB", 1024 * 1024 * 1024},
        {"18446744073709551615", std::numeric_limits<std::size_t>::max()},
        {"17179869183GiB", 17'179'869'183ULL << 30},
    };
    for (const auto& [text, expected] : cases) {
        BOOST_TEST_CONTEXT(text) BOOST_CHECK(parse_size(text) == std::optional{expected});
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_size_is_refused) {
    for (const std::string_view text :
         {"", "KiB", "-1", "+1", " 1", "1 KiB", "1kib", "1KB", "1K", "1.5MiB", "1KiBs", "1TiB",
          "18446744073709551616", "17179869184GiB"}) {
        BOOST_TEST_CONTEXT('"' << text << '"') BOOST_CHECK(!parse_size(text));
    }
}

BOOST_AUTO_TEST_CASE(numbers_are_digits_only) {
    BOOST_CHECK(parse_number("0") == std::optional<std::size_t>{0});
    BOOST_CHECK(parse_number("8080") == std::optional<std::size_t>{8080});
    for (const std::string_view text : {"", "-1", "+1", " 1", "1 ", "1.0", "0x1", "18446744073709551616"}) {
        BOOST_TEST_CONTEXT('"' << text << '"') BOOST_CHECK(!parse_number(text));
    }
}

BOOST_AUTO_TEST_CASE(durations_are_written_in_the_largest_unit_that_fits) {
    const std::pair<milliseconds, std::string_view> cases[] = {
        {0ms, "0ms"}, {1ms, "1ms"}, {1s, "1s"},          {1500ms, "1500ms"},
        {90s, "90s"}, {60s, "1m"},  {30min, "30m"},      {12h, "12h"},
        {24h, "1d"},  {25h, "25h"}, {days{400}, "400d"}, {milliseconds::max(), "9223372036854775807ms"},
    };
    for (const auto& [duration, expected] : cases) {
        BOOST_TEST(format_duration(duration) == expected);
        BOOST_CHECK(parse_duration(expected) == std::optional{duration});
    }
}

BOOST_AUTO_TEST_CASE(sizes_are_written_in_the_largest_unit_that_fits) {
    const std::pair<std::size_t, std::string_view> cases[] = {
        {0, "0"},
        {1, "1"},
        {1000, "1000"},
        {1024, "1KiB"},
        {1025, "1025"},
        {64 * 1024, "64KiB"},
        {19 << 20, "19MiB"},
        {std::size_t{5} << 30, "5GiB"},
        {std::size_t{2048} << 30, "2048GiB"},
        {std::numeric_limits<std::size_t>::max(), "18446744073709551615"},
    };
    for (const auto& [bytes, expected] : cases) {
        BOOST_TEST(format_size(bytes) == expected);
        BOOST_CHECK(parse_size(expected) == std::optional{bytes});
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
