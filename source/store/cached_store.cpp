#include "cookieshop/store/cached_store.hpp"

#include "cookieshop/util/event.hpp"

#include <boost/intrusive/list.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <exception>
#include <map>
#include <mutex>
#include <vector>

namespace cookieshop::store {

using session::account;
using session::account_ptr;
using session::change;
using session::live_session;
using session::session_id;
using session::session_info;
using session::session_ptr;
using session::user_id;

namespace {

namespace intrusive = boost::intrusive;

// The store behind made the session for us alone (session_store.hpp), so until it is shared it may still be
// changed.
using cached_ptr = boost::intrusive_ptr<live_session>;

cached_ptr take(const session_ptr& session) {
    return boost::const_pointer_cast<live_session>(session);
}

// Eight characters of the id are 48 random bits, a hash by themselves; nobody can choose what is inserted.
struct token_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view token) const noexcept {
        std::uint64_t bits = 0;
        std::memcpy(&bits, token.data() + 4, sizeof bits);
        return bits;
    }
    std::size_t operator()(const cached_ptr& session) const noexcept { return (*this)(session->id.token()); }
};

struct token_equal {
    using is_transparent = void;
    bool operator()(const cached_ptr& a, std::string_view b) const noexcept { return a->id.token() == b; }
    bool operator()(std::string_view a, const cached_ptr& b) const noexcept { return a == b->id.token(); }
    bool operator()(const cached_ptr& a, const cached_ptr& b) const noexcept { return a->id == b->id; }
};

// A read or commit of one id that is under way, or several of them.
struct operation {
    std::size_t count = 0;             // how many; the last one removes it
    std::size_t endings = 0;           // of them: those that end the session
    bool ended = false;                // the session ended, or got another id, since the first began
    std::uint64_t newest_version = 0;  // that any of them brought back

    struct read {
        std::uint64_t nameless_endings;  // when it began
        event done;
        session_ptr found;
        std::exception_ptr failure;
    };
    std::shared_ptr<read> reading;  // which others may join (C5)
};

struct shard {
    std::mutex mutex;
    boost::unordered_flat_set<cached_ptr, token_hash, token_equal> sessions;
    intrusive::list<
        live_session, intrusive::base_hook<session::recency_hook>, intrusive::constant_time_size<false>>
        by_recency;                                            // front: used last
    std::map<std::string, operation, std::less<>> operations;  // by token
    std::size_t bytes = 0;
    std::uint64_t hits = 0, misses = 0, evictions = 0;
};

// The sessions of a user that are in memory. The account is theirs together (C6).
struct cached_owner {
    account_ptr account;
    intrusive::list<
        live_session, intrusive::base_hook<session::owner_hook>, intrusive::constant_time_size<false>>
        sessions;
};

struct owner_shard {
    std::mutex mutex;
    boost::unordered_flat_map<user_id, std::unique_ptr<cached_owner>> owners;
};

// What glibc takes for an allocation: eight bytes more, rounded up to sixteen.
constexpr std::size_t allocation(std::size_t size) noexcept {
    return (size + sizeof(std::size_t) + 15) / 16 * 16;
}

std::size_t allocation_of(const std::string& text) noexcept {
    const bool within = text.capacity() < sizeof(std::string) / 2;
    return within ? 0 : allocation(text.capacity() + 1);
}

// A place in Boost's flat tables, at the lowest load: they double when seven eighths are full, and have a
// byte and a fifteenth beside each.
constexpr std::size_t slot(std::size_t size) noexcept {
    return (16 * size + 17 + 6) / 7;
}
static_assert(slot(sizeof(void*)) == 21);

// What a session takes: itself, its place in the table, its data, and as if each had an account of its own.
std::size_t bytes_of(const live_session& session) noexcept {
    constexpr std::size_t without_data = allocation(sizeof(live_session)) + slot(sizeof(cached_ptr));
    static_assert(without_data <= 256);
    std::size_t bytes = without_data + allocation_of(session.data.stored());
    if (session.owner) {
        bytes += allocation(sizeof(account)) + allocation_of(session.owner->email)
                 + allocation(sizeof(cached_owner)) + slot(sizeof(user_id) + sizeof(void*));
    }
    return bytes;
}

}  // namespace

struct cached_store::implementation {
    implementation(session::session_store& behind_, const session::policy& policy_, std::size_t bytes_max)
        : behind{behind_},
          policy{policy_},
          shard_count{shards_for(bytes_max)},
          shard_bytes_max{bytes_max / shard_count},
          shards{std::make_unique<shard[]>(shard_count)} {}

    // Enough shards that threads seldom meet, each large enough for a few full sessions.
    static std::size_t shards_for(std::size_t bytes_max) {
        constexpr std::size_t shards_max = 64, shard_bytes_min = 256 * 1024;
        return std::clamp<std::size_t>(std::bit_floor(bytes_max / shard_bytes_min), 1, shards_max);
    }

    shard& shard_of(std::string_view token) noexcept {
        // Other characters than those that the table within the shard hashes.
        const auto a = static_cast<unsigned char>(token[14]), b = static_cast<unsigned char>(token[15]);
        return shards[(a * 31U + b) & (shard_count - 1)];
    }

    owner_shard& shard_of(user_id owner) noexcept {
        return owners[static_cast<std::size_t>(owner) % owners.size()];
    }

    // ---- with the lock of `shard` held; an owner's lock is only ever taken inside it

    void remove(shard& shard, const cached_ptr& session) noexcept;
    void remove(shard& shard, std::string_view token) noexcept;
    void publish(shard& shard, const cached_ptr& session, std::uint64_t nameless_endings_before);
    void share_account(live_session& session);
    void evict_past_bound(shard& shard) noexcept;

    // ---- operations under way

    // One read or commit of a token, from its construction to its end.
    class under_way;

    // ---- endings that name no id

    // Counts endings by handle and risen epochs: a read or commit that began before one of them is not
    // cached.
    std::atomic<std::uint64_t> nameless_endings{0};
    void raise_epoch(user_id user, std::uint64_t epoch);
    void forget(user_id user, std::string_view handle);
    template <class Condition>
    void forget_if(Condition condition);
    void forget_all(user_id user);
    void drop(const live_session& session);
    std::vector<session_ptr> sessions_of(user_id user);

    // What the rows do not know of a user's 'last seen's yet: goes to the store behind, before it orders by
    // them …
    void touch_all(user_id user);
    // … or into a list of the rows.
    void update_last_seen(user_id user, std::vector<session_info>& rows);

    void sweep(shard& shard, time_point now, std::size_t limit) noexcept;

    session::session_store& behind;
    const session::policy& policy;
    const std::size_t shard_count, shard_bytes_max;
    std::unique_ptr<shard[]> shards;
    std::array<owner_shard, 64> owners;
};

// ---------------------------------------------------------------- a shard

void cached_store::implementation::remove(shard& shard, const cached_ptr& session) noexcept {
    shard.by_recency.erase(shard.by_recency.iterator_to(*session));
    shard.bytes -= bytes_of(*session);
    if (session->owner) {
        owner_shard& owners_of = shard_of(session->owner->id);
        const std::lock_guard lock{owners_of.mutex};
        const auto found = owners_of.owners.find(session->owner->id);
        found->second->sessions.erase(found->second->sessions.iterator_to(*session));
        if (found->second->sessions.empty()) owners_of.owners.erase(found);
    }
    shard.sessions.erase(session);
}

void cached_store::implementation::remove(shard& shard, std::string_view token) noexcept {
    const auto found = shard.sessions.find(token);
    if (found != shard.sessions.end()) remove(shard, cached_ptr{*found});
}

void cached_store::implementation::publish(
    shard& shard, const cached_ptr& session, std::uint64_t nameless_endings_before
) {
    const auto found = shard.sessions.find(session->id.token());
    if (found != shard.sessions.end()) {
        if ((*found)->version >= session->version) return;  // C3
        session->see((*found)->seen_at());
        remove(shard, cached_ptr{*found});
    }
    if (session->owner) share_account(*session);
    shard.sessions.insert(session);
    shard.by_recency.push_front(*session);
    shard.bytes += bytes_of(*session);
    // Whoever ends sessions by handle or epoch counts first and looks among the owner's sessions then. So
    // either it has found this one, which stands there now, or it has counted before, which is seen here
    // (C1).
    const bool overtaken = nameless_endings.load() != nameless_endings_before;
    if (overtaken || bytes_of(*session) > shard_bytes_max) return remove(shard, session);
    evict_past_bound(shard);
}

void cached_store::implementation::share_account(live_session& session) {
    owner_shard& owners_of = shard_of(session.owner->id);
    const std::lock_guard lock{owners_of.mutex};
    std::unique_ptr<cached_owner>& owner = owners_of.owners[session.owner->id];
    if (!owner) {
        owner = std::make_unique<cached_owner>();
        owner->account = session.owner;
    } else {
        owner->account->raise_epoch(session.owner->epoch);
        session.owner = owner->account;
    }
    owner->sessions.push_back(session);
}

void cached_store::implementation::evict_past_bound(shard& shard) noexcept {
    while (shard.bytes > shard_bytes_max) {  // C4
        remove(shard, cached_ptr{&shard.by_recency.back()});
        ++shard.evictions;
    }
}

// From the end that was used least recently; looks at `limit` sessions at most.
void cached_store::implementation::sweep(shard& shard, time_point now, std::size_t limit) noexcept {
    const std::lock_guard lock{shard.mutex};
    auto oldest = shard.by_recency.end();
    while (limit-- > 0 && oldest != shard.by_recency.begin()) {
        const cached_ptr session{&*std::prev(oldest)};
        if (session->alive(policy, now))
            --oldest;
        else
            remove(shard, session);
    }
}

// ---------------------------------------------------------------- operations under way

class cached_store::implementation::under_way {
public:
    // With the lock of the shard held.
    under_way(implementation& cache, shard& shard, std::string_view token)
        : cache_{&cache},
          shard_{&shard},
          entry_{shard.operations.try_emplace(std::string{token}).first},
          nameless_endings_{cache.nameless_endings.load()} {
        ++what().count;
    }
    under_way(const under_way&) = delete;
    under_way& operator=(const under_way&) = delete;

    ~under_way() {
        const std::lock_guard lock{shard_->mutex};
        finish_ending();
        if (--what().count == 0) shard_->operations.erase(entry_);
    }

    operation& what() noexcept { return entry_->second; }
    std::string_view token() const noexcept { return entry_->first; }
    shard& home() noexcept { return *shard_; }

    // With the lock held: C2, first half.
    void begin_ending() {
        ++what().endings;
        ending_ = true;
        cache_->remove(*shard_, token());
    }

    // With the lock held: the store behind has ended it, or given it another id. C2, second half.
    void ended() {
        what().ended = true;
        what().reading.reset();
        cache_->remove(*shard_, token());
    }

    // With the lock held: the store behind has saved or made it. Reads that began before are not joined any
    // more.
    void saved(const session_ptr& session) {
        what().reading.reset();
        bring_back(session);
    }

    // With the lock held: what is cached is worth nothing.
    void drop() { cache_->remove(*shard_, token()); }

    // With the lock held: caches what this operation brought back, unless it was overtaken (C1). What is
    // cached of that id by then may be older than the row: it goes.
    void bring_back(const session_ptr& session) {
        operation& all = what();
        const bool overtaken = all.ended || all.endings > 0;
        if (overtaken || session->version < all.newest_version) return cache_->remove(*shard_, token());
        if (session->version > all.newest_version)
            all.reading.reset();  // whoever joined it might see less than this
        all.newest_version = session->version;
        cache_->publish(*shard_, take(session), nameless_endings_);
    }

private:
    void finish_ending() {
        if (ending_) --what().endings;
        ending_ = false;
    }

    implementation* cache_;
    shard* shard_;
    std::map<std::string, operation, std::less<>>::iterator entry_;
    std::uint64_t nameless_endings_;
    bool ending_ = false;
};

// ---------------------------------------------------------------- endings that name no id

void cached_store::implementation::raise_epoch(user_id user, std::uint64_t epoch) {
    ++nameless_endings;
    owner_shard& owners_of = shard_of(user);
    const std::lock_guard lock{owners_of.mutex};
    const auto found = owners_of.owners.find(user);
    if (found != owners_of.owners.end()) found->second->account->raise_epoch(epoch);
}

std::vector<session_ptr> cached_store::implementation::sessions_of(user_id user) {
    owner_shard& owners_of = shard_of(user);
    const std::lock_guard lock{owners_of.mutex};
    const auto found = owners_of.owners.find(user);
    std::vector<session_ptr> sessions;
    if (found != owners_of.owners.end()) {
        for (const live_session& session : found->second->sessions) sessions.emplace_back(&session);
    }
    return sessions;
}

void cached_store::implementation::touch_all(user_id user) {
    for (const session_ptr& session : sessions_of(user)) {
        if (session->last_seen > session->last_seen_stored) behind.touch(session);
    }
}

void cached_store::implementation::update_last_seen(user_id user, std::vector<session_info>& rows) {
    for (const session_ptr& session : sessions_of(user)) {
        const auto row = std::ranges::find(rows, session->handle.view(), &session_info::handle);
        if (row == rows.end()) continue;
        row->last_seen_at = session->seen_at();
        row->expires_at = session->expires_at(policy);
    }
}

void cached_store::implementation::forget(user_id user, std::string_view handle) {
    ++nameless_endings;
    for (const session_ptr& session : sessions_of(user))
        if (session->handle.view() == handle) drop(*session);
}

void cached_store::implementation::forget_all(user_id user) {
    ++nameless_endings;
    for (const session_ptr& session : sessions_of(user)) drop(*session);
}

void cached_store::implementation::drop(const live_session& session) {
    shard& home = shard_of(session.id.token());
    const std::lock_guard lock{home.mutex};
    remove(home, session.id.token());
}

// Guests have no list of their own, and an ending of all is rare: so each shard is locked for one walk.
template <class Condition>
void cached_store::implementation::forget_if(Condition condition) {
    ++nameless_endings;
    for (std::size_t i = 0; i < shard_count; ++i) {
        shard& shard = shards[i];
        const std::lock_guard lock{shard.mutex};
        for (auto next = shard.by_recency.begin(); next != shard.by_recency.end();) {
            const cached_ptr session{&*next++};
            if (condition(*session)) remove(shard, session);
        }
    }
}

// ---------------------------------------------------------------- the store

cached_store::cached_store(
    session::session_store& behind, const session::policy& policy, std::size_t bytes_max
)
    : self_{std::make_unique<implementation>(behind, policy, bytes_max)} {}

// A stop that is no crash loses no 'last seen'.
cached_store::~cached_store() {
    for (std::size_t i = 0; i < self_->shard_count; ++i) {
        shard& shard = self_->shards[i];
        for (const live_session& session : shard.by_recency) {
            if (session.last_seen > session.last_seen_stored) self_->behind.touch(session_ptr{&session});
        }
        shard.by_recency.clear();
    }
    for (owner_shard& shard : self_->owners) {
        for (auto& [id, owner] : shard.owners) owner->sessions.clear();
    }
}

session_ptr cached_store::peek(std::string_view token, time_point now) noexcept {
    if (token.size() != session_id::token_size) return nullptr;
    shard& shard = self_->shard_of(token);
    const std::lock_guard lock{shard.mutex};
    const auto found = shard.sessions.find(token);
    if (found == shard.sessions.end()) return nullptr;
    live_session& session = **found;
    if (!session.alive(self_->policy, now)) {  // C7
        self_->remove(shard, cached_ptr{&session});
        return nullptr;
    }
    ++shard.hits;
    auto& by_recency = shard.by_recency;
    // Nothing is written where it is the newest already: another thread may be reading its neighbours.
    if (&by_recency.front() != &session)
        by_recency.splice(by_recency.begin(), by_recency, by_recency.iterator_to(session));
    return &session;
}

task<session_ptr> cached_store::find(session_id id, time_point now) {
    if (session_ptr cached = peek(id.token(), now)) co_return cached;
    shard& shard = self_->shard_of(id.token());
    std::optional<implementation::under_way> operation;
    std::unique_lock lock{shard.mutex};
    ++shard.misses;
    operation.emplace(*self_, shard, id.token());
    if (operation->what().ended || operation->what().endings > 0) {  // C2
        lock.unlock();
        co_return nullptr;
    }
    const std::uint64_t nameless_endings = self_->nameless_endings.load();
    if (const auto reading = operation->what().reading;
        reading && reading->nameless_endings == nameless_endings) {  // C5
        lock.unlock();
        co_await reading->done.wait();
        if (reading->failure) std::rethrow_exception(reading->failure);
        // It was read for who came first, and may have expired or changed since.
        if (reading->found && !reading->found->alive(self_->policy, now)) co_return co_await find(id, now);
        co_return reading->found;
    }
    const auto reading = std::make_shared<store::operation::read>();
    reading->nameless_endings = nameless_endings;
    operation->what().reading = reading;
    lock.unlock();

    try {
        reading->found = co_await self_->behind.find(id, now);
    } catch (...) {
        reading->failure = std::current_exception();
    }

    // At the end, whatever happens: until the session is published it may still be changed.
    struct announcement {
        event& done;
        ~announcement() { done.set(); }
    } const announcement{reading->done};
    {
        const std::lock_guard again{shard.mutex};
        if (operation->what().reading == reading) operation->what().reading.reset();
        if (reading->found) operation->bring_back(reading->found);
    }
    if (reading->failure) std::rethrow_exception(reading->failure);
    co_return reading->found;
}

task<result<session::committed>> cached_store::commit(change change) {
    using action = change::action;
    const action what = change.what;
    const bool end_others = change.end_others;
    const std::optional<session::login> log_in = change.log_in;
    if (log_in) self_->touch_all(log_in->user);

    std::optional<implementation::under_way> old_id, new_id;
    if (change.current) {
        const session_id& id = change.current->id;
        shard& shard = self_->shard_of(id.token());
        const std::lock_guard lock{shard.mutex};
        old_id.emplace(*self_, shard, id.token());
        if (what == action::destroy || what == action::replace) old_id->begin_ending();
    }
    if (change.fresh) {
        shard& shard = self_->shard_of(change.fresh->token());
        const std::lock_guard lock{shard.mutex};
        new_id.emplace(*self_, shard, change.fresh->token());
    }

    // Whose other sessions it may end.
    const account_ptr owner = end_others && change.current ? change.current->owner : nullptr;
    std::exception_ptr failure;
    bool tried = true;
    std::optional<result<session::committed>> outcome;
    try {
        outcome = co_await self_->behind.commit(std::move(change));
    } catch (const overloaded&) {
        failure = std::current_exception();
        tried = false;
    } catch (const unavailable& error) {
        failure = std::current_exception();
        tried = error.tried;
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure && tried) {         // C9
        ++self_->nameless_endings;  // what reads under way bring back may be from before it
        if (log_in) self_->forget_all(log_in->user);
        if (owner) self_->forget_all(owner->id);
    }

    const bool done = outcome && outcome->has_value();
    if (old_id && tried) {
        const std::lock_guard lock{old_id->home().mutex};
        if (!done)
            old_id->drop();
        else if (what == action::save)
            old_id->saved(outcome->value().session);
        else if (what != action::none)
            old_id->ended();
    }
    if (failure) std::rethrow_exception(failure);
    if (!done) co_return *outcome;

    const session::committed& now = outcome->value();
    if (new_id) {
        const std::lock_guard lock{new_id->home().mutex};
        new_id->saved(now.session);
    }
    if (end_others && now.session && now.session->owner) {
        self_->raise_epoch(now.session->owner->id, now.session->epoch);
    }
    for (const std::string& handle : now.ended_handles) self_->forget(now.session->owner->id, handle);
    co_return *outcome;
}

void cached_store::touch(const session_ptr& session) noexcept {
    self_->behind.touch(session);
}

task<std::vector<session_info>> cached_store::list(user_id user, time_point now) {
    // A row may be `touch_after` behind, and seem to have expired: what is in memory decides.
    auto sessions = co_await self_->behind.list(user, now - self_->policy.touch_after());
    self_->update_last_seen(user, sessions);
    std::erase_if(sessions, [now](const session_info& s) { return s.expires_at <= now; });
    std::ranges::stable_sort(sessions, std::ranges::greater{}, &session_info::last_seen_at);
    co_return sessions;
}

task<bool> cached_store::end(user_id user, std::string handle) {
    self_->forget(user, handle);
    bool found = false;
    std::exception_ptr failure;
    try {
        found = co_await self_->behind.end(user, handle);
    } catch (...) {
        failure = std::current_exception();
    }
    self_->forget(user, handle);  // C9: whatever was answered
    if (failure) std::rethrow_exception(failure);
    co_return found;
}

task<std::size_t> cached_store::erase_expired(time_point now, std::size_t limit) {
    for (std::size_t i = 0; i < self_->shard_count; ++i) self_->sweep(self_->shards[i], now, limit);
    // A row may be `touch_after` behind: by then it is dead in memory too.
    return self_->behind.erase_expired(now - self_->policy.touch_after(), limit);
}

void cached_store::follow(const ending& ended) {  // C8
    if (ended.user && ended.handle) return self_->forget(*ended.user, *ended.handle);
    if (ended.user) return self_->raise_epoch(*ended.user, ended.epoch);
    self_->forget_if([&](const live_session& session) {
        return !ended.handle || (!session.owner && session.handle.view() == *ended.handle);
    });
}

cache_figures cached_store::figures() const {
    cache_figures all;
    for (std::size_t i = 0; i < self_->shard_count; ++i) {
        shard& shard = self_->shards[i];
        const std::lock_guard lock{shard.mutex};
        all.hits += shard.hits;
        all.misses += shard.misses;
        all.evictions += shard.evictions;
        all.bytes += shard.bytes;
        all.entries += shard.sessions.size();
    }
    return all;
}

}  // namespace cookieshop::store
