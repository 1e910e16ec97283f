#include "version.hpp"

#include <boost/version.hpp>
#include <soci/version.h>
#include <sodium/version.h>
#include <sqlite3.h>

#include <algorithm>

namespace cookieshop::config {

namespace {

/// "1_81" is how Boost writes 1.81, and SOCI too.
std::string dotted(std::string version) {
    std::ranges::replace(version, '_', '.');
    return version;
}

}  // namespace

std::string version_text() {
    return std::string{"cookieshop "} + COOKIESHOP_VERSION + "\nBoost " + dotted(BOOST_LIB_VERSION)
           + "\nSOCI " + dotted(SOCI_LIB_VERSION) + "\nlibsodium " + sodium_version_string() + "\nSQLite "
           + sqlite3_libversion() + "\n";
}

}  // namespace cookieshop::config
