// A world of one thread in which nothing happens by itself: deterministic simulation testing.
//
// Every choice comes from one seed: who goes next, what fails, when the clock moves, and what libsodium calls
// random. So a run that fails can be run again, as often as it takes to understand it.

#pragma once

#include "cookieshop/util/clock.hpp"
#include "cookieshop/util/event.hpp"
#include "cookieshop/util/task.hpp"

#include <sodium.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace cookieshop::test {

class simulation {
public:
    explicit simulation(std::uint64_t seed) : dice_{seed} {
        seeded().seed(seed);
        // For the ids, the handles and the CSRF tokens, which the code under test draws itself.
        static randombytes_implementation ours{
            [] { return "seeded"; },
            [] { return static_cast<std::uint32_t>(seeded()()); },
            nullptr,
            nullptr,
            [](void* bytes, std::size_t size) {
                std::generate_n(static_cast<unsigned char*>(bytes), size, [] {
                    return static_cast<unsigned char>(seeded()());
                });
            },
            nullptr};
        randombytes_set_implementation(&ours);
    }

    std::size_t below(std::size_t count) { return dice_() % count; }
    bool chance(unsigned per_mille) { return below(1000) < per_mille; }

    // ---- what waits, and who goes on

    // Until the dice say so.
    task<> turn() {
        const auto mine = std::make_shared<event>();
        waiting_.push_back(mine);
        co_await mine->wait();
    }

    bool idle() const { return waiting_.empty(); }

    // Lets one of those that wait go on, whichever came first.
    void resume_one() {
        std::swap(waiting_[below(waiting_.size())], waiting_.back());
        const auto chosen = waiting_.back();
        waiting_.pop_back();
        chosen->set();
        run();
    }

    void run() {
        io.restart();
        io.poll();
    }

    // ---- what happened: the order of all events, and of the last ones what they were

    std::uint64_t tick() { return ++tick_; }

    // `session`: a number that stays when the id changes; 0: none.
    void note(unsigned session, const char* what, std::string_view token = {}, std::uint64_t version = 0) {
        constexpr std::size_t notes_max = 50'000;
        if (notes_.size() == notes_max) notes_.pop_front();
        notes_.push_back({++tick_, session, what, std::string{token.substr(0, 8)}, version});
    }

    // The first thing that does not hold ends the run.
    void require(bool holds, const char* what, unsigned session = 0, std::string_view token = {}) {
        if (holds || failed()) return;
        note(session, what, token);
        std::ostringstream text;
        text << what << "\nthe last that happened to session " << session << ":\n";
        std::vector<const entry*> shown;
        for (auto i = notes_.rbegin(); i != notes_.rend() && shown.size() < 40; ++i)
            if (session == 0 || i->session == session) shown.push_back(&*i);
        std::ranges::reverse(shown);
        for (const entry* one : shown)
            text << "  " << one->tick << ' ' << one->token << ' ' << one->what << ' ' << one->version << '\n';
        failure_ = text.str();
    }
    bool failed() const { return !failure_.empty(); }
    const std::string& failure() const { return failure_; }

    asio::io_context io;
    time_point now{std::chrono::seconds{1'000'000}};  // the only clock

private:
    static std::mt19937_64& seeded() {
        static std::mt19937_64 bits;
        return bits;
    }

    struct entry {
        std::uint64_t tick;
        unsigned session;
        const char* what;
        std::string token;
        std::uint64_t version;
    };

    std::mt19937_64 dice_;
    std::vector<std::shared_ptr<event>> waiting_;
    std::uint64_t tick_ = 0;
    std::deque<entry> notes_;
    std::string failure_;
};

}  // namespace cookieshop::test
