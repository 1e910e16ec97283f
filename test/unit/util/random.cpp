#include "cookieshop/util/random.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

namespace cookieshop {

BOOST_AUTO_TEST_SUITE(random_)

BOOST_AUTO_TEST_CASE(no_two_tokens_are_the_same) {
    std::set<std::string, std::less<>> seen;
    for (int i = 0; i < 10'000; ++i) seen.emplace(random_token::generate().view());
    BOOST_TEST(seen.size() == 10'000u);
}

BOOST_AUTO_TEST_CASE(what_was_generated_is_parsed_and_nothing_else_is) {
    const random_token token = random_token::generate();
    BOOST_TEST((random_token::parse(token.view()) == token));
    for (const char* text :
         {"", "short", "AAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAA+",
          "AAAAAAAAAAAAAAAAAAAAA "}) {
        BOOST_TEST(!random_token::parse(text).has_value(), text);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cookieshop
