#include "http/deadlines.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>
#include <vector>

namespace cookieshop::http {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds keep_alive{50};

struct fixture {
    deadlines limits{{milliseconds{20}, keep_alive, keep_alive, keep_alive, keep_alive}};
    std::vector<deadline_item*> expired;

    // How long it takes until so many have expired; sweeps all the time.
    milliseconds sweep_until_expired(std::size_t count) {
        const auto start = std::chrono::steady_clock::now();
        while (expired.size() < count) {
            limits.sweep([this](deadline_item& item) { expired.push_back(&item); });
            std::this_thread::yield();
        }
        return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(deadlines_, fixture)

BOOST_AUTO_TEST_CASE(what_is_due_expires_once_and_never_early) {
    deadline_item item;
    limits.refresh();
    limits.set(item, deadline::keep_alive);
    BOOST_TEST(item.has(deadline::keep_alive));
    BOOST_TEST((sweep_until_expired(1) >= keep_alive));
    BOOST_TEST(!item.is_linked());
}

BOOST_AUTO_TEST_CASE(the_shorter_limit_expires_first) {
    deadline_item later, sooner;
    limits.refresh();
    limits.set(later, deadline::keep_alive);
    limits.set(sooner, deadline::header);
    sweep_until_expired(2);
    BOOST_TEST((expired == std::vector<deadline_item*>{&sooner, &later}));
}

// Shortly before it would be moved in its list, and after.
BOOST_AUTO_TEST_CASE(a_limit_that_is_put_off_is_not_due_before_the_last_time) {
    constexpr milliseconds least_difference{20};
    for (const milliseconds later :
         {deadlines::sweep_interval - least_difference, deadlines::sweep_interval + least_difference}) {
        deadline_item item;
        limits.refresh();
        limits.set(item, deadline::keep_alive);
        const auto start = std::chrono::steady_clock::now();
        while (std::chrono::steady_clock::now() - start < later) std::this_thread::yield();
        limits.refresh();
        limits.set(item, deadline::keep_alive);
        expired.clear();
        BOOST_TEST((sweep_until_expired(1) >= keep_alive));
    }
}

BOOST_AUTO_TEST_CASE(another_kind_takes_the_place_of_the_first) {
    deadline_item item;
    limits.refresh();
    limits.set(item, deadline::keep_alive);
    limits.set(item, deadline::header);
    BOOST_TEST(!item.has(deadline::keep_alive));
    BOOST_TEST(item.has(deadline::header));
    sweep_until_expired(1);
    limits.sweep([this](deadline_item& other) { expired.push_back(&other); });
    BOOST_TEST(expired.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_cleared_or_gone_never_expires) {
    deadline_item kept, cleared;
    limits.refresh();
    {
        deadline_item gone;
        limits.set(gone, deadline::header);
    }
    limits.set(cleared, deadline::header);
    limits.set(kept, deadline::keep_alive);
    deadlines::clear(cleared);
    sweep_until_expired(1);
    BOOST_TEST((expired == std::vector<deadline_item*>{&kept}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace cookieshop::http
