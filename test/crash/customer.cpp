#include "crash/customer.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace cookieshop::test::crash {

namespace {

struct kind {
    std::string_view id, name;
    int cents;
};
constexpr std::array<kind, cookie_kinds> kinds{{
    {"linzer", "Linzer Heart", 1450},
    {"macaron", "Raspberry Macaron", 1800},
    {"shortbread", "Shortbread", 900},
    {"pizzelle", "Pizzelle", 1050},
}};

/// One clock for all customers: it tells which operation was over before another was sent.
std::atomic<std::uint64_t> last_moment{0};

[[noreturn]] void fail(const answer& answer) {
    std::ostringstream text;
    text << "not an answer to this:" << answer;
    throw std::runtime_error{text.str()};
}

reply reply_to(const answer& answer, std::string_view place_if_done) {
    const auto place = answer.header("Location");
    switch (answer.status) {
    case 303:
        if (place == place_if_done) return reply::done;
        if (place.starts_with("/login")) return reply::logged_out;
        fail(answer);
    case 404: return reply::missing;
    case 409: return reply::gone;
    case 422: return reply::refused;
    case 429: return reply::throttled;
    default: fail(answer);
    }
}

std::int64_t number_after(std::string_view text, std::string_view prefix) {
    std::int64_t number = 0;
    if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

std::size_t kind_at(std::string_view text, std::string_view kind::*what, const answer& page) {
    const auto found = std::ranges::find(kinds, text, what);
    if (found == kinds.end()) fail(page);
    return static_cast<std::size_t>(found - kinds.begin());
}

std::string attribute(const element& element, const std::string& name) {
    const auto found = element.attributes.find(name);
    return found == element.attributes.end() ? "" : found->second;
}

std::string dollars(int cents) {
    const std::string rest = std::to_string(cents % 100);
    return "$" + std::to_string(cents / 100) + (rest.size() < 2 ? ".0" : ".") + rest;
}

basket lines_of_basket(const answer& page) {
    basket lines{};
    int quantity = 0;
    for (const auto& element : elements(page.body)) {
        if (element.text.find(" ×") != std::string::npos) quantity = std::stoi(element.text);
        if (attribute(element, "name") == "cookie")
            lines.at(kind_at(attribute(element, "value"), &kind::id, page)) = quantity;
    }
    return lines;
}

/// Of a table with names, quantities, prices and their sum, which have to fit together.
basket lines_of_table(const answer& page) {
    std::vector<std::string> cells;
    for (const auto& element : elements(page.body))
        if (element.name == "td") cells.push_back(element.text);
    basket lines{};
    int total = 0;
    if (cells.size() % 3 != 1) fail(page);
    for (std::size_t i = 0; i + 3 < cells.size(); i += 3) {
        const std::size_t kind = kind_at(cells[i], &kind::name, page);
        const int quantity = std::stoi(cells[i + 1]), price = kinds.at(kind).cents * quantity;
        if (cells[i + 2] != dollars(price)) fail(page);
        lines.at(kind) = quantity;
        total += price;
    }
    if (cells.back() != dollars(total)) fail(page);
    return lines;
}

/// Empty: the session that looks is not in the list.
std::string own_handle_of(const answer& page) {
    bool own = false;
    for (const auto& element : elements(page.body)) {
        own = own || element.text == "this one";
        if (own && attribute(element, "name") == "session") return attribute(element, "value");
    }
    return {};
}

bool names_member(const answer& page, const std::string& email) {
    if (page.body.find("Logged in as ") == std::string::npos) return false;
    if (page.body.find("Logged in as " + email + ".") == std::string::npos) fail(page);
    return true;
}

}  // namespace

figures& figures::operator+=(const figures& more) {
    answered += more.answered;
    refused += more.refused;
    throttled += more.throttled;
    happened += more.happened;
    did_not_happen += more.did_not_happen;
    undecided += more.undecided;
    looks += more.looks;
    return *this;
}

customer::customer(std::string email, unsigned seed)
    : email_{std::move(email)}, random_{seed}, password_{1}, newest_password_{1} {}

// ---------------------------------------------------------------- sending and recording

number customer::number_of(std::map<std::string, number>& numbers, const std::string& text) {
    const std::lock_guard lock{mutex_};
    const auto [entry, is_new] = numbers.try_emplace(text, static_cast<number>(numbers.size() + 1));
    if (is_new && &numbers == &sessions_) session_cookies_.push_back(text);
    return entry->second;
}

std::string customer::password_text(number password) {
    return "a reef of quiet otters " + std::to_string(password);
}

void customer::complain(const std::string& about) {
    const std::lock_guard lock{mutex_};
    complaint_ += about + '\n';
}

/// Sends what `request` does, with the cookie of `op.session`, and adds it to the history: with what
/// `understand` makes of the answer, or without one. What was never sent is no operation.
operation customer::send(
    client& tab, operation op, history& done, const request_function& request, const understanding& understand
) {
    std::string cookie;
    {
        const std::lock_guard lock{mutex_};
        cookie = session_cookies_.at(static_cast<std::size_t>(op.session));
    }
    tab.cookies.clear();
    if (!cookie.empty()) tab.set_session(cookie);
    op.sent = ++last_moment;
    try {
        const answer answer = request(tab);
        op.over = ++last_moment;
        op.answer = understand(answer, op);
        const std::string now = tab.session();
        if (!now.empty() && now != cookie) op.fresh = number_of(sessions_, now);
    } catch (const not_connected&) {
        throw;
    } catch (const connection_lost&) {
        op.over = ++last_moment;
        done.push_back(op);
        throw;
    }
    done.push_back(op);
    return op;
}

/// As browsers do: the cookie that came last is kept.
void customer::keep_cookie(browser& browser, const operation& op, bool as_member) {
    const std::lock_guard lock{mutex_};
    if (op.fresh != 0) {
        browser.session = op.fresh;
        browser.as_member = as_member;
    } else if (op.answer == reply::logged_out || op.what == action::logout) {
        if (browser.session == op.session) browser.session = 0;
    }
}

// ---------------------------------------------------------------- what tabs do

void customer::act(std::size_t tab, std::uint16_t port) {
    history& done = histories_.at(tab);
    browser& browser = browsers_.at(tab / 2);
    std::unique_lock lock{mutex_};
    random random{random_()};
    lock.unlock();
    try {
        for (client client{port};;) step(client, browser, random, done);
    } catch (const connection_lost&) {
        // The kill.
    } catch (const std::exception& e) {
        complain(e.what());
    }
}

void customer::step(client& tab, browser& shared, random& random, history& done) {
    std::unique_lock lock{mutex_};
    const bool as_member = shared.session != 0 && shared.as_member;
    lock.unlock();
    if (as_member)
        step_as_member(tab, shared, random, done);
    else
        step_as_guest(tab, shared, random, done);
}

void customer::step_as_guest(client& tab, browser& browser, random& random, history& done) {
    std::unique_lock lock{mutex_};
    const bool known = email_is_taken_;
    const number password = password_;
    lock.unlock();
    switch (random() % 8) {
    case 0: return remove(tab, browser, random, done);
    case 1:
    case 2:
    case 3: return known ? log_in(tab, browser, password, done) : register_account(tab, browser, done);
    default: return add(tab, browser, random, done);
    }
}

void customer::step_as_member(client& tab, browser& browser, random& random, history& done) {
    std::unique_lock lock{mutex_};
    const number session = browser.session, password = password_;
    lock.unlock();
    switch (random() % 32) {
    case 0: return log_out(tab, browser, done);
    case 1: return revoke_others(tab, browser, done);
    case 2: return revoke_one(tab, browser, random, done);
    case 3: return change_password(tab, browser, done);
    case 4: return log_in(tab, browser, password, done);
    case 5:
        lock.lock();
        browser.session = 0;  // a browser that forgets; its session lives on
        return;
    case 6:
    case 7:
    case 8: return look_at_own_handle(tab, browser, done);
    case 9:
    case 10: return remove(tab, browser, random, done);
    case 11:
    case 12:
    case 13:
    case 14: return look_at_basket(tab, session, done);
    case 15:
    case 16:
    case 17:
    case 18: return order(tab, browser, random, done);
    default: return add(tab, browser, random, done);
    }
}

void customer::register_account(client& tab, browser& browser, history& done) {
    const operation op{.what = action::registration, .session = browser_session(browser), .password = 1};
    const auto made = send(
        tab, op, done, [&](client& c) { return post_registration(c, email_, password_text(1)); },
        [](const answer& answer, operation&) { return reply_to(answer, "/cookies"); }
    );
    keep_cookie(browser, made, true);
    const std::lock_guard lock{mutex_};
    email_is_taken_ = true;
}

void customer::log_in(client& tab, browser& browser, number password, history& done) {
    const operation op{.what = action::login, .session = browser_session(browser), .password = password};
    const auto made = send(
        tab, op, done, [&](client& c) { return post_login(c, email_, password_text(password)); },
        [](const answer& answer, operation&) { return reply_to(answer, "/cookies"); }
    );
    keep_cookie(browser, made, true);
}

void customer::log_out(client& tab, browser& browser, history& done) {
    const operation op{.what = action::logout, .session = browser_session(browser)};
    const auto made = send(
        tab, op, done, [](client& c) { return c.post("/logout", {}); },
        [](const answer& answer, operation&) { return reply_to(answer, "/login"); }
    );
    keep_cookie(browser, made, false);
}

void customer::add(client& tab, browser& browser, random& random, history& done) {
    operation op{.what = action::addition, .session = browser_session(browser)};
    op.cookie = static_cast<int>(random() % cookie_kinds);
    op.quantity = random() % 16 == 0 ? 60 : 1 + static_cast<int>(random() % 3);
    const auto id = kinds.at(static_cast<std::size_t>(op.cookie)).id;
    const auto made = send(
        tab, op, done, [&](client& c) { return add_to_basket(c, id, op.quantity); },
        [](const answer& answer, operation&) { return reply_to(answer, "/basket"); }
    );
    keep_cookie(browser, made, false);
}

void customer::remove(client& tab, browser& browser, random& random, history& done) {
    operation op{.what = action::removal, .session = browser_session(browser)};
    op.cookie = static_cast<int>(random() % cookie_kinds);
    const std::string id{kinds.at(static_cast<std::size_t>(op.cookie)).id};
    const auto made = send(
        tab, op, done,
        [&](client& c) {
            return c.post("/basket/remove", {{"cookie", id}});
        },
        [](const answer& answer, operation&) { return reply_to(answer, "/basket"); }
    );
    keep_cookie(browser, made, false);
}

/// Most often the basket as it is; at times the form that this tab or the other one sent before, or one form
/// twice.
void customer::order(client& tab, browser& browser, random& random, history& done) {
    std::unique_lock lock{mutex_};
    operation form = browser.last_form;
    form.session = browser.session;
    lock.unlock();
    const bool again = form.token != 0 && random() % 4 == 0;
    if (!again && !look_at_checkout(tab, browser_session(browser), form, done)) return;
    lock.lock();
    browser.last_form = form;
    lock.unlock();
    send_order(tab, browser, form, done);
    if (random() % 8 == 0) send_order(tab, browser, form, done);
}

void customer::send_order(client& tab, browser& browser, operation form, history& done) {
    form.what = action::order;
    const auto made = send(
        tab, form, done,
        [&](client& c) {
            return c.post("/checkout", {{"order_token", text_of(tokens_, form.token)}});
        },
        [](const answer& answer, operation& op) {
            const auto place = answer.header("Location");
            if (answer.status == 303 && place == "/basket") return reply::empty;
            op.order = number_after(place, "/orders/");
            return reply_to(answer, op.order != 0 ? place : "/orders/");
        }
    );
    keep_cookie(browser, made, false);
}

void customer::revoke_one(client& tab, browser& browser, random& random, history& done) {
    operation op{.what = action::revocation, .session = browser_session(browser)};
    {
        const std::lock_guard lock{mutex_};
        if (own_handles_.empty()) return;
        op.handle = own_handles_.at(random() % own_handles_.size());
    }
    const auto made = send(
        tab, op, done,
        [&](client& c) {
            return c.post("/settings/sessions/revoke", {{"session", text_of(handles_, op.handle)}});
        },
        [](const answer& answer, operation&) { return reply_to(answer, "/settings/sessions"); }
    );
    keep_cookie(browser, made, false);
}

void customer::revoke_others(client& tab, browser& browser, history& done) {
    const operation op{.what = action::revocation_of_others, .session = browser_session(browser)};
    const auto made = send(
        tab, op, done,
        [](client& c) {
            return c.post("/settings/sessions/revoke", {{"all", "others"}});
        },
        [](const answer& answer, operation&) { return reply_to(answer, "/settings/sessions"); }
    );
    keep_cookie(browser, made, false);
}

void customer::change_password(client& tab, browser& browser, history& done) {
    operation op{.what = action::password_change, .session = browser_session(browser)};
    {
        const std::lock_guard lock{mutex_};
        op.password = password_;
        op.next_password = ++newest_password_;
    }
    const auto made = send(
        tab, op, done,
        [&](client& c) {
            return post_new_password(c, password_text(op.password), password_text(op.next_password));
        },
        [](const answer& answer, operation&) { return reply_to(answer, "/settings"); }
    );
    keep_cookie(browser, made, true);
    const std::lock_guard lock{mutex_};
    if (made.answer == reply::done) password_ = made.next_password;
}

void customer::look_at_basket(client& tab, number session, history& done) {
    send(
        tab, {.what = action::basket_page, .session = session}, done,
        [](client& c) { return c.get("/basket"); },
        [&](const answer& page, operation& op) {
            if (page.status != 200) fail(page);
            op.as_member = names_member(page, email_);
            op.lines = lines_of_basket(page);
            return reply::done;
        }
    );
}

void customer::look_at_own_handle(client& tab, browser& browser, history& done) {
    const operation op{.what = action::own_handle, .session = browser_session(browser)};
    const auto made = send(
        tab, op, done, [](client& c) { return c.get("/settings/sessions"); },
        [&](const answer& page, operation& seen) {
            if (page.status == 303 && page.header("Location") == "/settings/sessions") return reply::gone;
            if (page.status != 200) return reply_to(page, "");
            seen.as_member = names_member(page, email_);
            const std::string handle = own_handle_of(page);
            if (handle.empty()) return reply::gone;  // while the list was read
            seen.handle = number_of(handles_, handle);
            return reply::done;
        }
    );
    keep_cookie(browser, made, false);
    if (made.handle == 0) return;
    const std::lock_guard lock{mutex_};
    if (std::ranges::count(own_handles_, made.handle) == 0) own_handles_.push_back(made.handle);
}

/// False when there is nothing to order.
bool customer::look_at_checkout(client& tab, number session, operation& form, history& done) {
    const auto seen = send(
        tab, {.what = action::checkout_page, .session = session}, done,
        [](client& c) { return c.get("/checkout"); },
        [&](const answer& page, operation& op) {
            op.as_member = true;  // nobody else gets to see it
            if (page.status == 303 && page.header("Location") == "/basket") return reply::empty;
            if (page.status != 200) return reply_to(page, "");
            op.as_member = names_member(page, email_);
            op.lines = lines_of_table(page);
            const auto found = find_form(page.body, "/checkout");
            for (const auto& [name, value] : found ? found->values : fields{})
                if (name == "order_token") op.token = number_of(tokens_, value);
            if (op.token == 0) fail(page);
            return reply::done;
        }
    );
    form = {.session = session, .token = seen.token, .lines = seen.lines};
    return seen.answer == reply::done;
}

number customer::browser_session(const browser& browser) {
    const std::lock_guard lock{mutex_};
    return browser.session;
}

std::string customer::text_of(const std::map<std::string, number>& numbers, number wanted) {
    const std::lock_guard lock{mutex_};
    const auto found =
        std::ranges::find_if(numbers, [&](const auto& entry) { return entry.second == wanted; });
    return found == numbers.end() ? "" : found->first;
}

// ---------------------------------------------------------------- what is there after a restart

figures customer::check(const shop& shop, bool everything) {
    history seen;
    client visitor = shop.guest();
    if (complaint_.empty()) survey(visitor, everything, seen);
    BOOST_TEST(complaint_.empty(), email_ << ": " << complaint_);

    figures sum;
    sum.looks = seen.size();
    for (const history& history : histories_) {
        for (const operation& op : history) {
            sum.answered += op.answer != reply::none ? 1U : 0U;
            sum.refused += op.answer != reply::none && op.answer != reply::done ? 1U : 0U;
            sum.throttled += op.answer == reply::throttled ? 1U : 0U;
        }
    }
    explanation farthest;
    const auto found = explain(possible_, {histories_.begin(), histories_.end()}, seen, farthest);
    BOOST_TEST(!found.empty(), tell(seen, farthest));
    if (found.empty()) throw std::runtime_error{"there is nothing to go on from"};
    conclude(found, sum);
    return sum;
}

/// Nothing else is under way: each answer here stands for itself.
void customer::survey(client& visitor, bool everything, history& done) {
    history forgotten_baskets;
    for (const number session : sessions_to_look_at(everything)) {
        const auto forgotten = forgotten_.find(session);
        history& to = forgotten == forgotten_.end() ? done : forgotten_baskets;
        look_at_basket(visitor, session, to);
        if (forgotten == forgotten_.end()) continue;
        BOOST_TEST(!to.back().as_member);
        BOOST_TEST(
            (to.back().lines == forgotten->second), email_ << ", session " << session << ": " << to.back()
        );
    }
    browser elsewhere;
    const auto try_password = [&](number password) {
        elsewhere.session = 0;
        log_in(visitor, elsewhere, password, done);
        return elsewhere.session;
    };
    number member = try_password(password_);
    for (const history& history : histories_) {
        const bool in_doubt = !history.empty() && history.back().answer == reply::none;
        if (!in_doubt || history.back().what != action::password_change) continue;
        const number other = try_password(history.back().next_password);
        if (other != 0) member = other;
    }
    if (member == 0) return;
    survey_as_member(visitor, member, everything, done);
    for (const history& history : histories_) {
        const bool in_doubt = !history.empty() && history.back().answer == reply::none;
        if (!in_doubt || history.back().what != action::order) continue;
        operation form{.session = history.back().session, .token = history.back().token};
        form.lines = history.back().lines;
        browser again{.session = form.session, .as_member = true, .last_form = {}};
        send_order(visitor, again, form, done);
        survey_as_member(visitor, member, everything, done);
    }
    elsewhere.session = member;
    if (done_with_sessions_) revoke_others(visitor, elsewhere, done);
    for (browser& browser : browsers_) {
        if (browser.session != 0) continue;
        browser = {.session = member, .as_member = true, .last_form = browser.last_form};
        return;
    }
    log_out(visitor, elsewhere, done);
}

void customer::survey_as_member(client& visitor, number session, bool everything, history& done) {
    const auto sessions = send(
        visitor, {.what = action::all_sessions, .session = session}, done,
        [](client& c) { return c.get("/settings/sessions"); },
        [&](const answer& page, operation& op) {
            if (page.status != 200) fail(page);
            op.as_member = names_member(page, email_);
            op.handle = number_of(handles_, own_handle_of(page));
            for (const auto& handle : session_handles(page))
                op.handles.push_back(number_of(handles_, handle));
            return reply::done;
        }
    );
    constexpr std::size_t enough = 8;
    done_with_sessions_ = sessions.handles.size() > enough;

    const auto orders = send(
        visitor, {.what = action::all_orders, .session = session}, done,
        [&](client& c) { return c.get("/orders"); },
        [&](const answer& first, operation& op) {
            for (answer page = first;;) {
                if (page.status != 200) fail(page);
                std::string older;
                for (const auto& link : links(page.body)) {
                    if (link.starts_with("/orders/")) op.orders.push_back(number_after(link, "/orders/"));
                    if (link.starts_with("/orders?")) older = link;
                }
                if (older.empty()) return reply::done;
                page = visitor.get(older);
            }
        }
    );
    for (const std::int64_t order : orders.orders) {
        if (!orders_seen_.insert(order).second && !everything) continue;
        send(
            visitor, {.what = action::order_page, .session = session, .order = order}, done,
            [&](client& c) { return c.get("/orders/" + std::to_string(order)); },
            [](const answer& page, operation& op) {
                if (page.status != 200) fail(page);
                op.lines = lines_of_table(page);
                return reply::done;
            }
        );
    }
}

/// Those that may live, those that began or ended lately, and some of all that ever were.
std::vector<number> customer::sessions_to_look_at(bool everything) {
    constexpr int sample = 3;
    const auto count = static_cast<number>(session_cookies_.size() - 1);
    std::set<number> chosen;
    for (number session = everything ? 1 : sessions_before_ + 1; session <= count; ++session)
        chosen.insert(session);
    for (const account& account : possible_)
        for (const auto& [session, state] : account.sessions) chosen.insert(session);
    for (int i = 0; i < sample && count > 0; ++i)
        chosen.insert(1 + static_cast<number>(random_() % static_cast<unsigned>(count)));
    return {chosen.begin(), chosen.end()};
}

/// For whoever has to find out why; '*' stands before what comes after the point up to which all can be
/// explained.
std::string customer::tell(const history& seen, const explanation& farthest) const {
    std::ostringstream text;
    text << "no order of what " << email_ << " did explains what is there";
    for (const account& account : possible_) text << "\n  before: " << account;
    std::vector<history> all{histories_.begin(), histories_.end()};
    all.push_back(seen);
    for (std::size_t i = 0; i < all.size(); ++i)
        for (std::size_t j = 0; j < all[i].size(); ++j)
            text << "\n  " << (i == tab_count ? "then" : "tab " + std::to_string(i))
                 << (j < farthest.happened.at(i) ? "   " : " * ") << all[i][j];
    text << "\n  explained up to: " << farthest.now;
    return text.str();
}

void customer::conclude(const std::set<explanation>& found, figures& sum) {
    for (std::size_t i = 0; i < histories_.size(); ++i) {
        const history& done = histories_.at(i);
        if (done.empty() || done.back().answer != reply::none) continue;
        const auto there = static_cast<std::size_t>(std::ranges::count_if(found, [&](const auto& e) {
            return e.happened[i] == done.size();
        }));
        ++(there == 0 ? sum.did_not_happen : there == found.size() ? sum.happened : sum.undecided);
    }
    possible_.clear();
    for (explanation one : found) {
        one.now.renewed.clear();  // what the server remembers in memory only
        possible_.insert(one.now);
    }
    const account& now = *possible_.begin();
    email_is_taken_ = now.registered;
    password_ = now.registered ? now.password : 1;
    own_handles_.clear();
    for (const auto& [id, session] : now.sessions)
        if (session.member && session.handle != 0) own_handles_.push_back(session.handle);
    for (browser& browser : browsers_) {
        const auto session = now.sessions.find(browser.session);
        if (session == now.sessions.end())
            browser.session = 0;
        else
            browser.as_member = session->second.member;
    }
    sessions_before_ = static_cast<number>(session_cookies_.size() - 1);
    for (history& history : histories_) history.clear();
    forget_guests();
}

/// What no browser has a cookie of any more stays as it is: it need not burden the histories.
void customer::forget_guests() {
    const account now = *possible_.begin();
    for (const auto& [id, session] : now.sessions) {
        const bool held = id == browsers_[0].session || id == browsers_[1].session;
        const bool sure =
            std::ranges::all_of(possible_, [&, key = id, value = session](const account& other) {
                const auto found = other.sessions.find(key);
                return found != other.sessions.end() && found->second == value;
            });
        if (session.member || held || !sure) continue;
        forgotten_[id] = session.lines;
        std::set<account> rest;
        for (account one : possible_) {
            one.sessions.erase(id);
            rest.insert(one);
        }
        possible_ = rest;
    }
}

}  // namespace cookieshop::test::crash
