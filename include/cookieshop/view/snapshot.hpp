/// A value that many threads read all the time and one replaces now and then.
///
/// Reading costs one atomic load while nothing was replaced: every thread keeps a reference to the value it
/// saw last, and the number of that publication, which no two publications in the process share.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace cookieshop::view {

template <class T>
class snapshot {
public:
    void publish(std::shared_ptr<const T> value) {
        static std::atomic<std::uint64_t> publications = 0;
        const std::lock_guard lock{mutex_};
        value_ = std::move(value);
        number_.store(++publications, std::memory_order_release);
    }

    /// Valid until this thread calls it again, for any snapshot of this type. Precondition: something was
    /// published.
    const T& get() const {
        thread_local seen last;
        if (last.number != number_.load(std::memory_order_acquire)) {
            const std::lock_guard lock{mutex_};
            last = {number_.load(std::memory_order_relaxed), value_};
        }
        return *last.value;
    }

private:
    struct seen {
        std::uint64_t number = 0;
        std::shared_ptr<const T> value;
    };

    mutable std::mutex mutex_;
    std::shared_ptr<const T> value_;  // guarded by mutex_
    std::atomic<std::uint64_t> number_ = 0;
};

}  // namespace cookieshop::view
