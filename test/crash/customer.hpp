/// Somebody with an account, two browsers and two tabs in each, who remembers everything.

#pragma once

#include "crash/history.hpp"
#include "support/shop.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace cookieshop::test::crash {

/// What a run has seen, for the page about reliability.
struct figures {
    std::size_t answered = 0;  ///< operations of the load
    std::size_t refused = 0;   ///< of them: with something else than what was asked for
    std::size_t throttled = 0;
    std::size_t happened = 0, did_not_happen = 0, undecided = 0;  ///< without an answer
    std::size_t looks = 0;  ///< answers that were compared after a restart

    figures& operator+=(const figures& more);
};

class customer {
public:
    static constexpr std::size_t tab_count = 4;

    customer(std::string email, unsigned seed);

    /// What a tab does until the server is gone. Each on a thread of its own.
    void act(std::size_t tab, std::uint16_t port);

    /// Once the server is back: sends again what was in doubt, looks at what is there and finds out how that
    /// can be. Of the sessions that ended earlier it looks at a few, or at all.
    figures check(const shop& shop, bool everything = false);

    bool is_done() const { return email_is_taken_ && orders_seen_.size() >= 30; }

private:
    struct browser {
        number session = 0;  ///< whose cookie it sends
        bool as_member = false;
        operation last_form;  ///< of an order
    };

    using random = std::mt19937;

    // ---- what tabs do
    void step(client& tab, browser& browser, random& random, history& done);
    void step_as_guest(client& tab, browser& browser, random& random, history& done);
    void step_as_member(client& tab, browser& browser, random& random, history& done);
    void register_account(client& tab, browser& browser, history& done);
    void log_in(client& tab, browser& browser, number password, history& done);
    void log_out(client& tab, browser& browser, history& done);
    void add(client& tab, browser& browser, random& random, history& done);
    void remove(client& tab, browser& browser, random& random, history& done);
    void order(client& tab, browser& browser, random& random, history& done);
    void send_order(client& tab, browser& browser, operation form, history& done);
    void revoke_one(client& tab, browser& browser, random& random, history& done);
    void revoke_others(client& tab, browser& browser, history& done);
    void change_password(client& tab, browser& browser, history& done);
    void look_at_basket(client& tab, number session, history& done);
    void look_at_own_handle(client& tab, browser& browser, history& done);
    bool look_at_checkout(client& tab, number session, operation& form, history& done);

    // ---- what is there after a restart
    void survey(client& visitor, bool everything, history& done);
    void survey_as_member(client& visitor, number session, bool everything, history& done);
    std::vector<number> sessions_to_look_at(bool everything);
    void conclude(const std::set<explanation>& found, figures& sum);
    void forget_guests();
    std::string tell(const history& seen, const explanation& farthest) const;

    // ---- sending and recording
    using request_function = std::function<answer(client&)>;
    using understanding = std::function<reply(const answer&, operation&)>;
    operation send(
        client& tab, operation op, history& done, const request_function& request,
        const understanding& understand
    );
    void keep_cookie(browser& browser, const operation& op, bool as_member);

    number number_of(std::map<std::string, number>& numbers, const std::string& text);
    std::string text_of(const std::map<std::string, number>& numbers, number wanted);
    number browser_session(const browser& browser);
    static std::string password_text(number password);
    void complain(const std::string& about);

    const std::string email_;
    random random_;
    std::set<account> possible_{account{}};
    std::map<number, basket> forgotten_;  // guests' sessions that live and are not used any more

    std::mutex mutex_;  // guards what tabs share, below
    std::array<browser, 2> browsers_;
    std::map<std::string, number> sessions_, tokens_, handles_;
    std::vector<std::string> session_cookies_{""};  // by number
    std::vector<number> own_handles_;               // that can be ended
    number password_ = 0, newest_password_ = 0;     // that was accepted last; that was thought of last
    bool email_is_taken_ = false;
    std::string complaint_;

    std::array<history, tab_count> histories_;
    std::set<std::int64_t> orders_seen_;  // whose lines were compared
    bool done_with_sessions_ = false;     // there are enough of them
    number sessions_before_ = 0;          // known before the present life of the server
};

}  // namespace cookieshop::test::crash
