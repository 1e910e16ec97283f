#include "cookieshop/db/health.hpp"

#include <boost/test/unit_test.hpp>

using namespace cookieshop::db;

BOOST_AUTO_TEST_SUITE(health_)

BOOST_AUTO_TEST_CASE(what_failed_is_well_again_when_it_worked) {
    health health{"shop.db"};
    BOOST_TEST(health.writable());
    health.failed({.reason = "full"});
    BOOST_TEST(!health.writable());
    BOOST_TEST(health.readable());
    BOOST_TEST(health.reason() == "full");
    health.worked();
    BOOST_TEST(health.writable());
    BOOST_TEST(health.reason().empty());
}

BOOST_AUTO_TEST_CASE(what_is_damaged_is_never_well_again) {
    health health{"shop.db"};
    health.failed({.reason = "damaged", .damage = true});
    health.failed({.reason = "full"});
    health.worked();
    BOOST_TEST(!health.writable());
    BOOST_TEST(!health.readable());
    BOOST_TEST(health.reason() == "damaged");
}

BOOST_AUTO_TEST_SUITE_END()
