#include "dotenv.hpp"

#include <boost/test/unit_test.hpp>

#include <stdexcept>

namespace {

using cookieshop::config::parse_dotenv;
using cookieshop::config::variables;

BOOST_AUTO_TEST_SUITE(dotenv)

BOOST_AUTO_TEST_CASE(every_form_of_a_line_is_read) {
    const std::pair<std::string_view, variables> cases[] = {
        {"", {}},
        {"\n\r\n  \t\n", {}},
        {"# a comment\n  # another", {}},
        {"A=1", {{"A", "1"}}},
        {"A=1\nB=2\n", {{"A", "1"}, {"B", "2"}}},
        {"A=1\r\nB=2\r\n", {{"A", "1"}, {"B", "2"}}},
        {"  A =  1  ", {{"A", "1"}}},
        {"export A=1", {{"A", "1"}}},
        {"export=1", {{"export", "1"}}},
        {"A=", {{"A", ""}}},
        {"A=''", {{"A", ""}}},
        {"A='1 # 2'", {{"A", "1 # 2"}}},
        {"A=\"  it's \"", {{"A", "  it's "}}},
        {"A='a\"b' # why", {{"A", "a\"b"}}},
        {"A=1 # why", {{"A", "1"}}},
        {"A=#why", {{"A", ""}}},
        {"A=1#2", {{"A", "1#2"}}},
        {"A=a b", {{"A", "a b"}}},
        {"A=b=c==", {{"A", "b=c=="}}},
        {"A=$B\\n", {{"A", "$B\\n"}}},
        {"_a1=x", {{"_a1", "x"}}},
        {"A=1\nA=2", {{"A", "2"}}},
    };
    for (const auto& [text, expected] : cases) {
        BOOST_TEST_CONTEXT(text) BOOST_CHECK(parse_dotenv(text) == expected);
    }
}

BOOST_AUTO_TEST_CASE(a_malformed_line_is_refused_by_its_number_and_not_repeated) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"secret", "line 1:"},     {"A=1\n\n# b\nsecret\n", "line 4:"},
        {"=secret", "line 1:"},    {"1A=secret", "line 1:"},
        {"A B=secret", "line 1:"}, {"A-B=secret", "line 1:"},
        {"A='secret", "line 1:"},  {"A='secret\n'", "line 1:"},
        {"A=\"secret", "line 1:"}, {"A='secret' b", "line 1:"},
        {"export", "line 1:"},     {{"A=secret\0", 9}, "line 1:"},
    };
    for (const auto& [text, line] : cases) {
        const auto names_it = [number = line](const std::invalid_argument& error) {
            const std::string_view what{error.what()};
            return what.find(number) != what.npos && what.find("secret") == what.npos
                   && what.find('\n') == what.npos;
        };
        BOOST_TEST_CONTEXT(text) {
            BOOST_CHECK_EXCEPTION(parse_dotenv(text), std::invalid_argument, names_it);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
