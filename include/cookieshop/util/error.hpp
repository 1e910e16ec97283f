/// Three kinds of failure, three forms.
///
/// An outcome that a caller decides upon at once (a session that is gone, an email that is taken) is an
/// `errc` in a `result`. What nobody near can mend (the database does not answer, a queue is full) is one of
/// the exceptions below; the connection turns it into a 503. What the peer does wrong never leaves the `http`
/// layer.

#pragma once

#include <boost/system/error_code.hpp>

#include <chrono>
#include <stdexcept>
#include <string>

namespace cookieshop {

enum class errc {
    gone = 1,      ///< the session ended meanwhile
    conflict,      ///< somebody else changed it first; the user's epoch moved on
    exists,        ///< unique, and there already
    too_large,     ///< over a limit that the operator set
    out_of_range,  ///< a value that is not allowed here
    too_many,      ///< over a limit on how often: 429
};

const boost::system::error_category& cookieshop_category() noexcept;

inline boost::system::error_code make_error_code(errc e) noexcept {
    return {static_cast<int>(e), cookieshop_category()};
}

/// A thing that the server needs does not work at present: answered with 503 and `Retry-After`.
class unavailable : public std::runtime_error {
public:
    explicit unavailable(const std::string& what, bool tried_ = true)
        : std::runtime_error{what}, tried{tried_} {}

    std::chrono::seconds retry_after{5};
    bool tried;  ///< false: refused before any work was done; else what was asked for may have happened
};

/// A bounded queue is full: answered with 503 and `Retry-After`, before any work was done.
class overloaded : public std::runtime_error {
public:
    explicit overloaded(const std::string& what, std::chrono::seconds after = std::chrono::seconds{1})
        : std::runtime_error{what}, retry_after{after} {}

    std::chrono::seconds retry_after;
};

}  // namespace cookieshop

template <>
struct boost::system::is_error_code_enum<cookieshop::errc> : std::true_type {};
