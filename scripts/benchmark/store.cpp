// What the session store makes of SQLite, beside the bare C interface: a line of JSON for each measurement.
//
//     store               new sessions and look-ups, in turn
//     store hash          how many passwords all cores hash in a second
//
// Both sides write the same rows to the same schema with the same pragmas (write-ahead log,
// synchronous=FULL), in a new folder where the program is started: what is measured is the disk that is
// there. Bare SQLite writes them one transaction each, and in transactions of as many rows as the store's
// had. The store does all that it does for a request: ids, tokens and hashes are made, and the caller is
// resumed on its own thread after the commit.

#include "cookieshop/auth/password_hasher.hpp"
#include "cookieshop/util/clock.hpp"
#include "stored_shop.hpp"

#include <sqlite3.h>
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace cookieshop;

namespace {

constexpr std::size_t rows_alone = 4'000, rows_batched = 60'000, lookups = 100'000;
constexpr std::size_t at_once = 512, lookups_at_once = 256;
constexpr int rounds = 3;

using steady = std::chrono::steady_clock;

// ---- the bare interface

struct closing {
    void operator()(sqlite3* db) const noexcept { sqlite3_close(db); }
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};

class bare_sqlite {
public:
    explicit bare_sqlite(const std::filesystem::path& file) {
        sqlite3* db = nullptr;
        const int opened = sqlite3_open(file.c_str(), &db);
        db_.reset(db);
        check(opened);
        for (const char* pragma :
             {"journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "cache_size = -16384"})
            execute(std::string{"PRAGMA "} + pragma);
    }

    void execute(const std::string& sql) {
        check(sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr));
    }

    std::unique_ptr<sqlite3_stmt, closing> prepare(const char* sql) {
        sqlite3_stmt* statement = nullptr;
        check(sqlite3_prepare_v3(db_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
        return std::unique_ptr<sqlite3_stmt, closing>{statement};
    }

    void check(int code) const {
        if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW)
            throw std::runtime_error{std::string{"SQLite: "} + sqlite3_errmsg(db_.get())};
    }

private:
    std::unique_ptr<sqlite3, closing> db_;
};

struct row {
    std::string key, handle, csrf_token, data;
    time_point now;
};

void insert(bare_sqlite& db, sqlite3_stmt* statement, const row& row) {
    int place = 0;
    const auto text = [&](const std::string& value) {
        db.check(
            sqlite3_bind_text(statement, ++place, value.data(), static_cast<int>(value.size()), SQLITE_STATIC)
        );
    };
    const auto number = [&](std::int64_t value) { db.check(sqlite3_bind_int64(statement, ++place, value)); };
    const std::int64_t now = row.now.time_since_epoch().count();
    static const std::string address = "127.0.0.1", agent = "store";
    text(row.key), text(row.handle), text(row.csrf_token);
    db.check(sqlite3_bind_null(statement, ++place));
    number(0), number(now), number(now), number(now + 1'800'000), number(0), number(1);
    text(address), text(agent), text(row.data);
    db.check(sqlite3_step(statement));
    db.check(sqlite3_reset(statement));
}

double insert_all(bare_sqlite& db, const std::vector<row>& rows, std::size_t in_a_transaction) {
    const auto statement =
        db.prepare("INSERT INTO sessions (key, handle, csrf_token, user_id, epoch, created_at, last_seen_at, "
                   "expires_at, remembered,"
                   " version, address, user_agent, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    const auto start = steady::now();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i % in_a_transaction == 0) db.execute("BEGIN IMMEDIATE");
        insert(db, statement.get(), rows[i]);
        if ((i + 1) % in_a_transaction == 0 || i + 1 == rows.size()) db.execute("COMMIT");
    }
    return static_cast<double>(rows.size()) / std::chrono::duration<double>(steady::now() - start).count();
}

// Every column is fetched, and each is looked at as what it is.
double look_up_all(bare_sqlite& db, const std::vector<std::string>& keys) {
    const auto statement =
        db.prepare("SELECT s.handle, s.csrf_token, s.user_id, u.email, u.epoch, s.epoch, s.created_at, "
                   "s.last_seen_at, s.remembered,"
                   " s.version, s.data FROM sessions s LEFT JOIN users u ON u.id = s.user_id WHERE s.key = ?"
        );
    std::size_t bytes = 0;
    const auto start = steady::now();
    for (std::size_t i = 0; i < lookups; ++i) {
        const std::string& key = keys[i * 7919 % keys.size()];
        db.check(
            sqlite3_bind_text(statement.get(), 1, key.data(), static_cast<int>(key.size()), SQLITE_STATIC)
        );
        if (sqlite3_step(statement.get()) != SQLITE_ROW) throw std::runtime_error{"a session is missing"};
        for (const int column : {0, 1, 10}) {
            if (sqlite3_column_text(statement.get(), column))
                bytes += static_cast<std::size_t>(sqlite3_column_bytes(statement.get(), column));
        }
        for (const int column : {2, 4, 5, 6, 7, 8, 9})
            bytes += static_cast<std::size_t>(sqlite3_column_int64(statement.get(), column) & 1);
        db.check(sqlite3_reset(statement.get()));
    }
    const double seconds = std::chrono::duration<double>(steady::now() - start).count();
    if (bytes == 0) throw std::runtime_error{"nothing was read"};
    return lookups / seconds;
}

// ---- the store

session::change guest(session::session_id id, time_point now) {
    session::change change;
    change.what = session::change::action::create;
    change.fresh = id;
    change.operations = benchmark::usual_basket();
    change.address = "127.0.0.1";
    change.user_agent = "store";
    change.now = now;
    return change;
}

struct created {
    double a_second, in_a_commit;
    std::vector<session::session_id> ids;
};

created create_all(benchmark::stored_shop& shop) {
    const std::uint64_t commits = shop.writer.commits();
    const time_point now = system_wall_clock{}.now();
    created all{};
    std::size_t left = rows_batched;
    const auto start = steady::now();
    benchmark::run_at_once(at_once, [&]() -> task<> {
        while (left > 0) {
            --left;
            const session::session_id id = shop.signer.generate();
            const auto done = co_await shop.sessions.commit(guest(id, now));
            if (!done) throw std::runtime_error{done.error().message()};
            all.ids.push_back(id);
        }
    });
    all.a_second = rows_batched / std::chrono::duration<double>(steady::now() - start).count();
    all.in_a_commit =
        static_cast<double>(rows_batched) / static_cast<double>(shop.writer.commits() - commits);
    return all;
}

double find_all(benchmark::stored_shop& shop, const std::vector<session::session_id>& ids) {
    const time_point now = system_wall_clock{}.now();
    std::size_t next = 0;
    const auto start = steady::now();
    benchmark::run_at_once(lookups_at_once, [&]() -> task<> {
        while (next < lookups) {
            const auto found = co_await shop.sessions.find(ids[next++ * 7919 % ids.size()], now);
            if (!found) throw std::runtime_error{"a session is missing"};
        }
    });
    return lookups / std::chrono::duration<double>(steady::now() - start).count();
}

// ---- in turn

class folder {
public:
    folder() {
        std::string pattern = "store-XXXXXX";
        if (!mkdtemp(pattern.data())) throw std::system_error{errno, std::generic_category(), "mkdtemp"};
        path_ = std::filesystem::absolute(pattern);
    }
    ~folder() { std::filesystem::remove_all(path_); }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;

    std::filesystem::path operator/(const char* name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

std::vector<row> make_rows(const session::id_signer& signer, std::size_t count) {
    const time_point now = system_wall_clock{}.now();
    session::session_data data;
    for (const auto& operation : benchmark::usual_basket()) operation(data).value();
    std::vector<row> rows(count);
    for (row& row : rows) {
        row = {
            signer.generate().key(), std::string{random_token::generate().view()},
            std::string{random_token::generate().view()}, data.stored(), now};
    }
    return rows;
}

void tell(std::string_view what, std::string_view how, int round, double a_second, double in_a_transaction) {
    std::cout << R"({"what": ")" << what << R"(", "how": ")" << how << R"(", "round": )" << round
              << R"(, "a_second": )" << static_cast<std::int64_t>(a_second) << R"(, "in_a_transaction": )"
              << static_cast<std::int64_t>(in_a_transaction + 0.5) << "}" << std::endl;
}

void compare(int round) {
    const folder here;
    benchmark::stored_shop shop{"sqlite3://" + (here / "shop.db").string()};
    { const benchmark::stored_shop bare{"sqlite3://" + (here / "bare.db").string()}; }
    bare_sqlite bare{here / "bare.db"};

    const double alone = insert_all(bare, make_rows(shop.signer, rows_alone), 1);
    tell("new sessions", "bare SQLite, a transaction each", round, alone, 1);
    const created ours = create_all(shop);
    tell("new sessions", "the session store", round, ours.a_second, ours.in_a_commit);
    const std::vector<row> rows = make_rows(shop.signer, rows_batched);
    const double batched = insert_all(bare, rows, static_cast<std::size_t>(ours.in_a_commit + 0.5));
    tell("new sessions", "bare SQLite, as many in a transaction", round, batched, ours.in_a_commit);

    std::vector<std::string> keys;
    for (const row& row : rows) keys.push_back(row.key);
    tell("look-ups", "the session store", round, find_all(shop, ours.ids), 1);
    tell("look-ups", "bare SQLite", round, look_up_all(bare, keys), 1);
}

void measure_hashes() {
    const std::size_t cores = std::thread::hardware_concurrency();
    const std::size_t hashes = 200 * cores;
    auth::password_hasher hasher{{.workers = cores}};
    std::size_t left = hashes;
    const auto start = steady::now();
    benchmark::run_at_once(2 * cores, [&]() -> task<> {
        while (left > 0) {
            --left;
            (void)co_await hasher.hash(secret{"a reef of quiet otters"});
        }
    });
    const double seconds = std::chrono::duration<double>(steady::now() - start).count();
    std::cout << R"({"hashes_per_second": )" << static_cast<double>(hashes) / seconds << "}\n";
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string_view> arguments{argv + 1, argv + argc};
    try {
        if (arguments.empty()) {
            for (int round = 1; round <= rounds; ++round) compare(round);
        } else if (arguments == std::vector<std::string_view>{"hash"}) {
            measure_hashes();
        } else {
            std::cerr << "usage: store [hash]\n";
            return 2;
        }
    } catch (const std::exception& error) {
        std::cerr << "store: " << error.what() << '\n';
        return 1;
    }
}
