#include "cookieshop/session/session_data.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace cookieshop::session {

BOOST_AUTO_TEST_SUITE(session_data_)

BOOST_AUTO_TEST_CASE(what_was_set_is_there_until_it_is_erased) {
    session_data data;
    data.set("a", "1");
    data.set("b", "2");
    BOOST_TEST(data.get("a").value() == "1");
    data.set("a", "3");
    BOOST_TEST(data.get("a").value() == "3");
    data.erase("a");
    BOOST_TEST(!data.get("a").has_value());
    BOOST_TEST(data.get("b").value() == "2");
}

BOOST_AUTO_TEST_CASE(an_empty_value_is_not_an_absent_one) {
    session_data data;
    data.set("a", "");
    BOOST_TEST(data.get("a").value() == "");
    BOOST_TEST(!data.empty());
}

BOOST_AUTO_TEST_CASE(it_is_stored_as_sorted_netstrings_whatever_the_order_of_the_changes) {
    session_data one, other;
    one.set("b", "22");
    one.set("a", "1");
    other.set("a", "1");
    other.set("c", "3");
    other.set("b", "22");
    other.erase("c");
    BOOST_TEST(one.stored() == "1:a,1:1,1:b,2:22,");
    BOOST_TEST(other.stored() == one.stored());
}

BOOST_AUTO_TEST_CASE(any_bytes_come_back_as_they_went_in) {
    session_data data;
    const std::string bytes{"3:a,\0\xff,\n", 8};
    data.set(bytes, bytes);
    const auto parsed = session_data::parse(data.stored());
    BOOST_REQUIRE(parsed.has_value());
    BOOST_TEST(parsed->get(bytes).value() == bytes);
}

BOOST_AUTO_TEST_CASE(what_is_stored_is_parsed_and_nothing_else_is) {
    for (const char* text : {"", "1:a,1:1,", "1:a,0:,1:b,1:2,"}) {
        BOOST_TEST(session_data::parse(text).has_value(), text);
    }
    for (const char* text :
         {"1", "1:", "1:a", "1:a,", "1:a,1:1", "1:a;1:1,", "2:a,1:1,", "1:a,1:1,x", "1:a,1:1,1:b,",
          "-1:a,1:1,", " 1:a,1:1,", "99999999999999999999:a,1:1,", "18446744073709551615:a,1:1,",
          "1:b,1:1,1:a,1:1,", "1:a,1:1,1:a,1:2,", "01:a,1:1,", "1:a,00:,"}) {
        BOOST_TEST(!session_data::parse(text).has_value(), text);
    }
}

BOOST_AUTO_TEST_CASE(all_pairs_are_visited_sorted_by_name) {
    session_data data;
    data.set("b", "2");
    data.set("a", "1");
    std::vector<std::string> seen;
    data.for_each([&](std::string_view name, std::string_view value) {
        seen.push_back(std::string{name} + "=" + std::string{value});
    });
    BOOST_TEST(seen == (std::vector<std::string>{"a=1", "b=2"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cookieshop::session
