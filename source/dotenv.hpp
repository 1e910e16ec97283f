/// The `.env` file: settings that are kept beside the program, one NAME=VALUE a line.
///
///     line  = blank | "#" comment | [ "export " ] name "=" value [ " #" comment ]
///     name  = ( letter | "_" ) *( letter | digit | "_" )
///     value = "'" text "'" | '"' text '"' | text
///
/// White space around names and values is dropped, inside quotes it is kept; there are no escapes, and no
/// NUL. Of a name that stands there twice the last line counts.

#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace cookieshop::config {

using variables = std::map<std::string, std::string, std::less<>>;

/// Throws `std::invalid_argument` with the number of the first line that is not of this form. The line itself
/// is not repeated: it may hold a secret.
variables parse_dotenv(std::string_view text);

}  // namespace cookieshop::config
