// What people call their browser, from what it calls itself.

#pragma once

#include <string>
#include <string_view>

namespace cookieshop::shop {

// "Firefox on Linux"; the User-Agent itself when it is none that we know.
std::string browser_name(std::string_view user_agent);

}  // namespace cookieshop::shop
