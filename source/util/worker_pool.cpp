#include "cookieshop/util/worker_pool.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace cookieshop {

// Of the calling thread alone: on Linux a thread has a niceness of its own, here ten more than the process
// was given, and since 6.12 a time slice. Who wakes up with a shorter slice (3 ms by default) than that of
// the thread that runs interrupts it at once, if it has not had more than its share; else it waits for the
// end of the slice, or for the next tick of the clock. So this one is the longest that there is. Neither
// needs a privilege, and where the kernel is older, niceness alone decides who interrupts whom.
void yield_to_others() noexcept {
    // sched_attr: the kernel's header of it and the library's <sched.h> exclude each other.
    struct {
        std::uint32_t size = sizeof *this;
        std::uint32_t policy = 0;
        std::uint64_t flags = 0x08;  // keep the policy
        std::int32_t niceness = std::min(19, getpriority(PRIO_PROCESS, 0) + 10);
        std::uint32_t priority = 0;
        std::uint64_t slice = 100'000'000;  // nanoseconds: the most there is
        std::uint64_t deadline = 0, period = 0;
    } const wanted;
    syscall(SYS_sched_setattr, gettid(), &wanted, 0);
}

worker_pool::worker_pool(std::string name, std::size_t threads, std::size_t capacity, priority priority)
    : name_{std::move(name)}, capacity_{capacity} {
    try {
        for (std::size_t i = 0; i < threads; ++i) {
            threads_.emplace_back([this, priority] {
                if (priority == priority::low) yield_to_others();
                work();
            });
            pthread_setname_np(threads_.back().native_handle(), name_.c_str());
        }
    } catch (...) {  // the system has no more threads
        stop();
        throw;
    }
}

worker_pool::~worker_pool() {
    stop();
}

void worker_pool::stop() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    filled_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

bool worker_pool::try_post(std::unique_ptr<detached_job>& job) {
    {
        const std::lock_guard lock{mutex_};
        if (queue_.size() >= capacity_) return false;
        queue_.push_back(std::move(job));
    }
    filled_.notify_one();
    return true;
}

std::size_t worker_pool::queue_length() const {
    const std::lock_guard lock{mutex_};
    return queue_.size();
}

void worker_pool::work() {
    for (;;) {
        std::unique_ptr<detached_job> job;
        {
            std::unique_lock lock{mutex_};
            filled_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
            if (queue_.empty()) return;
            job = std::move(queue_.front());
            queue_.pop_front();
        }
        job->run();
    }
}

}  // namespace cookieshop
