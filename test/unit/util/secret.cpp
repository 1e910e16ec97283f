#include "cookieshop/util/secret.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <new>
#include <string>

namespace cookieshop {

BOOST_AUTO_TEST_SUITE(secret_)

BOOST_AUTO_TEST_CASE(a_copy_and_a_move_hold_the_same_text) {
    secret first{"hunter2"};
    const secret copy = first;
    const secret moved = std::move(first);
    BOOST_TEST(copy.reveal() == "hunter2");
    BOOST_TEST(moved.reveal() == "hunter2");
}

BOOST_AUTO_TEST_CASE(nothing_of_a_short_one_is_left_where_it_was_moved_from) {
    secret first{"hunter2"};
    const secret moved = std::move(first);
    // NOLINTNEXTLINE(bugprone-use-after-move): that is what is looked at
    const std::string left{reinterpret_cast<const char*>(&first), sizeof first};
    BOOST_TEST(left.find("hunter2") == left.npos);
}

BOOST_AUTO_TEST_CASE(zero_bytes_are_characters_like_others) {
    const secret text{std::string_view{"a\0b", 3}};
    BOOST_TEST(text.reveal().size() == 3u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cookieshop
