#include "cookieshop/view/snapshot.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

using cookieshop::view::snapshot;

BOOST_AUTO_TEST_SUITE(snapshot_)

BOOST_AUTO_TEST_CASE(gives_what_was_published_last) {
    snapshot<int> numbers;
    numbers.publish(std::make_shared<int>(1));
    BOOST_TEST(numbers.get() == 1);
    numbers.publish(std::make_shared<int>(2));
    BOOST_TEST(numbers.get() == 2);
}

BOOST_AUTO_TEST_CASE(two_of_one_type_are_not_mixed_up) {
    snapshot<int> a, b;
    a.publish(std::make_shared<int>(1));
    b.publish(std::make_shared<int>(2));
    BOOST_TEST(a.get() == 1);
    BOOST_TEST(b.get() == 2);
    BOOST_TEST(a.get() == 1);
}

BOOST_AUTO_TEST_CASE(a_new_one_in_the_place_of_an_old_one_is_not_taken_for_it) {
    for (int i = 0; i < 3; ++i) {
        snapshot<int> numbers;
        numbers.publish(std::make_shared<int>(i));
        BOOST_TEST(numbers.get() == i);
    }
}

BOOST_AUTO_TEST_CASE(what_a_thread_reads_stays_alive_while_others_publish) {
    using pair = std::pair<int, int>;
    snapshot<pair> pairs;
    pairs.publish(std::make_shared<pair>(0, 0));
    std::atomic<bool> torn = false, backwards = false;
    std::vector<std::thread> readers;
    const auto read = [&] {
        for (int last = 0; last < 1000;) {
            const auto [first, second] = pairs.get();
            if (first != second) torn = true;
            if (first < last) backwards = true;
            last = first;
        }
    };
    readers.reserve(3);
    for (int reader = 0; reader < 3; ++reader) readers.emplace_back(read);
    for (int i = 1; i <= 1000; ++i) pairs.publish(std::make_shared<pair>(i, i));
    for (auto& reader : readers) reader.join();
    BOOST_TEST(!torn);
    BOOST_TEST(!backwards);
}

BOOST_AUTO_TEST_SUITE_END()
