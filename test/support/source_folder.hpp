/// Where the sources lie: for tests that read a file of theirs.

#pragma once

#include <filesystem>

namespace cookieshop::test {

std::filesystem::path source_folder();

}  // namespace cookieshop::test
