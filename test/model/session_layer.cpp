// The session layer (manager, cache, store) against a simple sequential model: many clients with several tabs
// each, a cache that holds a part of their sessions, a store that fails, and a clock that moves when the dice
// say so.
//
//   COOKIESHOP_SEED=7 COOKIESHOP_STEPS=1000000 build/release/test/model/model
//
// Read simulation.hpp, truth.hpp and faulty_store.hpp first.

#include "conformance/stores.hpp"
#include "model/faulty_store.hpp"
#include "support/environment.hpp"

#include "cookieshop/http/error_page.hpp"
#include "cookieshop/session/session_manager.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/test/unit_test.hpp>
#include <spdlog/spdlog.h>

#include <array>
#include <iostream>
#include <list>
#include <map>
#include <string>

namespace cookieshop::test {
namespace {

using namespace std::chrono_literals;
using session::session_data;
using session::session_ptr;
using session::user_id;

enum class kind {
    look,          // nothing but the session
    add,           // counts up in the data
    fill,          // puts a text of any size in the data, perhaps too large
    log_in,        // as some user: a guest's session goes on, another user's does not
    renew,         // another id
    new_password,  // another id, and ends the user's other sessions
    end_others,
    log_out,
    end_one,  // by its handle, of this user or another
    list,
    refused,  // a change together with one that the store refuses
    broken,   // a change, and then an answer of 500
    count
};
constexpr std::array names{"look",       "add",    "fill",    "login", "renewal", "new password",
                           "end others", "logout", "end one", "list",  "refused", "broken"};
static_assert(names.size() == static_cast<std::size_t>(kind::count));

constexpr user_id users = 6;
constexpr std::size_t browsers = 20, cache_bytes = 64 * 1024;

struct browser {
    std::string cookie;
    int open = 0;  // requests
};

struct request {
    kind what;
    browser& from;
    std::uint64_t begun;
    std::uint64_t faults_before;
    bool immediate = false, thinks = false, commits = false;
    user_id user = 0;  // who logs in, or whose session is to end
    std::uint64_t epoch = 0;
    std::vector<id_ptr> ids;         // of the cookies that it carries
    std::vector<bool> expired;       // … whose rows were so when it began
    std::vector<bool> being_ended;   // … which others were ending by then
    std::uint64_t added_before = 0;  // what the session's clients knew to be in it
    std::string cookies;
    http::handler handler{};
    http::exchange exchange{};
    id_ptr id{};  // what was found
    bool answered = false;
};

// What counts up, for whoever may have seen it.
session::data_operation count_up(const char* name) {
    return [name](session_data& data) -> result<void> {
        const auto before = data.get(name);
        data.set(name, std::to_string((before ? std::stoull(std::string{*before}) : 0) + 1));
        return {};
    };
}

std::uint64_t counted(const session_data& data, const char* name) {
    const auto text = data.get(name);
    return text ? std::stoull(std::string{*text}) : 0;
}

template <class Backend>
class shop_with_clients {
public:
    explicit shop_with_clients(std::uint64_t seed) : world_{seed} {
        for (user_id user = 1; user <= users; ++user)
            truth_.add_user(backend_.add_user(io_, "user" + std::to_string(user) + "@example.org"));
    }

    void run(std::uint64_t steps) {
        for (steps_ = 0; steps_ < steps && !world_.failed(); ++steps_) {
            if (steps_ % 1000 == 0) change_weather();
            step();
            std::erase_if(requests_, [](const request& r) { return r.answered; });
            world_.require(cache_.figures().bytes <= cache_bytes, "C4: more bytes than the bound");
            if (steps_ % 500 == 499) settle();
        }
        settle();
        // After a failure too: the frame of a request that still waits must not outlive the cache and the
        // store, and nothing more is sent, so that all come to their end.
        while (!world_.idle()) world_.resume_one();
    }

    const std::string& failure() const { return world_.failure(); }

    void report(const char* store, std::uint64_t seed) const {
        const auto figures = cache_.figures();
        std::cout << store << ", seed " << seed << ": " << steps_ << " steps, " << store_.faults
                  << " faults (" << store_.lost_answers << " after the store had acted), "
                  << figures.evictions << " evictions, " << figures.hits << " hits, " << store_.finds
                  << " reads; answered";
        for (std::size_t i = 0; i < names.size(); ++i)
            std::cout << (i ? ", " : " ") << done_[i] << ' ' << names[i];
        std::cout << "; " << refused_ << " refused, " << failed_ << " failed\n";
    }

private:
    // ---- what happens next

    void change_weather() {
        constexpr std::array waits{200U, 600U, 950U};
        constexpr std::array faults{0U, 20U, 250U, 500U};
        constexpr std::array tabs{3U, 12U, 40U};
        constexpr std::array ticks{0U, 10U, 60U};
        store_.weather = {waits[world_.below(waits.size())]};
        const unsigned often = faults[world_.below(faults.size())];
        const std::size_t which = world_.below(4);  // of the kinds; or all of them
        for (std::size_t kind = 0; kind < 3; ++kind)
            if (which == kind || which == 3) store_.weather.faults[kind] = often;
        tabs_max_ = tabs[world_.below(tabs.size())];
        ticks_ = ticks[world_.below(ticks.size())];
    }

    void step() {
        if (world_.chance(ticks_)) return pass_time();
        if (world_.chance(5)) return sweep();
        if (world_.chance(5)) return end_from_outside();
        if (world_.chance(20)) return store_.flush_touches();
        if (requests_.size() < tabs_max_ && (world_.idle() || world_.chance(400))) return send_request();
        if (!world_.idle()) world_.resume_one();
    }

    // Often to the moment when a session expires. Nothing is under way for as long as a sweep waits for a
    // 'last seen' that is not stored yet.
    void pass_time() {
        const bool much = world_.chance(50);
        if (much || world_.now - settled_at_ > policy_.touch_after() - 6s) settle();
        store_.flush_touches();
        time_point next = world_.now + std::chrono::milliseconds{world_.below(much ? 240'000 : 5'000)};
        if (world_.chance(500)) {
            for (const id_ptr& id : truth_.live()) {
                const time_point end = truth_.expires_at(*id, id->session->seen);
                if (end > world_.now) next = std::min(next, end);
            }
        }
        world_.now = next;
    }

    void sweep() {
        const auto ignore = [](std::exception_ptr, std::size_t) {};
        asio::co_spawn(world_.io, cache_.erase_expired(world_.now, 1'000'000), ignore);
        world_.run();
    }

    void end_from_outside() {
        const auto user = static_cast<user_id>(1 + world_.below(users));
        const auto theirs = truth_.live(user);
        if (theirs.empty()) return;
        const std::string handle{theirs[world_.below(theirs.size())]->handle.view()};
        const auto tell = [this, user, handle] { cache_.follow({.user = user, .handle = handle}); };
        asio::co_spawn(world_.io, store_.end_from_outside(user, handle, tell), asio::detached);
        world_.run();
    }

    // Until nothing is under way: then what is in memory is what is stored.
    void settle() {
        while (!world_.idle() && !world_.failed()) world_.resume_one();
        settled_at_ = world_.now;
        if (world_.failed()) return;
        std::erase_if(requests_, [](const request& r) { return r.answered; });
        world_.require(requests_.empty(), "a request was never answered");
        store_.flush_touches();
        for (const id_ptr& id : truth_.live()) {
            const model_session& session = *id->session;
            const std::uint64_t added = counted(id->data, "added");
            if (session.known)
                world_.require(
                    session.added <= added && added <= session.maybe_added, "S2: an update was lost",
                    session.number
                );
            world_.require(
                !id->data.get("never"), "what was answered with an error was stored", session.number
            );
            const session_ptr cached = cache_.peek(id->token, world_.now);
            if (!cached) continue;
            world_.require(
                cached->version == id->version && cached->epoch == id->epoch,
                "C1: what is cached is not what is stored", session.number, id->token
            );
            world_.require(
                cached->seen_at() - id->last_seen < policy_.touch_after(), "a last seen was not stored",
                session.number
            );
        }
        for (int i = 0; i < 20; ++i) {
            const id_ptr dead = truth_.a_dead_one();
            if (dead)
                world_.require(
                    !cache_.peek(dead->token, world_.now), "C1: what is dead is cached", dead->session->number
                );
        }
    }

    // ---- requests

    void send_request() {
        browser& from = browsers_[world_.below(browsers_.size())];
        request& r = requests_.emplace_back(request{any_kind(), from, world_.tick(), store_.faults});
        r.immediate = world_.chance(500);
        r.thinks = world_.chance(300);
        r.commits = world_.chance(500);
        r.user = static_cast<user_id>(1 + world_.below(users));
        pack_cookies(r);
        ++from.open;

        r.exchange.now = world_.now;
        r.exchange.request.method = world_.chance(500) ? http::verb::get : http::verb::post;
        r.exchange.request.target = r.exchange.request.path = "/page";
        if (!r.cookies.empty()) r.exchange.request.add({http::field::cookie, "Cookie", r.cookies});

        const bool at_once =
            r.immediate && (r.what == kind::look || r.what == kind::add || r.what == kind::log_out);
        if (at_once) {
            r.handler = manager_([this, &r](http::exchange&, session::session& s) {
                observe(r, s);
                change_now(r, s);
            });
        } else {
            r.handler =
                manager_([this, &r](http::exchange& ex, session::session& s) { return act(r, ex, s); });
        }
        if (auto rest = r.handler(r.exchange)) {
            asio::co_spawn(world_.io, std::move(*rest), [this, &r](std::exception_ptr e) { finish(r, e); });
            world_.run();
        } else {
            finish(r, nullptr);
        }
    }

    kind any_kind() {
        constexpr std::array usual{kind::look, kind::look, kind::add,   kind::add,
                                   kind::add,  kind::fill, kind::log_in};
        if (world_.chance(700)) return usual[world_.below(usual.size())];
        return static_cast<kind>(world_.below(names.size()));
    }

    // One's own mostly; now and then an old one beside or instead of it, or a forged one.
    void pack_cookies(request& r) {
        std::vector<std::string> values;
        if (!r.from.cookie.empty()) values.push_back(r.from.cookie);
        if (world_.chance(50) && !values.empty()) values.clear();
        const id_ptr dead = truth_.a_dead_one();
        if (dead && world_.chance(50)) values.insert(values.begin(), dead->token);
        if (world_.chance(20)) values.emplace_back(other_signer_.generate().token());
        if (world_.chance(20)) values.emplace_back(signer_.generate().token());  // ours, and of no session
        if (world_.chance(20) && !values.empty()) {
            std::string damaged = values.back();
            damaged[world_.below(damaged.size())] ^= 1;
            values.push_back(damaged);
        }
        for (const std::string& value : values) {
            r.cookies += (r.cookies.empty() ? "session=" : "; session=") + value;
            const id_ptr id = truth_.find(value);
            if (!id) continue;
            r.ids.push_back(id);
            r.expired.push_back(!truth_.lives(*id, world_.now));
            r.being_ended.push_back(id->ending > 0);
        }
    }

    task<> act(request& r, http::exchange& ex, session::session& s) {
        observe(r, s);
        if (r.thinks) co_await world_.turn();
        if (r.what == kind::log_in) {
            r.epoch = truth_.epoch(r.user);
            co_await world_.turn();  // the password is being hashed
            s.log_in({.user = r.user, .epoch = r.epoch, .remember = world_.chance(200)});
        } else if (r.what == kind::list && s.user()) {
            co_await list(r, s.user()->id);
        } else if (r.what == kind::end_one && s.user()) {
            co_await end_one(r, s.user()->id);
        } else {
            change_now(r, s);
        }
        if (!r.commits || ex.response.status != http::status::ok) co_return;
        const result<void> done = co_await s.commit(ex);
        if (!done) session::answer_failed_commit(ex, done.error());
    }

    void change_now(request& r, session::session& s) {
        switch (r.what) {
        case kind::add: change_data(r, s, count_up("added")); break;
        case kind::fill: {
            const std::size_t size =
                world_.chance(500) ? world_.below(policy_.data_limit + 500) : world_.below(200);
            const auto set = [text = std::string(size, 'x')](session_data& data) -> result<void> {
                data.set("text", text);
                return {};
            };
            change_data(r, s, set);
            break;
        }
        case kind::renew:
            if (s.loaded()) s.renew();
            break;
        case kind::new_password:
            if (!s.user()) break;
            s.renew();
            s.end_others();
            break;
        case kind::end_others:
            if (s.user()) s.end_others();
            r.epoch = s.user() ? truth_.epoch(s.user()->id) : 0;
            break;
        case kind::log_out:
            s.destroy();
            if (world_.chance(100)) r.exchange.response.status = http::status::internal_server_error;
            break;
        case kind::refused:
            change_data(r, s, count_up("never"));
            s.commit_with([](transaction&, session::change&) -> result<void> { return errc::exists; });
            break;
        case kind::broken:
            change_data(r, s, count_up("never"));
            r.exchange.response.status = http::status::internal_server_error;
            break;
        default: break;
        }
    }

    void change_data(request& r, session::session& s, session::data_operation operation) {
        if (!s.change_data(std::move(operation)))
            r.exchange.response.status = http::status::unprocessable_entity;
    }

    task<> list(request& r, user_id user) {
        std::vector<id_ptr> expected = truth_.live(user);
        std::erase_if(expected, [&](const id_ptr& id) { return !truth_.lives(*id, r.exchange.now); });
        const std::uint64_t begun = world_.tick();
        const auto list = co_await manager_.store().list(user, r.exchange.now);
        for (const id_ptr& id : expected) {
            const bool listed =
                std::ranges::count(list, id->handle.view(), &session::session_info::handle) == 1;
            world_.require(listed || id->ended_by, "a list leaves out a session", id->session->number);
        }
        for (const session::session_info& info : list) {
            const id_ptr id = truth_.of_handle(info.handle, user, begun);
            world_.require(id != nullptr, "a list shows what is no session of the user's");
            if (!id) continue;
            world_.require(
                r.exchange.now < truth_.expires_at(*id, id->session->seen), "a list shows what expired",
                id->session->number
            );
        }
    }

    task<> end_one(request& r, user_id user) {
        const auto all = truth_.live(world_.chance(800) ? user : r.user);
        if (all.empty()) co_return;
        const id_ptr& chosen = all[world_.below(all.size())];
        const std::uint64_t mine = store_.end_calls + 1;  // it is called at once: nobody comes between
        const bool found = co_await manager_.store().end(user, std::string{chosen->handle.view()});
        world_.require(
            chosen->ended_by || chosen->owner != user, "a session was ended, and lives",
            chosen->session->number
        );
        world_.require(
            found || !chosen->ended_by || chosen->ended_by->number != mine,
            "a session was ended by its handle, and called not found", chosen->session->number
        );
    }

    // ---- what must hold

    void observe(request& r, const session::session& s) {
        const session_ptr& found = s.loaded();
        const time_point now = r.exchange.now;
        if (!found) {
            for (std::size_t i = 0; i < r.ids.size(); ++i) {
                const model_id& id = *r.ids[i];
                const bool being_ended = id.ending > 0 || id.tried_to_end > r.begun;
                world_.require(
                    r.expired[i] || id.ended_by || being_ended || !truth_.lives(id, world_.now),
                    "a live session was not found", id.session->number, id.token
                );
            }
            return;
        }
        const auto id =
            std::ranges::find(r.ids, found->id.token(), [](const id_ptr& one) { return one->token; });
        world_.require(id != r.ids.end(), "a session that nobody asked for");
        if (id == r.ids.end()) return;
        r.id = *id;
        const bool being_ended = r.being_ended[static_cast<std::size_t>(id - r.ids.begin())];
        world_.require(
            !being_ended || r.id->ending == 0 || r.id->tried_to_end > r.begun,
            "C2: found while it was being ended", r.id->session->number, r.id->token
        );
        model_session& session = *r.id->session;
        world_.note(session.number, "found", r.id->token, found->version);
        truth_.require_timely(*found, *r.id, r.begun);
        world_.require(
            found->version >= r.id->observed || r.begun <= r.id->observed_at,
            "a version was seen, and an older one later", session.number, r.id->token
        );
        if (found->version > r.id->observed)
            r.id->observed = found->version, r.id->observed_at = world_.tick();
        world_.require(
            now < truth_.expires_at(*r.id, session.seen), "S5, C7: found past its time", session.number,
            r.id->token
        );
        session.seen = std::max(session.seen, now);
        if (r.what == kind::add) ++session.maybe_added;
    }

    void finish(request& r, std::exception_ptr error) {
        r.answered = true;
        --r.from.open;
        if (error) http::fail(r.exchange, error);
        const unsigned status = static_cast<unsigned>(r.exchange.response.status);
        const unsigned number = r.id ? r.id->session->number : 0;
        const std::string cookie = keep_cookie(r);
        world_.note(
            number, status == 200 ? names[static_cast<std::size_t>(r.what)] : "not answered",
            r.id ? r.id->token : "", status
        );
        switch (status) {
        case 200: ++done_[static_cast<std::size_t>(r.what)]; return require_done(r, cookie);
        case 303:
        case 409: ++refused_; return require_gone(r, cookie);
        case 422: ++refused_; return require_refused(r, cookie);
        case 503:
            ++failed_;
            return world_.require(store_.faults > r.faults_before, "a failure that was none", number);
        default:
            if (r.what == kind::broken) ++done_[static_cast<std::size_t>(r.what)];
            world_.require(
                status == 500 && (r.what == kind::broken || r.what == kind::log_out),
                "an error that was none", number
            );
            if (r.what == kind::log_out) require_done(r, cookie);
        }
    }

    void require_done(request& r, const std::string& cookie) {
        const unsigned number = r.id ? r.id->session->number : 0;
        const id_ptr now_there = truth_.find(cookie);
        world_.require(cookie.empty() || now_there, "a cookie of no session", number);
        if (now_there) now_there->session->known = true;
        switch (r.what) {
        case kind::add:
            if (!r.id) {
                world_.require(now_there != nullptr, "a change without a session", number);
                if (now_there) ++now_there->session->maybe_added;
            }
            if (r.id || now_there) ++(r.id ? r.id : now_there)->session->added;
            break;
        case kind::log_in:
            world_.require(now_there && now_there->owner == r.user, "a login that was none", number);
            break;
        case kind::new_password:
        case kind::renew:
            if (r.id && (r.id->owner != 0 || r.what == kind::renew))
                world_.require(r.id->ended_by && now_there, "a renewal that was none", number);
            break;
        case kind::end_others:
            if (r.id && r.id->owner != 0)
                world_.require(
                    truth_.epoch(r.id->owner) > r.epoch, "others were ended, and were not", number
                );
            break;
        case kind::log_out:
            if (r.id) world_.require(r.id->ended_by != nullptr, "a logout that was none", number);
            world_.require(cookie.empty(), "a logout that sets a cookie", number);
            break;
        case kind::refused: world_.require(false, "S6: what was refused was done", number); break;
        default: break;
        }
    }

    // It ended or was renewed while the request was under way.
    void require_gone(request& r, const std::string& cookie) {
        const bool gone = std::ranges::any_of(r.ids, [&](const id_ptr& id) {
            const bool being = id->ending > 0 || id->renewing > 0;
            const bool tried = id->tried_to_end > r.begun || id->tried_to_renew > r.begun;
            return id->ended_by || being || tried || !truth_.lives(*id, world_.now);
        });
        const bool late = r.what == kind::log_in && truth_.epoch(r.user) != r.epoch;
        world_.require(gone || late, "a session was called gone", r.id ? r.id->session->number : 0);
        world_.require(cookie.empty(), "a refusal that sets a cookie");
        if (r.what == kind::add && r.id) --r.id->session->maybe_added;
    }

    void require_refused(request& r, const std::string& cookie) {
        if (r.what == kind::refused) ++done_[static_cast<std::size_t>(r.what)];
        const bool may_be = r.what == kind::fill || r.what == kind::refused || r.what == kind::add;
        world_.require(may_be, "a change was refused", r.id ? r.id->session->number : 0);
        world_.require(cookie.empty(), "a refusal that sets a cookie");
        if (r.what == kind::add && r.id) --r.id->session->maybe_added;
    }

    // As a browser does; the new one, or nothing.
    std::string keep_cookie(request& r) {
        constexpr std::string_view name = "Set-Cookie: session=";
        const std::string& headers = r.exchange.response.headers;
        const auto at = headers.find(name);
        if (at == std::string::npos) return {};
        const auto value = at + name.size();
        r.from.cookie = headers.substr(value, headers.find(';', value) - value);
        return r.from.cookie;
    }

    simulation world_;
    session::policy policy_{
        .idle_timeout = 2min,
        .absolute_timeout = 10min,
        .remember_for = 30min,
        .data_limit = 32 * 1024,
        .sessions_per_user_max = 4};
    secret key_{"a secret that only this test knows"}, other_key_{"a secret that another server knows"};
    session::id_signer signer_{std::span{&key_, 1}}, other_signer_{std::span{&other_key_, 1}};
    asio::io_context io_;  // outlives the threads of the backend, which hand it their results
    Backend backend_{policy_};
    truth truth_{world_, policy_};
    faulty_store store_{world_, truth_, signer_, io_, backend_.store(), [this] { backend_.settle(io_); }};
    store::cached_store cache_{store_, policy_, cache_bytes};
    session::session_manager manager_{cache_, signer_, policy_};
    std::array<browser, browsers> browsers_{};
    std::list<request> requests_;
    std::size_t tabs_max_ = 1;
    unsigned ticks_ = 0;
    time_point settled_at_ = world_.now;
    std::uint64_t steps_ = 0, refused_ = 0, failed_ = 0;
    std::array<std::uint64_t, names.size()> done_{};
};

template <class Backend>
void run(const char* store, std::uint64_t steps) {
    spdlog::set_level(spdlog::level::off);  // it fails so often
    const std::uint64_t seed =
        number_from_environment<std::uint64_t>("COOKIESHOP_SEED", std::random_device{}());
    shop_with_clients<Backend> shop{seed};
    shop.run(steps);
    shop.report(store, seed);
    BOOST_TEST(shop.failure().empty(), "COOKIESHOP_SEED=" << seed << ": " << shop.failure());
}

const std::uint64_t steps = number_from_environment<std::uint64_t>("COOKIESHOP_STEPS", 300'000);

}  // namespace

BOOST_AUTO_TEST_SUITE(model)

BOOST_AUTO_TEST_CASE(the_session_layer_does_what_the_model_says_in_front_of_a_map) {
    run<memory_backend>("map", steps);
}

BOOST_AUTO_TEST_CASE(the_session_layer_does_what_the_model_says_in_front_of_SQLite) {
    run<sqlite_backend>("SQLite", steps / 60);  // each of its commits waits for the disk
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cookieshop::test
