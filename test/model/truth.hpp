// The sequential model: what sessions there are, one change after the other, in the order in which the store
// made them.
//
// It says two things. What a store had to answer, at the moment when it acted. And what a request may have
// seen that overlapped with others: anything that was true at some moment of it. A state is true from the
// moment when the store made it, to the moment when the change that replaced it was answered: until then
// nobody was promised the new one.

#pragma once

#include "cookieshop/session/policy.hpp"
#include "cookieshop/session/session_store.hpp"
#include "model/simulation.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace cookieshop::test {

// A call of the store, by when it was answered: with its outcome, or with an error that leaves in doubt what
// it did.
struct call {
    std::uint64_t answered = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t number = 0;  // among the ends by handle, from 1; 0: another call
};
using call_ptr = std::shared_ptr<call>;

// A session, whatever its id.
struct model_session {
    unsigned number;
    std::uint64_t added = 0,
                  maybe_added = 0;  // how often clients were told so, and how often it may have happened
    bool known = false;             // to a client: the answer that made it was not lost
    time_point seen{};              // the newest request that found it
};

// What one id stands for. A session that is renewed goes on as another of these.
struct model_id {
    std::string token;
    std::shared_ptr<model_session> session;
    std::uint64_t order = 0;
    random_token handle, csrf_token;
    session::user_id owner = 0;
    time_point created_at{};
    bool remembered = false;

    // The row.
    std::uint64_t version = 0, epoch = 0;
    session::session_data data;
    time_point last_seen{};

    struct state {
        std::uint64_t version, epoch;
        std::size_t data_hash;
        call_ptr replaced_by;
    };
    std::deque<state> replaced;  // the newest last
    call_ptr ended_by;           // null: it lives

    // Ends of it that were asked for, and may not come to anything; and renewals.
    int ending = 0, renewing = 0;
    std::uint64_t tried_to_end = 0, tried_to_renew = 0;  // when the last of them was answered

    std::uint64_t observed = 0, observed_at = 0;  // the newest version that a request saw
    std::uint64_t disturbed = 0;                  // by commits that were answered, and reads that failed
};
using id_ptr = std::shared_ptr<model_id>;

class truth {
public:
    truth(simulation& world, const session::policy& policy) : world_{world}, policy_{policy} {}

    id_ptr find(std::string_view token) const {
        const auto found = ids_.find(std::string{token});
        return found == ids_.end() ? nullptr : found->second;
    }
    std::uint64_t epoch(session::user_id user) const { return epochs_.at(user); }
    void add_user(session::user_id user) { epochs_[user] = 0; }

    // Some id that is dead; null when there is none.
    id_ptr a_dead_one() const { return dead_.empty() ? nullptr : dead_[world_.below(dead_.size())]; }

    std::vector<id_ptr> live(session::user_id user) const {
        return live_if([user](const model_id& id) { return id.owner == user; });
    }
    // Of a session that lived at some moment since then; null when there was none.
    id_ptr of_handle(std::string_view handle, session::user_id user, std::uint64_t since) const {
        const auto found = std::ranges::find_if(ids_, [&](const auto& entry) {
            const model_id& id = *entry.second;
            return id.handle.view() == handle && id.owner == user
                   && (!id.ended_by || id.ended_by->answered > since);
        });
        return found == ids_.end() ? nullptr : found->second;
    }
    std::vector<id_ptr> live() const {
        return live_if([](const model_id&) { return true; });
    }

    time_point expires_at(const model_id& id, time_point seen) const {
        return std::min(seen + policy_.idle(id.remembered), id.created_at + policy_.absolute(id.remembered));
    }
    // By its row alone.
    bool lives(const model_id& id, time_point now, time_point seen = {}) const {
        return !id.ended_by && now < expires_at(id, std::max(id.last_seen, seen));
    }

    static std::size_t hash(const session::session_data& data) {
        return std::hash<std::string>{}(data.stored());
    }

    // ---- what a request that began at `begun` may have seen: C1 to C3, C6

    void require_timely(const session::live_session& seen, const model_id& id, std::uint64_t begun) const {
        const unsigned number = id.session->number;
        require_same(seen, id);
        std::uint64_t epoch = id.epoch;
        std::size_t data = hash(id.data);
        if (id.ended_by || seen.version != id.version) {
            const auto state = std::ranges::find(id.replaced, seen.version, &model_id::state::version);
            world_.require(state != id.replaced.end(), "a version that never was", number, id.token);
            if (state == id.replaced.end()) return;
            world_.require(
                state->replaced_by->answered > begun,
                id.ended_by ? "found after its end was answered" : "a change that was answered was not seen",
                number, id.token
            );
            epoch = state->epoch;
            data = state->data_hash;
        }
        world_.require(seen.epoch == epoch, "another epoch than that version's", number, id.token);
        world_.require(hash(seen.data) == data, "other data than that version's", number, id.token);
    }

    // ---- what the store did, and whether it had to: S1 to S6

    void read(std::string_view token, time_point now, const session::session_ptr& read) const {
        const id_ptr id = find(token);
        const unsigned number = id ? id->session->number : 0;
        world_.require(
            (id && lives(*id, now)) == (read != nullptr), "S4, S5: the store found it wrongly", number, token
        );
        if (!read || !id) return;
        require_same(*read, *id);
        world_.require(
            read->version == id->version && read->data == id->data, "the store read another row", number
        );
        const bool by_owner = read->owner && id->owner != 0 ? read->owner->epoch == epoch(id->owner)
                                                            : !read->owner && id->owner == 0;
        world_.require(read->epoch == id->epoch && by_owner, "S3: the store read another epoch", number);
        world_.require(read->seen_at() == id->last_seen, "the store read another last seen", number);
    }

    void touched(const session::live_session& session) const {
        if (const id_ptr id = find(session.id.token()))
            id->last_seen = std::max(id->last_seen, session.seen_at());
    }

    void swept(time_point now, const call_ptr& by) {
        for (const id_ptr& id : live())
            if (!lives(*id, now)) end(id, by, "swept");
    }

    void ended(session::user_id user, std::string_view handle, bool found, const call_ptr& by) {
        bool had = false;
        for (const id_ptr& id : live(user)) {
            if (id->handle.view() != handle) continue;
            end(id, by, "ended by its handle");
            had = true;
        }
        world_.require(!had || found, "the store did not find a handle");
    }

    void committed(
        const session::change& change, const result<session::committed>& outcome, const call_ptr& by
    ) {
        using action = session::change::action;
        const id_ptr old = change.current ? find(change.current->id.token()) : nullptr;
        const unsigned number = old ? old->session->number : 0;
        const auto refused = [&](errc reason, const char* what) {
            world_.require(!outcome && outcome.error() == reason, what, number);
        };
        if (!change.companions.empty()) return refused(errc::exists, "S6: a companion was not heard");
        if (change.what == action::destroy) {
            world_.require(outcome.has_value(), "an end was refused", number);
            return end(old, by, "destroyed");
        }

        // An id that was forgotten here is dead for long.
        const time_point seen = change.current ? change.current->seen_at() : time_point{};
        const bool continues = change.what == action::save || change.what == action::rotate;
        const id_ptr stored = continues && old && lives(*old, change.now, seen) ? old : nullptr;
        if (continues && !stored && !change.log_in)
            return refused(errc::gone, "S1: a change found what had ended");
        if (change.log_in && change.log_in->epoch != epoch(change.log_in->user))
            return refused(errc::conflict, "S3: a login with an old epoch");
        session::session_data data = stored ? stored->data : session::session_data{};
        const std::size_t size_before = data.size();
        for (const auto& operation : change.operations) operation(data).value();
        if (data.size() > policy_.data_limit && data.size() > size_before)
            return refused(errc::too_large, "S6: data past the limit");
        world_.require(outcome.has_value(), "a change was refused", number);
        if (!outcome) return;

        const session::live_session& made = *outcome->session;
        const session::user_id owner_before = stored ? stored->owner : 0;
        const session::user_id owner = change.log_in ? change.log_in->user : owner_before;
        world_.require(owner_before == 0 || owner == owner_before, "data passed to another user", number);
        id_ptr id = stored;
        if (change.fresh) {
            end(old, by, "renewed");
            id = std::make_shared<model_id>();
            id->token = made.id.token();
            id->session =
                stored ? stored->session : std::make_shared<model_session>(model_session{++sessions_});
            id->order = ++order_;
            id->handle = stored ? stored->handle : made.handle;
            id->csrf_token = stored ? stored->csrf_token : made.csrf_token;
            id->owner = owner;
            id->created_at = stored && !change.log_in ? stored->created_at : change.now;
            id->remembered = change.log_in ? change.log_in->remember : stored && stored->remembered;
            world_.require(stored || !known(made.handle.view()), "two sessions have the same handle", number);
            ids_[id->token] = id;
        } else {
            replace_state(*id, by);
        }
        id->epoch = change.log_in ? epoch(owner) : stored ? stored->epoch : 0;
        if (change.end_others && owner != 0) {
            id->epoch = ++epochs_[owner];
            for (const id_ptr& other : live(owner))
                if (other != id) end(other, by, "ended by the epoch");
        }
        id->version = stored ? stored->version + 1 : made.version;
        if (stored && change.fresh) id->version = stored->version + 1;
        id->data = std::move(data);
        id->last_seen =
            std::max({stored ? stored->last_seen : time_point{}, stored ? seen : time_point{}, change.now});
        id->session->seen = std::max(id->session->seen, change.now);
        world_.note(id->session->number, change.fresh ? "begun" : "saved", id->token, id->version);

        require_same(made, *id);
        world_.require(
            made.version == id->version && made.data == id->data, "S2: the store made another row",
            id->session->number
        );
        world_.require(made.epoch == id->epoch, "S3: the store gave another epoch", id->session->number);
        if (change.log_in) end_surplus(*id, outcome->ended_handles, by);
    }

    void require_same(const session::live_session& seen, const model_id& id) const {
        const session::user_id owner = seen.owner ? seen.owner->id : 0;
        const unsigned number = id.session->number;
        world_.require(owner == id.owner, "it belongs to another user", number);
        world_.require(
            seen.handle == id.handle && seen.csrf_token == id.csrf_token, "it has another handle", number
        );
        world_.require(
            seen.created_at == id.created_at && seen.remembered == id.remembered, "it lasts for another time",
            number
        );
    }

private:
    template <class Condition>
    std::vector<id_ptr> live_if(Condition condition) const {
        std::vector<id_ptr> found;
        for (const auto& [token, id] : ids_)
            if (!id->ended_by && condition(*id)) found.push_back(id);
        return found;
    }

    bool known(std::string_view handle) const {
        return std::ranges::any_of(ids_, [&](const auto& entry) {
            return entry.second->handle.view() == handle;
        });
    }

    static void replace_state(model_id& id, const call_ptr& by) {
        id.replaced.push_back({id.version, id.epoch, hash(id.data), by});
        if (id.replaced.size() > 256) id.replaced.pop_front();
    }

    void end(const id_ptr& id, const call_ptr& by, const char* how) {
        if (!id || id->ended_by) return;
        world_.note(id->session->number, how, id->token, id->version);
        replace_state(*id, by);
        id->ended_by = by;
        id->data = {};
        constexpr std::size_t dead_max = 300;
        if (dead_.size() == dead_max) {
            ids_.erase(dead_.front()->token);
            dead_.pop_front();
        }
        dead_.push_back(id);
    }

    // Past the limit those end that were seen least recently.
    void end_surplus(const model_id& newest, const std::vector<std::string>& ended, const call_ptr& by) {
        std::vector<id_ptr> others = live(newest.owner);
        std::erase_if(others, [&](const id_ptr& id) {
            return id->token == newest.token || !lives(*id, newest.last_seen);
        });
        std::ranges::sort(others, {}, [](const id_ptr& id) { return std::pair{id->last_seen, id->order}; });
        const std::size_t max = policy_.sessions_per_user_max;
        others.resize(others.size() < max ? 0 : others.size() + 1 - max);
        std::set<std::string, std::less<>> expected;
        for (const id_ptr& id : others) {
            expected.emplace(id->handle.view());
            end(id, by, "one too many");
        }
        world_.require(
            expected == std::set<std::string, std::less<>>(ended.begin(), ended.end()),
            "a login ended other sessions than those too many", newest.session->number
        );
    }

    simulation& world_;
    const session::policy& policy_;
    std::map<std::string, id_ptr> ids_;  // the live ones and the last of the dead
    std::deque<id_ptr> dead_;
    std::map<session::user_id, std::uint64_t> epochs_;
    unsigned sessions_ = 0;
    std::uint64_t order_ = 0;
};

}  // namespace cookieshop::test
