/// A password from the standard input.

#pragma once

#include "cookieshop/util/secret.hpp"

namespace cookieshop {

/// All there is to read, without one newline at its end; of a password that is too long, more than is
/// allowed, not all. On a terminal a line, which is asked for on the standard error and not shown; a signal
/// that ends the program meanwhile leaves the terminal as it was. Throws `std::system_error`.
secret read_password();

}  // namespace cookieshop
