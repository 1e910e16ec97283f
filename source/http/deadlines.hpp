// Time limits on what peers do, without a timer for each.
//
// Every kind of limit has one duration. What gets its limit later is due later, so that a list for each kind
// is sorted by construction: setting a limit is unlinking and appending, and a sweep ten times a second looks
// only at what is due. A limit that is put off again and again, as a busy connection's, is moved once a
// sweep: moving it writes to its neighbours, which belong to connections that nothing else has to fetch. Used
// on one io thread.

#pragma once

#include <boost/intrusive/list.hpp>

#include <array>
#include <chrono>
#include <cstddef>

namespace cookieshop::http {

enum class deadline { header, body, write, keep_alive, linger };
inline constexpr std::size_t deadline_kinds = 5;

class deadlines;

// What can have one deadline at a time. Unlinks itself when it dies.
class deadline_item
    : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    bool has(deadline kind) const noexcept { return is_linked() && kind_ == kind; }

private:
    friend deadlines;

    deadline kind_{};
    std::chrono::steady_clock::time_point set_at_;
};

class deadlines {
public:
    using durations = std::array<std::chrono::milliseconds, deadline_kinds>;

    explicit deadlines(const durations& durations) : durations_{durations} {}

    // Reads the clock: once for each batch of events.
    void refresh() noexcept { now_ = std::chrono::steady_clock::now(); }

    // How late a deadline may be: twice that, as one that was set within it may stand for a later one.
    static constexpr std::chrono::milliseconds sweep_interval{100};

    // Replaces the item's deadline; it counts from the last `refresh`.
    void set(deadline_item& item, deadline kind) noexcept {
        if (item.has(kind) && now_ - item.set_at_ < sweep_interval) return;
        item.unlink();
        item.set_at_ = now_;
        item.kind_ = kind;
        lists_[static_cast<std::size_t>(kind)].push_back(item);
    }

    static void clear(deadline_item& item) noexcept { item.unlink(); }

    // Takes every item that is due out of its list and calls `expired(item)`, which may set and clear
    // deadlines and destroy the item.
    template <class F>
    void sweep(F expired) {
        refresh();
        for (std::size_t kind = 0; kind < deadline_kinds; ++kind) {
            const auto set_before = now_ - sweep_interval - durations_[kind];
            list& items = lists_[kind];
            while (!items.empty() && items.front().set_at_ <= set_before) {
                deadline_item& item = items.front();
                item.unlink();
                expired(item);
            }
        }
    }

private:
    using list = boost::intrusive::list<deadline_item, boost::intrusive::constant_time_size<false>>;

    durations durations_;
    std::array<list, deadline_kinds> lists_;
    std::chrono::steady_clock::time_point now_ = std::chrono::steady_clock::now();
};

}  // namespace cookieshop::http
