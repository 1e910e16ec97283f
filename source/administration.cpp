#include "administration.hpp"

#include "password_input.hpp"

#include "cookieshop/auth/email.hpp"
#include "cookieshop/auth/password.hpp"
#include "cookieshop/auth/password_hasher.hpp"
#include "cookieshop/auth/user_repository.hpp"
#include "cookieshop/session/session_store.hpp"
#include "cookieshop/store/endings.hpp"
#include "cookieshop/util/clock.hpp"

#include <soci/sqlite3/soci-sqlite3.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <iostream>
#include <limits>
#include <stdexcept>
#include <thread>

namespace cookieshop {

namespace {

using db::connection;
using db::in;
using db::out;
using session::user_id;

time_point now() {
    return system_wall_clock{}.now();
}

[[noreturn]] void refuse(const std::string& why) {
    throw std::runtime_error{why};
}

// ---- Transactions

// A server that is busy gives up its turn for microseconds only, and SQLite's own waiting sleeps longer and
// longer between its tries: it would hardly ever meet that moment.
void begin_patiently(connection& c) {
    constexpr std::chrono::seconds patience{30};
    constexpr std::chrono::milliseconds between_tries{1};
    const auto deadline = std::chrono::steady_clock::now() + patience;
    c.sql() << "PRAGMA busy_timeout = 0";
    for (;; std::this_thread::sleep_for(between_tries)) {
        try {
            return c.run("BEGIN IMMEDIATE"), void();
        } catch (const soci::sqlite3_soci_error& error) {
            const bool busy = (error.result() & 0xff) == SQLITE_BUSY;
            if (!busy || std::chrono::steady_clock::now() > deadline) throw;
        }
    }
}

// What throws leaves nothing behind: the connection, which the command gives up, rolls back.
template <class F>
void in_transaction(connection& c, F work) {
    begin_patiently(c);
    work();
    c.run("COMMIT");
}

// ---- Output

// Control characters of others must not reach a terminal, nor break a line or a field.
std::string plain(std::string text, bool ascii_only) {
    const auto unfit = [ascii_only](unsigned char c) {
        return c < 0x20 || c == 0x7f || (ascii_only && c > 0x7f);
    };
    std::replace_if(text.begin(), text.end(), unfit, '?');
    return text;
}

std::string utc(time_point time) {
    const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, sizeof "2026-01-01T00:00:00Z"> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%FT%TZ", &parts);
    return {text.data(), size};
}

struct column {
    std::string_view heading;
    std::size_t width;
};

// For scripts fields between tabs and nothing else; for people columns with headings.
class listing {
public:
    explicit listing(std::vector<column> columns)
        : columns_{std::move(columns)}, for_people_{::isatty(STDOUT_FILENO) == 1} {
        if (!for_people_) return;
        std::vector<std::string> headings;
        for (const column& column : columns_) headings.emplace_back(column.heading);
        add(headings);
    }

    void add(const std::vector<std::string>& fields) const {
        std::string line;
        for (std::size_t i = 0; i < fields.size(); ++i) {
            line += fields[i];
            if (i + 1 == fields.size()) break;
            if (for_people_)
                line.append(columns_[i].width - std::min(columns_[i].width, shown_width(fields[i])) + 2, ' ');
            else
                line += '\t';
        }
        std::cout << line << '\n';
    }

private:
    static std::size_t shown_width(std::string_view utf8) {
        const auto begins_one = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; };
        return static_cast<std::size_t>(std::ranges::count_if(utf8, begins_one));
    }

    std::vector<column> columns_;
    bool for_people_;
};

// Reads and prints alternate: a listing that somebody pages through must not hold on to a snapshot of the
// database, whose log would grow meanwhile. `read` gives what it added to `rows` in the order of their ids,
// from `after` on.
template <class Row, class Read, class Print>
void in_pages(Read read, Print print) {
    constexpr std::size_t page_size = 1000;
    std::vector<Row> rows;
    std::int64_t after = 0;
    do {
        rows.clear();
        read(rows, after, page_size);
        for (const Row& row : rows) print(row);
        if (!rows.empty()) after = rows.back().id;
    } while (rows.size() == page_size && std::cout);
}

// ---- Users

[[noreturn]] void refuse_unknown(const std::string& email) {
    refuse("no user has the email address \"" + plain(email, false) + '"');
}

// As users type it: trimmed, whatever the case of its letters.
std::string email_key(const std::string& email) {
    return auth::fold_email(auth::parse_email(email).value_or(email));
}

std::optional<user_id> find_user(connection& c, const std::string& email) {
    user_id found = 0;
    const std::string_view query = "SELECT id FROM users WHERE email_key = :email_key";
    if (!c.run(query, in(email_key(email)), out(found))) return std::nullopt;
    return found;
}

user_id known_user(connection& c, const std::string& email) {
    const auto user = find_user(c, email);
    if (!user) refuse_unknown(email);
    return *user;
}

// Asked for, checked, and hashed before the database is kept waiting.
std::string read_and_hash_password(const config::settings& settings, const std::string& email) {
    secret password = read_password();
    const auto faults = auth::password_faults(password.reveal(), settings.password_min_length, email);
    if (!faults.empty()) refuse(faults.front());
    asio::io_context io{1};
    auth::password_hasher hasher{{settings.password_memory, settings.password_passes, 1}};
    auto hash = asio::co_spawn(io, hasher.hash(std::move(password)), asio::use_future);
    io.run();
    return hash.get();
}

void add_user(connection& c, const config::command& command) {
    const std::string taken = "The email address is already registered.";
    const std::string email = auth::parse_email(*command.email).value();
    if (find_user(c, email)) refuse(taken);
    const session::companion add = auth::add_user(email, read_and_hash_password(command.values, email));
    session::change change;
    change.now = now();
    in_transaction(c, [&] {
        if (!add(c, change)) refuse(taken);
    });
    std::cout << "added " << email << '\n';
}

void list_users(connection& c) {
    struct row {
        user_id id = 0;
        std::string email;
        time_point created_at;
        std::int64_t sessions = 0;
    };
    const time_point at = now();
    const auto read = [&](std::vector<row>& rows, user_id after, std::size_t limit) {
        row next;
        c.for_each(
            "SELECT u.id, u.email, u.created_at, (SELECT COUNT(*) FROM sessions s WHERE s.user_id = u.id"
            " AND s.epoch = u.epoch AND s.expires_at > :now)"
            " FROM users u WHERE u.id > :after ORDER BY u.id LIMIT :limit",
            in(at, after, limit), out(next.id, next.email, next.created_at, next.sessions),
            [&] { rows.push_back(next); }
        );
    };
    const listing list{{{"ID", 6}, {"EMAIL", 32}, {"ADDED", 20}, {"SESSIONS", 8}}};
    in_pages<row>(read, [&](const row& user) {
        list.add(
            {std::to_string(user.id), plain(user.email, false), utc(user.created_at),
             std::to_string(user.sessions)}
        );
    });
}

// The epoch ends what is cached, and a login that is under way; the rows need not wait for the sweep.
void end_sessions_of(connection& c, user_id user) {
    c.run("UPDATE users SET epoch = epoch + 1 WHERE id = :id", in(user));
    c.run("DELETE FROM sessions WHERE user_id = :user", in(user));
    store::note_ending(c, {.user = user, .handle = {}}, now());
}

void change_password(connection& c, const config::command& command) {
    known_user(c, *command.email);
    const std::string hash = read_and_hash_password(command.values, *command.email);
    in_transaction(c, [&] {
        const user_id user = known_user(c, *command.email);
        c.run("UPDATE users SET password_hash = :hash WHERE id = :id", in(hash, user));
        end_sessions_of(c, user);
    });
    std::cout << "changed the password of " << plain(*command.email, false)
              << " and ended all their sessions\n";
}

// Sessions and orders go with the row: ON DELETE CASCADE.
void delete_user(connection& c, const std::string& email) {
    in_transaction(c, [&] {
        const user_id user = known_user(c, email);
        c.run("DELETE FROM users WHERE id = :id", in(user));
        store::note_ending(c, {.user = user, .handle = {}}, now());
    });
    std::cout << "deleted " << plain(email, false) << ", their sessions and orders\n";
}

// ---- Sessions

struct session_row {
    std::int64_t id = 0;
    std::string handle;
    std::optional<std::string> email;
    time_point created_at, last_seen_at, expires_at;
    std::string address, user_agent;
};

// The '+' has it search by id alone, in whose order the rows are wanted.
constexpr std::string_view all_sessions =
    "SELECT s.id, s.handle, u.email, s.created_at, s.last_seen_at, s.expires_at, s.address, s.user_agent"
    " FROM sessions s LEFT JOIN users u ON u.id = s.user_id"
    " WHERE s.id > :after AND +s.expires_at > :now AND (s.user_id IS NULL OR s.epoch = u.epoch)"
    " ORDER BY s.id LIMIT :limit";
constexpr std::string_view sessions_of_user =
    "SELECT s.id, s.handle, u.email, s.created_at, s.last_seen_at, s.expires_at, s.address, s.user_agent"
    " FROM sessions s JOIN users u ON u.id = s.user_id AND u.epoch = s.epoch"
    " WHERE s.id > :after AND +s.expires_at > :now AND s.user_id = :user ORDER BY s.id LIMIT :limit";

void list_sessions(connection& c, const std::optional<std::string>& email) {
    const std::optional<user_id> user = email ? std::optional{known_user(c, *email)} : std::nullopt;
    const time_point at = now();
    const auto read = [&](std::vector<session_row>& rows, std::int64_t after, std::size_t limit) {
        session_row next;
        const auto columns =
            out(next.id, next.handle, next.email, next.created_at, next.last_seen_at, next.expires_at,
                next.address, next.user_agent);
        const auto add = [&] { rows.push_back(next); };
        if (user)
            c.for_each(sessions_of_user, in(after, at, *user, limit), columns, add);
        else
            c.for_each(all_sessions, in(after, at, limit), columns, add);
    };
    const listing list{
        {{"HANDLE", 22},
         {"EMAIL", 32},
         {"BEGAN", 20},
         {"LAST SEEN", 20},
         {"EXPIRES", 20},
         {"ADDRESS", 15},
         {"BROWSER", 0}}};
    in_pages<session_row>(read, [&](const session_row& s) {
        list.add(
            {s.handle, plain(s.email.value_or("(guest)"), false), utc(s.created_at), utc(s.last_seen_at),
             utc(s.expires_at), plain(s.address, true), plain(s.user_agent, true)}
        );
    });
}

// There is no index of handles, which nothing else needs: so the search holds up nobody, and who got another
// id meanwhile is searched for again.
void revoke_session(connection& c, const std::string& handle) {
    for (bool ended = false; !ended;) {
        std::string key;
        std::optional<user_id> user;
        const std::string_view search = "SELECT key, user_id FROM sessions WHERE handle = :handle";
        if (!c.run(search, in(handle), out(key, user)))
            refuse("no session has the handle \"" + plain(handle, true) + '"');
        in_transaction(c, [&] {
            c.run("DELETE FROM sessions WHERE key = :key", in(key));
            ended = c.affected() == 1;
            if (ended) store::note_ending(c, {.user = user, .handle = handle}, now());
        });
    }
    std::cout << "ended the session " << handle << '\n';
}

void revoke_sessions_of(connection& c, const std::string& email) {
    in_transaction(c, [&] { end_sessions_of(c, known_user(c, email)); });
    std::cout << "ended all sessions of " << plain(email, false) << '\n';
}

void revoke_all_sessions(connection& c) {
    in_transaction(c, [&] {
        c.run("DELETE FROM sessions");
        store::note_ending(c, {}, now());
    });
    std::cout << "ended all sessions\n";
}

void revoke(connection& c, const config::command& command) {
    if (command.everybody) return revoke_all_sessions(c);
    if (command.email) return revoke_sessions_of(c, *command.email);
    revoke_session(c, *command.handle);
}

// A row may be behind by what a server does not write at once (`session::policy::touch_after`): a minute, or
// a quarter of the idle timeout if that is less. What is dead by that too is dead in memory: no server needs
// to hear of it.
constexpr std::string_view remove_expired =
    "DELETE FROM sessions WHERE key IN (SELECT key FROM sessions WHERE expires_at <= :now"
    " AND (expires_at <= :minute_ago OR expires_at + (expires_at - last_seen_at) / 4 <= :again) LIMIT "
    ":limit)";
constexpr std::string_view remove_outdated =
    "DELETE FROM sessions WHERE key IN (SELECT s.key FROM users u"
    " JOIN sessions s ON s.user_id = u.id AND s.epoch < u.epoch WHERE u.swept_epoch < u.epoch LIMIT :limit)";

// In small transactions, with time for a server in between.
void purge(connection& c) {
    constexpr long long batch = 1000;
    constexpr std::chrono::milliseconds pause{20};
    const time_point at = now(), minute_ago = at - std::chrono::minutes{1};
    long long total = 0;
    for (long long removed = batch; removed >= batch; total += removed) {
        if (total > 0) std::this_thread::sleep_for(pause);
        in_transaction(c, [&] {
            c.run(remove_expired, in(at, minute_ago, at, batch));
            removed = c.affected();
            c.run(remove_outdated, in(batch));
            removed += c.affected();
        });
    }
    std::cout << "removed " << total << " session" << (total == 1 ? "" : "s") << '\n';
}

void run(const config::command& command, connection& c) {
    using kind = config::command::kind;
    switch (command.what) {
    case kind::user_add: return add_user(c, command);
    case kind::user_list: return list_users(c);
    case kind::user_passwd: return change_password(c, command);
    case kind::user_delete: return delete_user(c, *command.email);
    case kind::session_list: return list_sessions(c, command.email);
    case kind::session_revoke: return revoke(c, command);
    case kind::session_purge: return purge(c);
    case kind::serve:
    case kind::migrate:
    case kind::config:
    case kind::version: break;
    }
}

}  // namespace

void administer(const config::command& command, const db::database& database) {
    const auto c = database.open_as_it_is();
    try {
        run(command, *c);
    } catch (const soci::soci_error& error) {
        throw database.failure(c.get(), error);
    }
}

}  // namespace cookieshop
