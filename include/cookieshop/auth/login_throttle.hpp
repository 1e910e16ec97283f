/// How often passwords may be tried, and accounts made: a delay, never a lock (ASVS 6.1.1, 6.3.1).
///
/// Three counters of failures, and two of registrations; each is forgotten when its window is over.
///
///   | counter of         | free | past that                                   | window                |
///   |--------------------|------|---------------------------------------------|-----------------------|
///   | account and source | 5    | one try after 1 s, then 2 s, 4 s … 15 min   | 15 min from the last  |
///   | source             | 100  | nothing until the window is over            | 15 min from the first |
///   | account            | 100  | one try a second from each unknown source   | 15 min from the first |
///   | new accounts       | 20   | nothing until the window is over            | 1 h from the first    |
///   | addresses taken    | 100  | no registration until the window is over    | 15 min from the first |
///
/// An address that a registration finds taken is counted, as it tells who has an account. A success clears
/// the counter of account and source, and makes the source known to the account. A try is refused during a
/// delay even if the password is right: it isn't looked at. A source is an IPv4 address (mapped into IPv6 or
/// not), or an IPv6 /64, which is what one customer gets.
///
/// In memory only: a restart forgives. Memory is bounded, as accounts are kept as keyed hashes of constant
/// size: past `entries_max` the counter that was touched least recently is forgotten. Any thread; constant
/// time.

#pragma once

#include "cookieshop/util/clock.hpp"

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cookieshop::auth {

class login_throttle {
public:
    struct options {
        std::size_t registrations_per_hour = 20;  ///< 0: no limit
        std::size_t entries_max = 100'000;        ///< at least 3, what one try touches; about 150 bytes each
    };

    explicit login_throttle(const options& settings);
    ~login_throttle();

    /// Asks to try a password for `account` (the folded email, whether it exists or not). None: go on, and
    /// the try counts as a failure until `succeeded` says otherwise, so that tries at the same time can't
    /// slip through. Else the seconds to wait, at least 1; such a refusal counts nowhere.
    std::optional<std::chrono::seconds> try_password(
        std::string_view account, const boost::asio::ip::address& source, time_point now
    );

    /// The try was right: takes its failure back, clears the account's counter for this source, remembers the
    /// source.
    void succeeded(std::string_view account, const boost::asio::ip::address& source, time_point now);

    /// The try was not carried out (the hasher was overloaded, the database away): takes its failure back.
    void cancelled(std::string_view account, const boost::asio::ip::address& source, time_point now);

    /// Asks to make an account. None: go on, and it counts as made, and the address as taken until
    /// `address_is_free` says otherwise, so that questions at the same time can't slip through.
    std::optional<std::chrono::seconds> try_registration(
        const boost::asio::ip::address& source, time_point now
    );

    /// Nobody has that address (or that could not be found out).
    void address_is_free(const boost::asio::ip::address& source, time_point now);

    /// The registration came to nothing: no account was made.
    void registration_cancelled(const boost::asio::ip::address& source, time_point now);

    /// What the log calls an account: a keyed hash. What is typed as an email may be a password in the wrong
    /// field, so it isn't logged as it is. Another one after a restart.
    std::string alias(std::string_view account) const;

    /// Counters in memory.
    std::size_t entries() const;

private:
    struct implementation;
    std::unique_ptr<implementation> self_;
};

}  // namespace cookieshop::auth
