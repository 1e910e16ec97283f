#include "crash/history.hpp"

#include <algorithm>
#include <numeric>
#include <ostream>
#include <stdexcept>

namespace cookieshop::test::crash {

namespace {

using accounts = std::vector<account>;

constexpr int quantity_max = 99;

bool is_empty(const basket& lines) {
    return lines == basket{};
}

/// Where something that was not seen yet is seen, it is that; from then on it is always the same.
bool sees(number& known, number seen) {
    if (known == 0) known = seen;
    return known == seen;
}

accounts possible_if(bool condition, const account& unchanged) {
    return condition ? accounts{unchanged} : accounts{};
}

}  // namespace

// ---------------------------------------------------------------- the specification

const account::session* account::find(number id) const {
    const auto found = sessions.find(id);
    return found == sessions.end() ? nullptr : &found->second;
}

bool account::knows_order(number token) const {
    return std::ranges::find(orders, token, &order::token) != orders.end();
}

bool account::would_end(const operation& op, number id) const {
    const session* there = find(id);
    if (there == nullptr || !there->member) return op.what == action::logout && op.session == id;
    switch (op.what) {
    case action::logout: return op.session == id;
    case action::revocation: return op.handle == there->handle;
    case action::revocation_of_others: return op.session != id;
    case action::password_change: return true;
    default: return false;
    }
}

/// The session that a change of the basket goes to: the one of the cookie, or what that became; 0: none.
number account::changed_by(const operation& op) const {
    if (find(op.session) != nullptr) return op.session;
    const auto became = renewed.find(op.session);
    return became != renewed.end() && find(became->second) != nullptr ? became->second : 0;
}

account account::with_lines(number id, int cookie, int quantity) const {
    account next = *this;
    session& changed = next.sessions.at(id);
    int& line = changed.lines.at(static_cast<std::size_t>(cookie));
    if (line != quantity) changed.token = 0;
    line = quantity;
    return next;
}

account account::without(number id) const {
    account next = *this;
    next.sessions.erase(id);
    return next;
}

account account::without_handle(number handle) const {
    account next = *this;
    std::erase_if(next.sessions, [&](const auto& s) { return s.second.member && s.second.handle == handle; });
    std::erase(next.strangers, handle);
    return next;
}

void account::add_stranger(number handle) {
    strangers.push_back(handle);
    std::ranges::sort(strangers);
}

account account::without_others(number id) const {
    account next = *this;
    std::erase_if(next.sessions, [&](const auto& s) { return s.second.member && s.first != id; });
    next.strangers.clear();
    return next;
}

account account::with_login(const operation& op, bool taking_the_session_along) const {
    account next = *this;
    session begun;
    if (taking_the_session_along) {
        begun = next.sessions.at(op.session);
        next.sessions.erase(op.session);
        next.renewed[op.session] = op.fresh;
    }
    begun.member = true;
    if (op.fresh == 0)
        next.add_stranger(begun.handle);
    else
        next.sessions[op.fresh] = begun;
    return next;
}

accounts account::after(const operation& op, const std::vector<const operation*>& under_way) const {
    // An ending is seen before it is durable and answered: it takes the session out of memory first.
    const bool ended =
        find(op.session) == nullptr || std::ranges::any_of(under_way, [&](const operation* other) {
            return would_end(*other, op.session);
        });
    const session* there = find(op.session);
    if (op.answer == reply::logged_out)
        return possible_if(ended || there == nullptr || !there->member, *this);
    switch (op.what) {
    case action::registration: return after_registration(op, ended);
    case action::login: return after_login(op, ended);
    case action::logout: return {without(op.session)};
    case action::revocation:
    case action::revocation_of_others: return after_revocation(op, ended);
    case action::password_change: return after_password_change(op, ended);
    case action::addition: return after_addition(op, ended);
    case action::removal: return after_removal(op, ended);
    case action::order: return after_order(op, ended);
    case action::basket_page:
    case action::checkout_page:
    case action::own_handle: return after_look(op, ended);
    case action::all_sessions: return after_look_at_sessions(op);
    case action::all_orders:
    case action::order_page: return after_look_at_order(op);
    }
    return {};
}

/// Into the session; or into what it became while the request was under way; or, where there is none, into a
/// new one.
accounts account::after_addition(const operation& op, bool looks_ended) const {
    accounts result;
    const auto at = static_cast<std::size_t>(op.cookie);
    const auto became = renewed.find(op.session);
    const number target = changed_by(op);
    const session* changed = find(target);
    const bool full = changed != nullptr && changed->lines.at(at) + op.quantity > quantity_max;
    switch (op.answer) {
    case reply::done:
        if (op.fresh != 0) {
            if (!looks_ended) break;
            account next = *this;
            next.sessions[op.fresh].lines.at(at) = op.quantity;
            result.push_back(next);
            break;
        }
        if (changed == nullptr && became != renewed.end() && became->second == 0) result.push_back(*this);
        [[fallthrough]];
    case reply::none:
        if (changed != nullptr && !full)
            result.push_back(with_lines(target, op.cookie, changed->lines.at(at) + op.quantity));
        break;
    case reply::refused: return possible_if(full, *this);
    case reply::gone: return possible_if(looks_ended, *this);
    default: break;
    }
    return result;
}

accounts account::after_removal(const operation& op, bool looks_ended) const {
    accounts result;
    const number target = changed_by(op);
    switch (op.answer) {
    case reply::done:
        if (looks_ended) result.push_back(*this);
        [[fallthrough]];
    case reply::none:
        if (target == 0) break;
        result.push_back(with_lines(target, op.cookie, 0));
        // Where another tab took the line out meanwhile, it is another basket still.
        if (find(target)->token != 0) {
            result.push_back(result.back());
            result.back().sessions.at(target).token = 0;
        }
        break;
    case reply::gone: return possible_if(looks_ended, *this);
    default: break;
    }
    return result;
}

/// The basket of the form becomes an order, and is empty. A form that was sent before leads to its order.
accounts account::after_order(const operation& op, bool looks_ended) const {
    const session* there = find(op.session);
    const bool known = knows_order(op.token);
    const bool orders_now = there != nullptr && there->member && there->token == op.token
                            && there->lines == op.lines && !is_empty(op.lines) && !known;
    account next = *this;
    switch (op.answer) {
    case reply::done:
        for (order& earlier : next.orders) {
            if (earlier.token != op.token) continue;
            if (earlier.id == 0) earlier.id = op.order;
            return possible_if(earlier.id == op.order, next);
        }
        if (std::ranges::find(orders, op.order, &order::id) != orders.end()) return {};
        if (!orders_now) return possible_if(op.beside_same_order, *this);
        if (op.beside_same_order) {
            accounts either = after_order_placed(op);
            either.push_back(*this);
            return either;
        }
        [[fallthrough]];
    case reply::none: return orders_now ? after_order_placed(op) : accounts{};
    case reply::refused: return possible_if(there != nullptr && there->token != op.token && !known, *this);
    case reply::empty: return possible_if(there != nullptr && is_empty(there->lines) && !known, *this);
    case reply::gone: return possible_if(looks_ended, *this);
    default: return {};
    }
}

accounts account::after_order_placed(const operation& op) const {
    account next = *this;
    next.orders.push_back({op.order, op.token, op.lines});
    std::ranges::sort(next.orders);
    session& ordered = next.sessions.at(op.session);
    ordered.lines = {};
    ordered.token = 0;
    return {next};
}

/// The browser's session goes along with its basket, under a new id. Where it has ended, another one begins.
accounts account::after_logins(const operation& op, bool looks_ended) const {
    accounts result;
    if (find(op.session) != nullptr) result.push_back(with_login(op, true));
    if (looks_ended) result.push_back(with_login(op, false));
    return result;
}

accounts account::after_registration(const operation& op, bool looks_ended) const {
    if (op.answer == reply::refused) return possible_if(registered || op.beside_registration, *this);
    if (registered) return {};
    account next = *this;
    next.registered = true;
    next.password = op.password;
    return next.after_logins(op, looks_ended);
}

/// The password is verified as of before the sessions ended that ended meanwhile: such a login is refused.
accounts account::after_login(const operation& op, bool looks_ended) const {
    const bool right = registered && password == op.password;
    switch (op.answer) {
    case reply::done:
    case reply::none: return right ? after_logins(op, looks_ended) : accounts{};
    case reply::refused: return possible_if(!right || op.beside_new_epoch, *this);
    case reply::throttled: return {*this};
    default: return {};
    }
}

/// The password, the session's new id, the end of all others: together.
accounts account::after_password_change(const operation& op, bool looks_ended) const {
    switch (op.answer) {
    case reply::done:
    case reply::none: {
        const session* there = find(op.session);
        if (there == nullptr || !there->member || password != op.password) return {};
        account next = without_others(op.session);
        next.password = op.next_password;
        next.sessions.erase(op.session);
        if (op.fresh == 0)
            next.add_stranger(there->handle);
        else
            next.sessions[op.fresh] = *there;
        return {next};
    }
    case reply::refused: return possible_if(password != op.password || op.beside_new_epoch, *this);
    case reply::throttled: return {*this};
    case reply::gone: return possible_if(looks_ended || op.beside_new_epoch, *this);
    default: return {};
    }
}

accounts account::after_revocation(const operation& op, bool looks_ended) const {
    const session* there = find(op.session);
    const bool of_one = op.what == action::revocation;
    switch (op.answer) {
    case reply::gone:
        if (!of_one) return possible_if(looks_ended, *this);
        [[fallthrough]];  // the session has ended, but the one that says so had as well
    case reply::done:
    case reply::none:
        if (of_one) return {without_handle(op.handle)};
        return there != nullptr && there->member ? accounts{without_others(op.session)} : accounts{};
    case reply::missing: return possible_if(without_handle(op.handle) == *this, *this);
    default: return {};
    }
}

accounts account::after_look(const operation& op, bool looks_ended) const {
    if (op.answer == reply::gone) return possible_if(looks_ended, *this);
    const bool looks_like_none = op.what == action::basket_page && !op.as_member && is_empty(op.lines);
    if (looks_like_none && looks_ended) return {*this};
    account next = *this;
    const auto found = next.sessions.find(op.session);
    if (found == next.sessions.end() || found->second.member != op.as_member) return {};
    session& there = found->second;
    switch (op.what) {
    case action::basket_page: return possible_if(there.lines == op.lines, next);
    case action::own_handle: return possible_if(sees(there.handle, op.handle), next);
    case action::checkout_page:
        if (op.answer == reply::empty) return possible_if(is_empty(there.lines), next);
        return possible_if(there.lines == op.lines && sees(there.token, op.token), next);
    default: return {};
    }
}

accounts account::after_look_at_sessions(const operation& op) const {
    accounts result;
    account next = *this;
    const auto own = next.sessions.find(op.session);
    if (own == next.sessions.end() || !own->second.member || !sees(own->second.handle, op.handle)) return {};
    std::size_t members = 0;
    for (const auto& [id, session] : next.sessions) {
        if (!session.member) continue;
        ++members;
        if (session.handle != 0 && std::ranges::count(op.handles, session.handle) != 1) return {};
    }
    return possible_if(op.handles.size() == members + strangers.size(), next);
}

accounts account::after_look_at_order(const operation& op) const {
    if (op.what == action::all_orders) {
        const bool all = std::ranges::all_of(orders, [&](const order& order) {
            return order.id == 0 || std::ranges::count(op.orders, order.id) == 1;
        });
        return possible_if(all && orders.size() == op.orders.size(), *this);
    }
    if (const auto known = std::ranges::find(orders, op.order, &order::id); known != orders.end())
        return possible_if(known->lines == op.lines, *this);
    accounts result;
    for (std::size_t i = 0; i < orders.size(); ++i) {
        if (orders[i].id != 0 || orders[i].lines != op.lines) continue;
        result.push_back(*this);
        result.back().orders[i].id = op.order;
        std::ranges::sort(result.back().orders);
    }
    return result;
}

// ---------------------------------------------------------------- the check

namespace {

bool ends_all_others(const operation& op) {
    return op.what == action::revocation_of_others || op.what == action::password_change;
}

/// Whether it has no effect, wherever it stands in the order.
bool only_looked(const operation& op) {
    if (op.what >= action::basket_page) return true;
    const bool refused = op.answer != reply::none && op.answer != reply::done;
    return refused && op.what != action::revocation;
}

void note_neighbours(std::vector<history>& histories) {
    for (history& mine : histories) {
        for (const history& others : histories) {
            if (&mine == &others) continue;
            for (operation& op : mine) {
                for (const operation& other : others) {
                    if (other.sent > op.over || op.sent > other.over) continue;
                    op.beside_new_epoch = op.beside_new_epoch || ends_all_others(other);
                    op.beside_registration = op.beside_registration || other.what == action::registration;
                    op.beside_same_order =
                        op.beside_same_order || (other.what == action::order && other.token == op.token);
                }
            }
        }
    }
}

std::size_t length_of(const explanation& explanation) {
    return std::accumulate(explanation.happened.begin(), explanation.happened.end(), std::size_t{0});
}

class search {
public:
    search(const std::vector<history>& histories, std::set<explanation>& found, explanation& farthest)
        : histories_{histories}, survey_{histories.size() - 1}, found_{found}, farthest_{farthest} {}

    void from(const account& before) { visit({std::vector<std::size_t>(histories_.size()), before}); }

private:
    /// Depth first; what leads to the same place is gone through once.
    void visit(explanation here) {
        std::vector<explanation> open{std::move(here)};
        while (!open.empty()) {
            if (seen_.size() > steps_max)
                throw std::runtime_error{"there are too many ways in which it can have been"};
            const explanation next = std::move(open.back());
            open.pop_back();
            if (seen_.insert(next).second) expand(next, open);
        }
    }

    void expand(const explanation& here, std::vector<explanation>& open) {
        if (is_complete(here)) found_.insert(here);
        if (length_of(here) > length_of(farthest_)) farthest_ = here;
        const std::size_t first = open.size();
        for (std::size_t i = 0; i < histories_.size(); ++i) {
            const operation* op = next_of(here, i);
            if (op == nullptr || !may_come_next(here, *op)) continue;
            std::vector<account> results = here.now.after(*op, under_way(here, *op, i));
            const bool changes_nothing = results.size() == 1 && results.front() == here.now;
            if (op->answer == reply::none && changes_nothing) continue;
            // What only looked, and can have been here, stands in nobody's way: there is no need to try it
            // later. But for the survey, before which everything has its last chance.
            const bool settled = changes_nothing && only_looked(*op) && i != survey_;
            if (settled) open.erase(open.begin() + static_cast<std::ptrdiff_t>(first), open.end());
            for (account& now : results) {
                open.push_back({here.happened, std::move(now)});
                ++open.back().happened[i];
            }
            if (settled) return;
        }
    }

    const operation* next_of(const explanation& here, std::size_t i) const {
        return here.happened[i] < histories_[i].size() ? &histories_[i][here.happened[i]] : nullptr;
    }

    std::vector<const operation*> under_way(const explanation& here, const operation& op, std::size_t mine)
        const {
        std::vector<const operation*> found;
        for (std::size_t i = 0; i < survey_; ++i)
            for (std::size_t at = here.happened[i]; i != mine && at < histories_[i].size(); ++at)
                if (const operation& other = histories_[i][at]; other.sent < op.over && op.sent < other.over)
                    found.push_back(&other);
        return found;
    }

    bool is_complete(const explanation& here) const {
        for (std::size_t i = 0; i < histories_.size(); ++i)
            if (const operation* next = next_of(here, i); next != nullptr && next->answer != reply::none)
                return false;
        return true;
    }

    /// Nothing comes after what was sent when it was over already. What is in doubt may come at any moment
    /// before the survey.
    bool may_come_next(const explanation& here, const operation& op) const {
        if (op.answer == reply::none && here.happened[survey_] > 0) return false;
        for (std::size_t i = 0; i < histories_.size(); ++i)
            if (const operation* other = next_of(here, i);
                other != nullptr && other->answer != reply::none && other->over < op.sent)
                return false;
        return true;
    }

    const std::vector<history>& histories_;
    const std::size_t survey_;
    std::set<explanation>& found_;
    explanation& farthest_;
    std::set<explanation> seen_;
};

}  // namespace

std::set<explanation> explain(
    const std::set<account>& before, std::vector<history> histories, const history& survey,
    explanation& farthest
) {
    note_neighbours(histories);
    histories.push_back(survey);
    std::set<explanation> found;
    for (const account& account : before) search{histories, found, farthest}.from(account);
    return found;
}

// ---------------------------------------------------------------- for the reader of a failure

namespace {

constexpr const char* action_names[] = {
    "registration",  "login",      "logout",       "revocation", "revocation of others",
    "new password",  "addition",   "removal",      "order",      "basket page",
    "checkout page", "own handle", "all sessions", "all orders", "order page",
};
constexpr const char* reply_names[] = {
    "no answer", "done", "refused", "gone", "logged out", "missing", "empty", "throttled",
};

std::ostream& operator<<(std::ostream& out, const basket& lines) {
    for (std::size_t i = 0; i < lines.size(); ++i) out << (i == 0 ? "[" : " ") << lines.at(i);
    return out << ']';
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const operation& op) {
    out << op.sent << '-' << op.over << ' ' << action_names[static_cast<int>(op.what)] << ", session "
        << op.session << ": " << reply_names[static_cast<int>(op.answer)];
    if (op.password != 0) out << ", password " << op.password << " -> " << op.next_password;
    if (op.quantity != 0 || op.what == action::removal)
        out << ", cookie " << op.cookie << " x " << op.quantity;
    if (op.token != 0) out << ", token " << op.token;
    if (op.handle != 0) out << ", handle " << op.handle;
    if (op.fresh != 0) out << ", new session " << op.fresh;
    if (op.order != 0) out << ", order " << op.order;
    out << ", lines " << op.lines << (op.as_member ? ", logged in" : "");
    for (const number handle : op.handles) out << " h" << handle;
    for (const std::int64_t order : op.orders) out << " #" << order;
    return out;
}

std::ostream& operator<<(std::ostream& out, const account& account) {
    out << (account.registered ? "registered" : "not registered") << ", password " << account.password << ", "
        << account.strangers.size() << " strangers\n";
    for (const auto& [id, session] : account.sessions)
        out << "    session " << id << (session.member ? " member" : " guest") << ", handle "
            << session.handle << ", token " << session.token << ' ' << session.lines << '\n';
    for (const auto& order : account.orders)
        out << "    order " << order.id << ", token " << order.token << ' ' << order.lines << '\n';
    return out;
}

}  // namespace cookieshop::test::crash
