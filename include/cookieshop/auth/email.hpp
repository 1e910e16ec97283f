/// Email addresses: what is accepted, and when two are the same.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cookieshop::auth {

/// The address as it is kept and shown: trimmed of ASCII white space at both ends, as browsers do. None
/// unless it is 1 to 254 bytes of valid UTF-8 with exactly one '@' that has something on both sides, and
/// holds no white space, control or invisible character (Unicode's Cc, Cf, Z*, and what renders as nothing).
/// No more than that can be known without sending mail.
std::optional<std::string> parse_email(std::string_view typed);

/// What two equal addresses have in common: ASCII letters in lower case, the rest as it is.
std::string fold_email(std::string_view email);

}  // namespace cookieshop::auth
