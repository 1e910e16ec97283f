/// Bodies of type application/x-www-form-urlencoded (WHATWG URL, 5.1), and query strings.

#pragma once

#include "cookieshop/http/exchange.hpp"

#include <boost/container/small_vector.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace cookieshop::http {

/// Decoded fields. Every name is there once, and every value is valid UTF-8: a form in which that is not so
/// is never made (`parse_form`).
class form {
public:
    /// Empty when there is no such field; `has` tells the difference.
    std::string_view operator[](std::string_view name) const noexcept;
    bool has(std::string_view name) const noexcept;

private:
    friend std::optional<form> parse_form(std::string_view, std::size_t);

    // Wipes its value: forms carry passwords.
    struct entry {
        entry() = default;
        entry(entry&&) noexcept = default;
        entry& operator=(entry&&) noexcept = default;
        ~entry();

        std::string name, value;
    };
    boost::container::small_vector<entry, 6> entries_;
};

/// None when it is malformed: a broken percent escape, a name given twice, bytes that are not UTF-8, more
/// than `fields_max` fields.
std::optional<form> parse_form(std::string_view text, std::size_t fields_max = 64);

/// The form that a request carries. When there is none that can be trusted, fills in the answer (415 for
/// another content type, charset or coding, 400 for a malformed one) and returns none.
std::optional<form> read_form(exchange& exchange);

/// Appends `text` as the value of a query: everything but letters, digits and "-._~" percent-encoded.
void append_query_value(std::string& out, std::string_view text);

}  // namespace cookieshop::http
