/// The table: bytes that a client may send, and what it gets for them.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cookieshop::test {

struct row {
    std::string name;
    std::string source;  ///< the section of the standard, or who wrote about the attack
    std::string bytes;

    /// The statuses of the answers, then "next" when the request that follows is answered too: the server
    /// agrees with us about where the row's bytes end. Without it the connection is closed. "-": no answer. A
    /// "(100)" in front may come.
    std::string expected;

    /// Why this is answered although nginx refuses it. Nothing about framing may stand here.
    std::string_view more_lenient = {};

    bool half_close = false;  ///< no request follows: the client closes its side
};

/// In the order of a request's parts.
std::vector<row> cases();

}  // namespace cookieshop::test
