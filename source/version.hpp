/// What this program is made of.

#pragma once

#include <string>

namespace cookieshop::config {

/// A line each: the program's version, and those of the libraries that decide how it behaves.
std::string version_text();

}  // namespace cookieshop::config
