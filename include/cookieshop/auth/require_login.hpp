/// For handlers that need a user. Who is not logged in is sent to /login?next=… if the request's Accept names
/// text/html, else gets 401.

#pragma once

#include "cookieshop/session/session_manager.hpp"

#include <string>
#include <string_view>

namespace cookieshop::auth {

using member_handler = http::basic_handler<session::session&, const session::account&>;

/// The handler runs only for a user who is logged in.
session::session_handler require_login(member_handler next);

/// `next` if it is a path on this site, else `fallback`: begins with one '/', no second '/' or backslash
/// after it, neither raw nor percent-encoded, no control characters.
std::string local_path(std::string_view next, std::string_view fallback);

}  // namespace cookieshop::auth
