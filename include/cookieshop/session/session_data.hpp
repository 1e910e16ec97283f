/// What an application keeps in a session: short texts by name.
///
/// Kept as one string of netstrings, name and value in turn, sorted by name: "8:basket.3,1:2,". The same
/// string lies in memory and in the database, so that a read parses nothing and an empty session costs
/// nothing. A value; no locks.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace cookieshop::session {

class session_data {
public:
    session_data() = default;

    /// From the database. None when it is not what `stored()` gives.
    static std::optional<session_data> parse(std::string stored);

    /// None when there is no such name. Valid until the next change.
    std::optional<std::string_view> get(std::string_view name) const noexcept;

    void set(std::string_view name, std::string_view value);
    void erase(std::string_view name);

    bool empty() const noexcept { return text_.empty(); }

    /// Bytes that it takes, as `--session-data-limit` counts them.
    std::size_t size() const noexcept { return text_.size(); }

    const std::string& stored() const noexcept { return text_; }

    /// Calls `f(name, value)` for each, sorted by name.
    template <class F>
    void for_each(F f) const {
        std::string_view rest = text_, name, value;
        while (next(rest, name, value)) f(name, value);
    }

    friend bool operator==(const session_data&, const session_data&) = default;

private:
    // Takes a pair off `rest`; false at the end, or where it is malformed.
    static bool next(std::string_view& rest, std::string_view& name, std::string_view& value) noexcept;

    std::string text_;
};

}  // namespace cookieshop::session
