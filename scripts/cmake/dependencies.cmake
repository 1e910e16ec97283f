# All of it from Debian 12; scripts/install names the packages. cookieshop-config.cmake.in repeats what the library
# needs, for those who link it.

find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(CLI11 2.1 REQUIRED)
find_package(spdlog 1.10 REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(cap-ng REQUIRED IMPORTED_TARGET libcap-ng)   # the program's alone

# Debian's SOCI and zxcvbn bring no CMake or pkg-config files.
find_library(SOCI_CORE_LIBRARY soci_core REQUIRED)
find_library(SOCI_SQLITE3_LIBRARY soci_sqlite3 REQUIRED)
find_library(ZXCVBN_LIBRARY zxcvbn REQUIRED)
# 30,000 passwords of breaches; nothing of Python runs.
find_file(ZXCVBN_LISTS zxcvbn/frequency_lists.py PATHS /usr/lib/python3/dist-packages REQUIRED)
