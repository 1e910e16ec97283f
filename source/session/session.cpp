#include "cookieshop/session/session.hpp"

#include "cookieshop/session/session_manager.hpp"

namespace cookieshop::session {
namespace {

constexpr std::string_view flash_name = "flash";
const session_data no_data;

bool belongs_to_another(const live_session& session, const login& who) {
    return session.owner && session.owner->id != who.user;
}

}  // namespace

session::session(session_manager& manager, session_ptr loaded) noexcept
    : manager_{&manager}, loaded_{std::move(loaded)} {}

const session_data& session::data() const noexcept {
    if (!operations_.empty()) return own_data_;
    return loaded_ && !destroyed_ ? loaded_->data : no_data;
}

std::string_view session::csrf_token() const noexcept {
    return loaded_ ? loaded_->csrf_token.view() : std::string_view{};
}

result<void> session::change_data(data_operation operation) {
    session_data changed = data();
    if (auto done = operation(changed); !done) return done;
    // What grows past the limit is refused; what shrinks, or stays, always goes, so that a session is never
    // stuck.
    if (changed.size() > manager_->rules().data_limit && changed.size() > data().size())
        return errc::too_large;
    own_data_ = std::move(changed);
    operations_.push_back(std::move(operation));
    return {};
}

void session::flash(std::string_view text) {
    // A flash that does not fit is the least that can be lost.
    (void)change_data([text = std::string{text}](session_data& data) -> result<void> {
        data.set(flash_name, text);
        return {};
    });
}

std::string session::take_flash() {
    const auto text = data().get(flash_name);
    if (!text) return {};
    std::string taken{*text};
    (void)change_data([](session_data& data) -> result<void> {
        data.erase(flash_name);
        return {};
    });
    return taken;
}

void session::log_in(const login& who) {
    login_ = who;
}

void session::renew() {
    renewed_ = true;
}

void session::end_others() {
    end_others_ = true;
}

void session::destroy() {
    destroyed_ = true;
    operations_.clear();
}

void session::commit_with(companion work) {
    companions_.push_back(std::move(work));
}

bool session::changed() const noexcept {
    return !operations_.empty() || login_ || renewed_ || destroyed_ || end_others_ || !companions_.empty();
}

change session::pending_change() const {
    using action = change::action;
    change next;
    next.current = loaded_;
    next.companions = companions_;
    if (destroyed_) {
        next.what = loaded_ ? action::destroy : action::none;
        return next;
    }
    next.operations = operations_;
    next.log_in = login_;
    next.end_others = end_others_;
    if (!loaded_)
        next.what = login_ || !operations_.empty() ? action::create : action::none;
    else if (login_)
        next.what = belongs_to_another(*loaded_, *login_) ? action::replace : action::rotate;
    else if (renewed_)
        next.what = action::rotate;
    else if (end_others_ || !operations_.empty())
        next.what = action::save;
    return next;
}

void session::forget_changes() {
    operations_.clear();
    companions_.clear();
    login_.reset();
    renewed_ = destroyed_ = end_others_ = false;
}

task<result<void>> session::commit(http::exchange& exchange) {
    return manager_->commit(exchange, *this);
}

}  // namespace cookieshop::session
