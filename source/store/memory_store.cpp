#include "cookieshop/store/memory_store.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <tuple>

namespace cookieshop::store {

using session::change;
using session::live_session;
using session::session_id;
using session::session_info;
using session::session_ptr;
using session::user_id;

namespace {

struct user {
    std::string email;
    std::uint64_t epoch = 0;
};

struct row {
    random_token handle = random_token::generate();
    random_token csrf_token = random_token::generate();
    user_id owner = 0;  // 0: a guest's
    std::uint64_t epoch = 0;
    time_point created_at{}, last_seen_at{};
    bool remembered = false;
    std::uint64_t version = 1;
    std::uint64_t number = 0;  // in the order of creation
    std::string address, user_agent;
    session::session_data data;
};

// What companions are given: there is nothing in it, and no way to the tables.
class no_transaction final : public transaction {};

}  // namespace

// All of it under one mutex, so that a commit is a transaction by itself: it works on copies and swaps them
// in.
struct memory_store::implementation {
    explicit implementation(const session::policy& policy_) : policy{policy_} {}

    time_point expires_at(const row& row) const {
        return std::min(
            row.last_seen_at + policy.idle(row.remembered), row.created_at + policy.absolute(row.remembered)
        );
    }

    bool alive(const row& row, time_point now) const {
        return now < expires_at(row) && (row.owner == 0 || row.epoch == users.at(row.owner).epoch);
    }

    // `seen`: what is known of the last request beside the row.
    row* find(const session_id& id, time_point now, time_point seen = {}) {
        const auto found = rows.find(id.key());
        if (found == rows.end()) return nullptr;
        row changed = found->second;
        changed.last_seen_at = std::max(changed.last_seen_at, seen);
        return alive(changed, now) ? &found->second : nullptr;
    }

    session_ptr to_session(const session_id& id, const row& row) const {
        boost::intrusive_ptr<live_session> made{new live_session{id}};
        made->handle = row.handle;
        made->csrf_token = row.csrf_token;
        if (row.owner != 0) {
            const user& owner = users.at(row.owner);
            made->owner = new session::account{row.owner, owner.email, owner.epoch};
        }
        made->epoch = row.epoch;
        made->created_at = row.created_at;
        made->remembered = row.remembered;
        made->version = row.version;
        made->data = row.data;
        made->last_seen = made->last_seen_stored = row.last_seen_at.time_since_epoch().count();
        return made;
    }

    result<session::committed> commit(change& change);
    result<void> log_in(row& row, const session::login& who, time_point now);
    result<void> apply(row& row, const std::vector<session::data_operation>& operations) const;
    std::vector<std::string> end_surplus(user_id owner, const std::string& newest, time_point now);

    const session::policy& policy;
    std::mutex mutex;
    std::map<user_id, user> users;
    std::map<std::string, row> rows;  // by session_id::key()
    std::uint64_t last_number = 0;
};

result<void> memory_store::implementation::log_in(row& row, const session::login& who, time_point now) {
    const auto owner = users.find(who.user);
    if (owner == users.end() || owner->second.epoch != who.epoch) return errc::conflict;
    row.owner = who.user;
    row.epoch = who.epoch;
    row.remembered = who.remember;
    row.created_at = now;
    return {};
}

result<void> memory_store::implementation::apply(
    row& row, const std::vector<session::data_operation>& operations
) const {
    const std::size_t before = row.data.size();
    for (const session::data_operation& operation : operations) {
        if (auto done = operation(row.data); !done) return done;
    }
    if (row.data.size() > policy.data_limit && row.data.size() > before) return errc::too_large;
    return {};
}

std::vector<std::string> memory_store::implementation::end_surplus(
    user_id owner, const std::string& newest, time_point now
) {
    std::vector<std::tuple<time_point, std::uint64_t, std::string>> others;
    for (const auto& [key, row] : rows) {
        if (row.owner != owner || key == newest || !alive(row, now)) continue;
        others.emplace_back(row.last_seen_at, row.number, key);
    }
    std::vector<std::string> ended;
    if (others.size() < policy.sessions_per_user_max) return ended;
    std::ranges::sort(others);
    others.resize(others.size() + 1 - policy.sessions_per_user_max);
    for (const auto& [seen, number, key] : others) {
        ended.emplace_back(rows.at(key).handle.view());
        rows.erase(key);
    }
    return ended;
}

result<session::committed> memory_store::implementation::commit(change& change) {
    using action = change::action;
    no_transaction nothing;
    for (const session::companion& companion : change.companions) {
        if (auto done = companion(nothing, change); !done) return done.error();
    }
    if (change.what == action::none) return session::committed{change.current, {}};

    const std::string old_key = change.current ? change.current->id.key() : std::string{};
    if (change.what == action::destroy) {
        rows.erase(old_key);
        return session::committed{};
    }

    row changed;
    changed.created_at = change.now;
    if (change.what == action::save || change.what == action::rotate) {
        const row* const stored = find(change.current->id, change.now, change.current->seen_at());
        if (!stored && !change.log_in) return errc::gone;
        if (stored) {
            changed = *stored;
            changed.last_seen_at = std::max(changed.last_seen_at, change.current->seen_at());
            ++changed.version;
        }
    }
    changed.last_seen_at = std::max(changed.last_seen_at, change.now);
    if (change.fresh) {
        changed.number = ++last_number;
        changed.address = change.address;
        changed.user_agent = change.user_agent;
    }
    if (auto done = apply(changed, change.operations); !done) return done.error();
    if (change.log_in) {
        if (auto done = log_in(changed, *change.log_in, change.now); !done) return done.error();
    }
    if (change.end_others && changed.owner != 0) changed.epoch = ++users.at(changed.owner).epoch;

    const session_id& id = change.fresh ? *change.fresh : change.current->id;
    if (change.fresh && change.current) rows.erase(old_key);
    rows[id.key()] = changed;
    session::committed done{to_session(id, changed), {}};
    if (change.log_in) done.ended_handles = end_surplus(changed.owner, id.key(), changed.last_seen_at);
    return done;
}

memory_store::memory_store(const session::policy& policy) : self_{std::make_unique<implementation>(policy)} {}

memory_store::~memory_store() = default;

void memory_store::add_user(user_id id, std::string email) {
    const std::lock_guard lock{self_->mutex};
    self_->users[id] = {std::move(email), 0};
}

task<session_ptr> memory_store::find(session_id id, time_point now) {
    const std::lock_guard lock{self_->mutex};
    const row* const found = self_->find(id, now);
    co_return found ? self_->to_session(id, *found) : nullptr;
}

task<result<session::committed>> memory_store::commit(change change) {
    const std::lock_guard lock{self_->mutex};
    co_return self_->commit(change);
}

void memory_store::touch(const session_ptr& session) noexcept {
    const std::lock_guard lock{self_->mutex};
    const auto found = self_->rows.find(session->id.key());
    if (found == self_->rows.end()) return;
    found->second.last_seen_at = std::max(found->second.last_seen_at, session->seen_at());
    session->last_seen_stored = found->second.last_seen_at.time_since_epoch().count();
}

task<std::vector<session_info>> memory_store::list(user_id user, time_point now) {
    const std::lock_guard lock{self_->mutex};
    std::vector<session_info> list;
    for (const auto& [key, row] : self_->rows) {
        if (row.owner != user || !self_->alive(row, now)) continue;
        list.push_back(
            {std::string{row.handle.view()}, row.created_at, row.last_seen_at, self_->expires_at(row),
             row.address, row.user_agent}
        );
    }
    std::ranges::sort(list, std::ranges::greater{}, &session_info::last_seen_at);
    co_return list;
}

task<bool> memory_store::end(user_id user, std::string handle) {
    const std::lock_guard lock{self_->mutex};
    co_return std::erase_if(self_->rows, [&](const auto& entry) {
        return entry.second.owner == user && entry.second.handle.view() == handle;
    }) > 0;
}

task<std::size_t> memory_store::erase_expired(time_point now, std::size_t limit) {
    const std::lock_guard lock{self_->mutex};
    std::size_t erased = 0;
    for (auto it = self_->rows.begin(); it != self_->rows.end() && erased < limit;) {
        if (self_->alive(it->second, now))
            ++it;
        else {
            it = self_->rows.erase(it);
            ++erased;
        }
    }
    co_return erased;
}

}  // namespace cookieshop::store
