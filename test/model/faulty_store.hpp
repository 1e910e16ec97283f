// A store on a bad day: it answers late and in any order, fails before or after it has acted, and tells the
// model what it really did.

#pragma once

#include "model/truth.hpp"
#include "support/run_task.hpp"

#include "cookieshop/util/error.hpp"

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace cookieshop::test {

enum class calls { reads, commits, ends };

struct weather {
    unsigned waits = 500;              // per mille, of calls: before they act, and again after it
    std::array<unsigned, 3> faults{};  // per mille, by kind
};

class faulty_store final : public session::session_store {
public:
    // `io` is where the store behind is asked, whose threads it outlives; `settle` waits until what that one
    // writes behind is written.
    faulty_store(
        simulation& world, truth& truth, const session::id_signer& signer, asio::io_context& io,
        session::session_store& behind, std::function<void()> settle
    )
        : world_{world},
          truth_{truth},
          signer_{signer},
          io_{io},
          behind_{behind},
          settle_{std::move(settle)} {}

    task<session::session_ptr> find(session::session_id id, time_point now) override {
        world_.require(signer_.verify(id.token()).has_value(), "I1: asked for a forged id");
        const std::string token{id.token()};
        const id_ptr known = truth_.find(token);
        const unsigned number = known ? known->session->number : 0;
        const auto disturbed = std::pair{nameless_, known ? known->disturbed : 0};
        const auto [first, last] = reading_.equal_range(token);
        world_.require(!known || known->ending == 0, "C2: read what is being ended", number, token);
        world_.require(
            std::ranges::find(first, last, disturbed, &reads::value_type::second) == last,
            "C5: two reads of one id", number, token
        );
        const auto mine = reading_.emplace(token, disturbed);
        ++finds;
        try {
            auto found = co_await act(calls::reads, [&] {
                auto read = run_task(io_, behind_.find(id, now));
                world_.note(number, read ? "read" : "read: nothing", token, read ? read->version : 0);
                truth_.read(token, now, read);
                return read;
            });
            reading_.erase(mine);
            if (known && reading_.contains(token)) ++known->disturbed;  // by what may be newer
            co_return found;
        } catch (...) {
            reading_.erase(mine);
            if (known) ++known->disturbed;
            throw;
        }
    }

    task<result<session::committed>> commit(session::change change) override {
        using action = session::change::action;
        const id_ptr old = change.current ? truth_.find(change.current->id.token()) : nullptr;
        const bool ends = change.what == action::destroy || change.what == action::replace;
        answering answering{*this, old, ends, change.what == action::rotate};
        auto outcome = co_await act(calls::commits, [&] {
            flush_touches();  // before the next login, and in the order in which they came
            auto done = run_task(io_, behind_.commit(change));
            truth_.committed(change, done, answering.call);
            return done;
        });
        answering.names_all = !change.end_others && !change.log_in;
        if (change.fresh) answering.fresh = truth_.find(change.fresh->token());
        co_return outcome;
    }

    void touch(const session::session_ptr& session) noexcept override {
        if (world_.chance(500)) flush_touches();
        touches_.push_back(session);
    }

    // A 'last seen' is written behind, but before a second has passed.
    void flush_touches() {
        if (touches_.empty()) return;
        for (const auto& session : std::exchange(touches_, {})) {
            truth_.touched(*session);
            behind_.touch(session);
        }
        settle_();
    }

    task<std::vector<session::session_info>> list(session::user_id user, time_point now) override {
        co_return co_await act(calls::reads, [&] { return run_task(io_, behind_.list(user, now)); });
    }

    task<bool> end(session::user_id user, std::string handle) override {
        const answering answering{*this, nullptr, false, false};
        answering.call->number = ++end_calls;
        ++nameless_;
        co_return co_await act(calls::ends, [&] {
            const bool found = run_task(io_, behind_.end(user, handle));
            truth_.ended(user, handle, found, answering.call);
            return found;
        });
    }

    // By an operator's command, which writes to what is behind; the server hears of it some time later (C8).
    task<> end_from_outside(session::user_id user, std::string handle, std::function<void()> tell) {
        const answering answering{*this, nullptr, false, false};
        const bool found = run_task(io_, behind_.end(user, handle));
        truth_.ended(user, handle, found, answering.call);
        co_await world_.turn();
        tell();
    }

    task<std::size_t> erase_expired(time_point now, std::size_t limit) override {
        const answering answering{*this, nullptr, false, false};
        co_return co_await act(calls::ends, [&] {
            const std::size_t erased = run_task(io_, behind_.erase_expired(now, limit));
            truth_.swept(now, answering.call);
            return erased;
        });
    }

    cookieshop::test::weather weather;
    std::uint64_t finds = 0, end_calls = 0, faults = 0, lost_answers = 0;

private:
    // A commit or an end, for as long as it is under way.
    struct answering {
        answering(faulty_store& store_, id_ptr old_, bool ends_, bool renews_)
            : store{store_}, old{std::move(old_)}, ends{ends_}, renews{renews_} {
            if (old) old->ending += ends, old->renewing += renews;
        }
        answering(const answering&) = delete;
        answering& operator=(const answering&) = delete;
        ~answering() {
            call->answered = store.world_.tick();
            if (!names_all) ++store.nameless_;
            if (fresh) ++fresh->disturbed;
            if (!old) return;
            ++old->disturbed;
            old->ending -= ends, old->renewing -= renews;
            if (ends) old->tried_to_end = call->answered;
            if (renews) old->tried_to_renew = call->answered;
        }
        faulty_store& store;
        const id_ptr old;
        const bool ends, renews;
        bool names_all = false;  // no session ended, or may have, but of the ids that it names
        id_ptr fresh;
        const call_ptr call = std::make_shared<cookieshop::test::call>();
    };

    template <class Effect>
    task<std::invoke_result_t<Effect&>> act(calls kind, Effect effect) {
        const bool fails = world_.chance(weather.faults[static_cast<std::size_t>(kind)]),
                   after = world_.chance(400);
        if (world_.chance(weather.waits)) co_await world_.turn();
        if (fails && !after) {
            ++faults;
            if (world_.chance(500)) throw overloaded{"too much to do"};
            throw unavailable{"out of order", world_.chance(500)};
        }
        auto answer = effect();
        if (world_.chance(weather.waits)) co_await world_.turn();
        if (fails) {
            ++faults, ++lost_answers;
            throw unavailable{"the answer was lost"};
        }
        co_return answer;
    }

    using reads = std::multimap<std::string, std::pair<std::uint64_t, std::uint64_t>>;

    simulation& world_;
    truth& truth_;
    const session::id_signer& signer_;
    asio::io_context& io_;
    session::session_store& behind_;
    const std::function<void()> settle_;
    std::vector<session::session_ptr> touches_;
    reads reading_;               // under way, by token; with what had disturbed them when they began
    std::uint64_t nameless_ = 0;  // endings that name no id
};

}  // namespace cookieshop::test
