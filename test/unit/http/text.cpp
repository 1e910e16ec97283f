#include "http/text.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>
#include <string_view>

namespace cookieshop::http {

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(the_case_of_ascii_letters_makes_no_difference_to_iequals) {
    BOOST_TEST(iequals("", ""));
    BOOST_TEST(iequals("Content-Type", "content-tYPE"));
    BOOST_TEST(!iequals("a", "ab"));
    BOOST_TEST(!iequals("a", "b"));
    BOOST_TEST(!iequals("@[`{", "`{@["));  // beside the letters, 32 apart
    BOOST_TEST(!iequals("\xC3\x84", "\xC3\xA4"));
}

// Under AddressSanitizer: the byte behind the view is not ours.
BOOST_AUTO_TEST_CASE(iequals_reads_nothing_beyond_its_arguments) {
    const auto bytes = std::make_unique<char[]>(4);
    std::ranges::copy(std::string_view{"hTml"}, bytes.get());
    BOOST_TEST(iequals({bytes.get(), 4}, "html"));
    BOOST_TEST(iequals("html", {bytes.get(), 4}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cookieshop::http
