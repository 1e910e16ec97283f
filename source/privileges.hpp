/// Gives up the rights that a server does not need.

#pragma once

#include <string>

namespace cookieshop::config {

/// Called before the process has a second thread, and before it opens a file or a port.
///
/// Started as root and with a `run_as`, the process becomes that user and keeps one right, to listen on a
/// port below 1024. Started as root without, it stays root and keeps, beside that one, only what the files of
/// others ask for. In no case can it, or a program that it might be made to start, gain a right again
/// (no_new_privs). Throws `std::runtime_error` when `run_as` is another user and this process is not root's.
void drop_privileges(const std::string& run_as);

/// The user of this machine exists.
bool is_user(const std::string& name);

}  // namespace cookieshop::config
