/// The operator's commands: `cookieshop user …` and `cookieshop session …`.
///
/// They work on the database, beside a server that may be running: each change is one transaction, and what
/// ends sessions is noted in it, so that the server follows (`cookieshop/store/endings.hpp`).

#pragma once

#include "config.hpp"

#include "cookieshop/db/database.hpp"

namespace cookieshop {

/// Throws `unavailable` when the database fails, or its schema is not this program's; `std::runtime_error`
/// for what the operator got wrong.
void administer(const config::command& command, const db::database& database);

}  // namespace cookieshop
