/// The keys that sign session cookies: from the settings, or from the file `secret.key` beside the database.

#pragma once

#include "cookieshop/session/session_id.hpp"
#include "cookieshop/util/secret.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace cookieshop::config {

/// In characters.
inline constexpr std::size_t secret_key_size_min = session::id_signer::key_size_min;

/// Keys separated by commas, without the blanks around them. None when there is none, or one is shorter than
/// `secret_key_size_min` or holds a control character, such as the line break of a file with a key a line.
std::optional<std::vector<secret>> parse_secret_keys(std::string_view text);

/// Where they are kept beside a database in `directory`, whether they are there or not.
std::filesystem::path secret_key_file(const std::filesystem::path& directory);

/// The keys of `directory/secret.key`, which may hold several, separated by commas. Where there is no such
/// file it is made, with one key of 256 random bits; when this returns, it is on the disk, and of two
/// processes that try at the same time both get the same key. A file that others may read is made its owner's
/// alone.
///
/// Throws `std::invalid_argument` when the file holds a key that is too short, and `std::system_error` when
/// it can't be read, written or protected. Neither message holds a key.
std::vector<secret> load_or_create_secret_keys(const std::filesystem::path& directory);

}  // namespace cookieshop::config
