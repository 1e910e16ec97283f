#include "cookieshop/util/worker_pool.hpp"

#include <pthread.h>

namespace cookieshop {

worker_pool::worker_pool(std::string name, std::size_t threads, std::size_t capacity)
    : name_{std::move(name)}, capacity_{capacity} {
    for (std::size_t i = 0; i < threads; ++i) {
        threads_.emplace_back([this] { work(); });
        pthread_setname_np(threads_.back().native_handle(), name_.c_str());
    }
}

worker_pool::~worker_pool() {
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
