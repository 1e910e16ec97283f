/// Sweeps what expired, in small batches, off the request path.

#pragma once

#include "cookieshop/session/session_store.hpp"
#include "cookieshop/util/clock.hpp"

#include <chrono>
#include <cstddef>

namespace cookieshop::store {

struct janitor_options {
    std::chrono::milliseconds every = std::chrono::seconds{10};
    std::size_t batch = 1000;  ///< rows a transaction; a full batch is followed by the next after `pause`
    std::chrono::milliseconds pause{20};
};

/// Runs until it is cancelled. A failing store is logged and tried again at the next round. What it refers to
/// outlives it.
task<> sweep_expired(session::session_store& store, const wall_clock& clock, janitor_options options = {});

}  // namespace cookieshop::store
