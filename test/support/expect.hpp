/// What tests say about answers: `BOOST_TEST(redirects(answer, "/cookies"))`. When it does not hold, the
/// message shows the request and the response.

#pragma once

#include "support/wire.hpp"

#include <boost/test/tools/assertion_result.hpp>

#include <string_view>

namespace cookieshop::test {

boost::test_tools::assertion_result has_status(const answer& answer, int status);

/// 303 to exactly that place.
boost::test_tools::assertion_result redirects(const answer& answer, std::string_view location);

/// The header has exactly that value; there is only one.
boost::test_tools::assertion_result has_header(
    const answer& answer, std::string_view name, std::string_view value
);

/// The header's value contains that.
boost::test_tools::assertion_result header_names(
    const answer& answer, std::string_view name, std::string_view part
);

boost::test_tools::assertion_result lacks_header(const answer& answer, std::string_view name);

/// The text, as a reader sees it, contains that.
boost::test_tools::assertion_result shows(const answer& answer, std::string_view text);
boost::test_tools::assertion_result hides(const answer& answer, std::string_view text);

boost::test_tools::assertion_result is_page(const answer& answer, std::string_view heading);

/// The footer of a logged-in user's page.
boost::test_tools::assertion_result is_logged_in(const answer& page, std::string_view email);
boost::test_tools::assertion_result is_guest(const answer& page);

}  // namespace cookieshop::test
