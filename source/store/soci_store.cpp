#include "cookieshop/store/soci_store.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

namespace cookieshop::store {

using db::connection;
using db::in;
using db::out;
using namespace session;

namespace {

using action = change::action;
using mutable_session_ptr = boost::intrusive_ptr<live_session>;

// How many 'last seen' may wait to be written, and how many one job writes: no commit waits long for it.
constexpr std::size_t touches_max = 128 * 1024, touches_per_job = 4096;

void set_last_seen(const live_session& session, time_point seen) {
    const auto milliseconds = seen.time_since_epoch().count();
    session.last_seen.store(milliseconds, std::memory_order_relaxed);
    session.last_seen_stored.store(milliseconds, std::memory_order_relaxed);
}

// ---- reading

// The session of a row, under an id that is the row's or is to become it. Null: no such row, damaged, or dead
// (S3, S5). `seen`: what is known of the last request beside the row, which may be behind.
mutable_session_ptr read_session(
    connection& c, const std::string& key, const session_id& id, const policy& policy, time_point now,
    time_point seen = {}
) {
    constexpr auto query =
        "SELECT s.handle, s.csrf_token, s.user_id, u.email, u.epoch, s.epoch, s.created_at,"
        " s.last_seen_at, s.remembered, s.version, s.data"
        " FROM sessions s LEFT JOIN users u ON u.id = s.user_id WHERE s.key = :key";
    const mutable_session_ptr session{new live_session{id}};
    std::string handle, csrf_token, data;
    std::optional<user_id> user;
    std::optional<std::string> email;
    std::optional<std::uint64_t> user_epoch;
    time_point last_seen;
    const bool found = c.run(
        query, in(key),
        out(handle, csrf_token, user, email, user_epoch, session->epoch, session->created_at, last_seen,
            session->remembered, session->version, data)
    );
    if (!found) return nullptr;

    const auto parsed_handle = random_token::parse(handle);
    const auto parsed_csrf_token = random_token::parse(csrf_token);
    auto parsed_data = session_data::parse(std::move(data));
    if (!parsed_handle || !parsed_csrf_token || !parsed_data) {
        spdlog::error("session {}: its row is damaged", handle);
        return nullptr;
    }
    session->handle = *parsed_handle;
    session->csrf_token = *parsed_csrf_token;
    session->data = std::move(*parsed_data);
    if (user) session->owner = new account{*user, std::move(email).value(), user_epoch.value()};
    set_last_seen(*session, std::max(last_seen, seen));
    return session->alive(policy, now) ? session : nullptr;
}

std::vector<session_info> list_sessions(connection& c, user_id user, const policy& policy, time_point now) {
    constexpr auto query =
        "SELECT s.handle, s.created_at, s.last_seen_at, s.remembered, s.address, s.user_agent"
        " FROM sessions s JOIN users u ON u.id = s.user_id AND u.epoch = s.epoch"
        " WHERE s.user_id = :user ORDER BY s.last_seen_at DESC, s.id DESC";
    std::vector<session_info> live;
    session_info row;
    bool remembered = false;
    const auto columns =
        out(row.handle, row.created_at, row.last_seen_at, remembered, row.address, row.user_agent);
    c.for_each(query, in(user), columns, [&] {
        row.expires_at = std::min(
            row.last_seen_at + policy.idle(remembered), row.created_at + policy.absolute(remembered)
        );
        if (now < row.expires_at) live.push_back(row);
    });
    return live;
}

// ---- writing

// A change, and what can be known of it before it is the writer's turn: there is one writer, and what it need
// not do itself would keep everybody waiting.
struct prepared_change {
    explicit prepared_change(session::change given) : change{std::move(given)} {
        if (change.current) current_key = change.current->id.key();
        if (!change.fresh) return;
        fresh_key = change.fresh->key();
        handle = random_token::generate();
        csrf_token = random_token::generate();
    }

    session::change change;
    std::string current_key, fresh_key;
    random_token handle, csrf_token;  // for a session that begins
};

void insert_session(
    connection& c, const live_session& s, const prepared_change& prepared, const policy& policy
) {
    const std::optional<user_id> user = s.owner ? std::optional{s.owner->id} : std::nullopt;
    c.run(
        "INSERT INTO sessions (key, handle, csrf_token, user_id, epoch, created_at, last_seen_at, expires_at,"
        " remembered, version, address, user_agent, data) VALUES (:key, :handle, :csrf_token, :user, :epoch,"
        " :created_at, :last_seen_at, :expires_at, :remembered, :version, :address, :user_agent, :data)",
        in(prepared.fresh_key, s.handle.view(), s.csrf_token.view(), user, s.epoch, s.created_at, s.seen_at(),
           s.expires_at(policy), s.remembered, s.version, prepared.change.address, prepared.change.user_agent,
           s.data.stored())
    );
}

void update_session(connection& c, const std::string& key, const live_session& s, const policy& policy) {
    c.run(
        "UPDATE sessions SET epoch = :epoch, last_seen_at = :last_seen_at, expires_at = :expires_at,"
        " version = :version, data = :data WHERE key = :key",
        in(s.epoch, s.seen_at(), s.expires_at(policy), s.version, s.data.stored(), key)
    );
}

void erase_session(connection& c, const std::string& key) {
    c.run("DELETE FROM sessions WHERE key = :key", in(key));
}

// S3: the epoch was read before the password was verified, and is compared in the transaction that lets them
// in.
result<void> log_in(connection& c, const login& who, time_point now, live_session& session) {
    std::string email;
    std::uint64_t epoch = 0;
    if (!c.run("SELECT email, epoch FROM users WHERE id = :id", in(who.user), out(email, epoch)))
        return errc::conflict;
    if (epoch != who.epoch) return errc::conflict;
    session.owner = new account{who.user, std::move(email), epoch};
    session.epoch = epoch;
    session.remembered = who.remember;
    session.created_at = now;
    return {};
}

// All sessions of the owner carry a lower epoch from here on, but this one. Their rows are left to
// `erase_outdated`.
void end_others(connection& c, live_session& session) {
    c.run(
        "UPDATE users SET epoch = epoch + 1 WHERE id = :id RETURNING epoch", in(session.owner->id),
        out(session.epoch)
    );
    session.owner->raise_epoch(session.epoch);
}

// S2. Data that grow past the limit are refused; what shrinks always goes, so that no session is ever stuck.
result<void> change_data(
    const std::vector<data_operation>& operations, std::size_t limit, session_data& data
) {
    const std::size_t size_before = data.size();
    for (const data_operation& operation : operations) {
        if (auto done = operation(data); !done) return done;
    }
    if (data.size() > limit && data.size() > size_before) return errc::too_large;
    return {};
}

// Of the sessions that a user has beside `newest`, ends those that were seen least recently and are too many.
// Gives their handles.
std::vector<std::string> end_surplus(
    connection& c, const std::string& newest_key, const live_session& newest, const policy& policy
) {
    const std::size_t others_max = std::max<std::size_t>(policy.sessions_per_user_max, 1) - 1;
    std::vector<std::string> ended;
    std::string handle;
    c.for_each(
        "DELETE FROM sessions WHERE key IN (SELECT key FROM sessions WHERE user_id = :user AND epoch = :epoch"
        " AND expires_at > :now AND key <> :newest ORDER BY last_seen_at DESC, id DESC"
        " LIMIT 9223372036854775807 OFFSET :others_max) RETURNING handle",
        in(newest.owner->id, newest.epoch, newest.seen_at(), newest_key, others_max), out(handle),
        [&] { ended.push_back(handle); }
    );
    return ended;
}

mutable_session_ptr begin_session(const prepared_change& prepared) {
    mutable_session_ptr session{new live_session{*prepared.change.fresh}};
    session->handle = prepared.handle;
    session->csrf_token = prepared.csrf_token;
    session->created_at = prepared.change.now;
    return session;
}

result<committed> commit_session(connection& c, const prepared_change& prepared, const policy& policy) {
    const change& change = prepared.change;
    const bool begins = change.what == action::create || change.what == action::replace;
    const session_id& id = change.fresh ? *change.fresh : change.current->id;
    mutable_session_ptr session;
    if (!begins)
        session = read_session(c, prepared.current_key, id, policy, change.now, change.current->seen_at());
    if (begins || (!session && change.log_in)) session = begin_session(prepared);
    if (!session) return errc::gone;

    if (change.log_in) {
        if (auto done = log_in(c, *change.log_in, change.now, *session); !done) return done.error();
    }
    if (change.end_others && session->owner) end_others(c, *session);
    if (auto done = change_data(change.operations, policy.data_limit, session->data); !done)
        return done.error();
    set_last_seen(*session, std::max(session->seen_at(), change.now));
    ++session->version;

    // A rotated session is a new row: its id, and so its place, is another.
    if (change.current && change.fresh) erase_session(c, prepared.current_key);
    if (change.fresh)
        insert_session(c, *session, prepared, policy);
    else
        update_session(c, prepared.current_key, *session, policy);
    committed done{session, {}};
    if (change.log_in) done.ended_handles = end_surplus(c, prepared.fresh_key, *session, policy);
    return done;
}

// A new session of a guest, changed data, or an end: an INSERT, an UPDATE or a DELETE.
db::job_changes changes_of(const change& change) {
    const bool one_row = !change.current || !change.fresh;
    const bool alone = change.companions.empty() && !change.log_in && !change.end_others;
    return one_row && alone ? db::job_changes::one : db::job_changes::several;
}

result<committed> commit_change(connection& c, prepared_change& prepared, const policy& policy) {
    change& change = prepared.change;
    for (const companion& work : change.companions) {
        if (auto done = work(c, change); !done) return done.error();
    }
    switch (change.what) {
    case action::none: return committed{change.current, {}};
    case action::destroy: erase_session(c, prepared.current_key); return committed{};
    case action::create:
    case action::save:
    case action::rotate:
    case action::replace: break;
    }
    return commit_session(c, prepared, policy);
}

// ---- sweeping

std::size_t erase_past_expiry(connection& c, time_point now, std::size_t limit) {
    c.run(
        "DELETE FROM sessions WHERE key IN"
        " (SELECT key FROM sessions WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit)",
        in(now, limit)
    );
    return static_cast<std::size_t>(c.affected());
}

// Sessions that their user's epoch left behind, of as many users as the limit allows.
std::size_t erase_outdated(connection& c, std::size_t limit) {
    std::size_t erased = 0;
    user_id user = 0;
    std::uint64_t epoch = 0;
    while (erased < limit
           && c.run("SELECT id, epoch FROM users WHERE swept_epoch < epoch LIMIT 1", in(), out(user, epoch))
    ) {
        c.run(
            "DELETE FROM sessions WHERE key IN"
            " (SELECT key FROM sessions WHERE user_id = :user AND epoch < :epoch LIMIT :limit)",
            in(user, epoch, limit - erased)
        );
        erased += static_cast<std::size_t>(c.affected());
        if (erased < limit) c.run("UPDATE users SET swept_epoch = :epoch WHERE id = :id", in(epoch, user));
    }
    return erased;
}

// All less those of users, as there is no index of guests: both are counted in an index.
std::size_t count_guests(connection& c) {
    std::size_t guests = 0;
    c.run(
        "SELECT (SELECT COUNT(*) FROM sessions) - (SELECT COUNT(*) FROM sessions WHERE user_id IS NOT NULL)",
        in(), out(guests)
    );
    return guests;
}

// ---- 'last seen'

struct touch {
    session_id id;
    time_point seen, expires_at;
};

void write_touch(connection& c, const touch& touch) {
    c.run(
        "UPDATE sessions SET last_seen_at = :seen, expires_at = :expires_at WHERE key = :key AND "
        "last_seen_at < :now",
        in(touch.seen, touch.expires_at, touch.id.key(), touch.seen)
    );
}

// Shared with the job that writes it, which may outlive the store: what was gathered is written by the
// writer's destructor at the latest.
class touch_queue : public std::enable_shared_from_this<touch_queue> {
public:
    explicit touch_queue(db::writer& writer) : writer_{writer} {}

    void add(const touch& touch) {
        const std::lock_guard lock{mutex_};
        if (gathered_.size() >= touches_max) return;
        gathered_.push_back(touch);
        if (job_.expired()) post_job();
    }

    // All of them.
    void write(connection& c) {
        for (auto taken = take(); !taken.empty(); taken = take()) {
            for (const touch& touch : taken) write_touch(c, touch);
        }
    }

private:
    struct job {
        const std::shared_ptr<touch_queue> queue;
    };

    // Under the mutex. The job lives for as long as the writer holds it: `job_` knows when there is none,
    // whether it ran, was refused, or was lost with its batch.
    void post_job() {
        const std::shared_ptr<job> posted{new job{shared_from_this()}};
        job_ = posted;
        writer_.post([posted](connection& c) {
            for (const touch& touch : posted->queue->take()) write_touch(c, touch);
        });
    }

    std::vector<touch> take() {
        const std::lock_guard lock{mutex_};
        const auto count = static_cast<std::ptrdiff_t>(std::min(gathered_.size(), touches_per_job));
        std::vector<touch> taken{gathered_.end() - count, gathered_.end()};
        gathered_.erase(gathered_.end() - count, gathered_.end());
        job_.reset();  // who is seen from now on needs another job
        if (!gathered_.empty()) post_job();
        return taken;
    }

    db::writer& writer_;
    std::mutex mutex_;
    std::vector<touch> gathered_;
    std::weak_ptr<job> job_;
};

}  // namespace

struct soci_store::implementation {
    db::writer& writer;
    db::readers& readers;
    const policy& rules;
    std::shared_ptr<touch_queue> touches;
    std::atomic<std::size_t> guests{0};  // of the last count, and who came since
};

soci_store::soci_store(db::writer& writer, db::readers& readers, const policy& policy)
    : self_{new implementation{writer, readers, policy, std::make_shared<touch_queue>(writer)}} {}

soci_store::~soci_store() = default;

task<session_ptr> soci_store::find(session_id id, time_point now) {
    auto read = [id, now, &rules = self_->rules](connection& c) -> session_ptr {
        return read_session(c, id.key(), id, rules, now);
    };
    co_return co_await self_->readers.run(std::move(read));
}

task<result<committed>> soci_store::commit(change change) {
    const bool new_guest = change.what == action::create && !change.log_in;
    if (new_guest && self_->guests.load(std::memory_order_relaxed) >= self_->rules.guest_sessions_max)
        throw overloaded{"there are too many guests"};
    const db::job_changes changes = changes_of(change);
    auto write = [prepared = prepared_change{std::move(change)},
                  &rules = self_->rules](connection& c) mutable { return commit_change(c, prepared, rules); };
    auto done = co_await self_->writer.run(std::move(write), changes);
    if (new_guest && done) self_->guests.fetch_add(1, std::memory_order_relaxed);
    co_return done;
}

void soci_store::touch(const session_ptr& session) noexcept {
    const auto seen = session->last_seen.load(std::memory_order_relaxed);
    if (session->last_seen_stored.exchange(seen, std::memory_order_relaxed) == seen) return;
    self_->touches->add({session->id, session->seen_at(), session->expires_at(self_->rules)});
}

task<std::vector<session_info>> soci_store::list(user_id user, time_point now) {
    auto read = [user, now, &rules = self_->rules](connection& c) {
        return list_sessions(c, user, rules, now);
    };
    co_return co_await self_->readers.run(std::move(read));
}

task<bool> soci_store::end(user_id user, std::string handle) {
    auto erase = [user, handle = std::move(handle)](connection& c) {
        c.run("DELETE FROM sessions WHERE user_id = :user AND handle = :handle", in(user, handle));
        return c.affected() > 0;
    };
    co_return co_await self_->writer.run(std::move(erase));
}

task<std::size_t> soci_store::erase_expired(time_point now, std::size_t limit) {
    // What is known of 'last seen' is written first: after a time in which nothing could be, the rows of
    // those who were here all the time look expired.
    auto sweep = [now, limit, touches = self_->touches](connection& c) {
        touches->write(c);
        const std::size_t erased = erase_past_expiry(c, now, limit);
        return erased + erase_outdated(c, limit - erased);
    };
    const std::size_t erased = co_await self_->writer.run(std::move(sweep));
    if (erased < limit) self_->guests = co_await self_->readers.run(count_guests);
    co_return erased;
}

}  // namespace cookieshop::store
