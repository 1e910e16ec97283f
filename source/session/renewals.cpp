#include "session/renewals.hpp"

#include <algorithm>

namespace cookieshop::session {

void renewals::note(const renewal& renewal) {
    const std::lock_guard lock{mutex_};
    if (newest_first_.size() == kept_max) newest_first_.pop_back();
    newest_first_.push_front(renewal);
}

void renewals::forget(const renewal& renewal) {
    const std::lock_guard lock{mutex_};
    const auto found = std::ranges::find(newest_first_, renewal);
    if (found != newest_first_.end()) newest_first_.erase(found);
}

std::optional<renewal> renewals::find(const session_id& from, time_point now) const {
    const std::lock_guard lock{mutex_};
    const auto found = std::ranges::find(newest_first_, from, &renewal::from);
    if (found == newest_first_.end() || now - found->at > kept_for) return std::nullopt;
    return *found;
}

}  // namespace cookieshop::session
