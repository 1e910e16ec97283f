/// What a customer did, and a check that knows nothing but that.
///
/// A customer has one account and several tabs, which work at the same time. Each tab keeps a history: what
/// it sent and when, what was answered and when, or that no answer came. After the crash it is asked what is
/// there; that goes into the history as well. The histories are right when there is an order of all
/// operations in which
///   - what was answered before another was sent stands before it,
///   - a shop that does one thing after the other (`account`) gives every answer that was given,
///   - what got no answer happens as a whole, once, before the crash; or not at all.
/// So an order that is lost or doubled, a session that comes back, half a change of the password, or a basket
/// that somebody saw and that was not durable: each of them leaves no such order.

#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <set>
#include <vector>

namespace cookieshop::test::crash {

/// Session ids, handles, tokens of forms and passwords stand in a history by a number that the customer gave
/// them; 0 is none.
using number = int;

inline constexpr std::size_t cookie_kinds = 4;
using basket = std::array<int, cookie_kinds>;  ///< how many of each

// ---- what is recorded

enum class action {
    registration,
    login,
    logout,
    revocation,
    revocation_of_others,
    password_change,
    addition,
    removal,
    order,
    // What follows only looks.
    basket_page,
    checkout_page,
    own_handle,
    // These look into the database, which is ahead of what is in memory while a change is under way: only
    // when nothing is.
    all_sessions,
    all_orders,
    order_page,
};

enum class reply {
    none,        ///< no answer came
    done,        ///< as asked for
    refused,     ///< 422
    gone,        ///< 409: the session has ended or was renewed meanwhile
    logged_out,  ///< led to the login
    missing,     ///< 404
    empty,       ///< led to the basket: there was nothing to order
    throttled,   ///< 429
};

struct operation {
    action what{};
    number session = 0;  ///< whose cookie went along
    number password = 0, next_password = 0;
    int cookie = 0, quantity = 0;
    number token = 0;   ///< of the form that is sent, or on the page that was seen
    number handle = 0;  ///< that is ended, or was seen to be one's own
    basket lines{};     ///< on the form that is sent, or on the page that was seen

    reply answer = reply::none;
    number fresh = 0;  ///< the session that the answer's cookie names
    std::int64_t order = 0;
    bool as_member = false;  ///< the page says who is logged in
    std::vector<number> handles;
    std::vector<std::int64_t> orders;

    std::uint64_t sent = 0,
                  over = 0;  ///< moments; without an answer it was over when the connection was lost
    // Another operation was under way meanwhile, which is seen in the database before it is seen in memory:
    bool beside_new_epoch = false;     ///< it ends all other sessions
    bool beside_registration = false;  ///< it takes the email
    bool beside_same_order = false;    ///< it sends the same form
};

/// What a tab did, one after the other. Only the last one may be without an answer.
using history = std::vector<operation>;

// ---- the specification

/// The shop of one customer, where one thing happens after the other.
class account {
public:
    struct session {
        bool member = false;
        number handle = 0;  ///< 0: not seen yet
        number token = 0;   ///< of the basket as it is; 0: not seen yet
        basket lines{};
        // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 sees a null pointer in what is made for it
        auto operator<=>(const session&) const = default;
    };
    struct order {
        std::int64_t id = 0;  ///< 0: not seen yet
        number token = 0;
        basket lines{};
        // NOLINTNEXTLINE(modernize-use-nullptr): as above
        auto operator<=>(const order&) const = default;
    };

    bool registered = false;
    number password = 0;
    std::map<number, session> sessions;  ///< that live
    /// Handles of the customer's sessions that live, but the answer with their cookie was lost.
    std::vector<number> strangers;
    std::map<number, number>
        renewed;  ///< by a login, in this life of the server: which id became which; 0: a stranger
    std::vector<order> orders;

    // NOLINTNEXTLINE(modernize-use-nullptr): as above
    auto operator<=>(const account&) const = default;

    /// What there may be after the operation, if it was answered like that here; without an answer, if it
    /// happened. Empty: it can't have been. `under_way` are those that come later and were sent before this
    /// one was over.
    std::vector<account> after(const operation& op, const std::vector<const operation*>& under_way) const;

private:
    const session* find(number id) const;
    bool knows_order(number token) const;
    void add_stranger(number handle);
    std::vector<account> after_order_placed(const operation& op) const;
    bool would_end(const operation& op, number id) const;

    number changed_by(const operation& op) const;
    account with_lines(number id, int cookie, int quantity) const;
    account without(number id) const;
    account without_handle(number handle) const;
    account without_others(number id) const;
    account with_login(const operation& op, bool taking_the_session_along) const;

    std::vector<account> after_addition(const operation& op, bool looks_ended) const;
    std::vector<account> after_removal(const operation& op, bool looks_ended) const;
    std::vector<account> after_order(const operation& op, bool looks_ended) const;
    std::vector<account> after_registration(const operation& op, bool looks_ended) const;
    std::vector<account> after_login(const operation& op, bool looks_ended) const;
    std::vector<account> after_logins(const operation& op, bool looks_ended) const;
    std::vector<account> after_password_change(const operation& op, bool looks_ended) const;
    std::vector<account> after_revocation(const operation& op, bool looks_ended) const;
    std::vector<account> after_look(const operation& op, bool looks_ended) const;
    std::vector<account> after_look_at_sessions(const operation& op) const;
    std::vector<account> after_look_at_order(const operation& op) const;
};

// ---- the check

/// One way in which it can have been.
struct explanation {
    std::vector<std::size_t> happened;  ///< of each history, how many
    account now;
    // NOLINTNEXTLINE(modernize-use-nullptr): as above
    auto operator<=>(const explanation&) const = default;
};

/// More ways than this to go, and a run is given up: nothing here may take for ever.
inline constexpr std::size_t steps_max = 2'000'000;

/// All ways in which it can have been, where one of `before` was there at the beginning. `histories` were
/// recorded at the same time, `survey` after they were over. None: the shop has lost something, or promised
/// what it did not keep; then `farthest` is how far it can be explained.
std::set<explanation> explain(
    const std::set<account>& before, std::vector<history> histories, const history& survey,
    explanation& farthest
);

std::ostream& operator<<(std::ostream& out, const operation& op);
std::ostream& operator<<(std::ostream& out, const account& account);

}  // namespace cookieshop::test::crash
