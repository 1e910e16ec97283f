/// What a template can show of an object, and the names it has for it.
///
/// A page is a plain struct. Its names are listed once, beside the template engine's other start-up work, as
/// paths of members; a template is compiled against that list, so that a misspelt name is found before the
/// first request.
///
///     template <>
///     fields fields_of<basket_page>() {
///         return {bind<&basket_page::lines>("lines"), bind<&basket_page::owner, &person::name>("owner")};
///     }

#pragma once

#include "cookieshop/util/clock.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <ranges>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace cookieshop::view {

/// Shown as "$12.50".
struct money {
    std::int64_t cents = 0;

    friend bool operator==(money, money) = default;
};

/// Text that becomes a part of a URL: shown percent-encoded, all but letters, digits and "-._~".
struct url_text {
    std::string_view text;
};

/// The rows of a list, which lie one after another.
struct rows {
    const void* first = nullptr;
    std::size_t count = 0, stride = 0;
};

/// One thing that a name stands for. A time is shown as a `<time>` element, in UTC.
using value = std::variant<std::string_view, url_text, std::int64_t, money, time_point, bool, rows>;

struct field;
using fields = std::vector<field>;

struct field {
    std::string_view name;  ///< a literal
    value (*get)(const void* object);
    fields (*row_fields)();  ///< the names of a list's rows; null for everything but a list
    bool printable;          ///< a flag or a list can only be asked about
};

/// The names of an object; specialised for every type that a template is given, and for every type of row.
template <class Object>
fields fields_of();

namespace detail {

template <class Member>
struct owner;
template <class T, class Object>
struct owner<T Object::*> {
    using type = Object;
};

template <class T>
concept list = std::ranges::contiguous_range<T> && !std::convertible_to<const T&, std::string_view>;

constexpr const auto& follow(const auto& object) {
    return object;
}
constexpr decltype(auto) follow(const auto& object, auto step, auto... rest) {
    if constexpr (sizeof...(rest) == 0)
        return std::invoke(step, object);
    else
        return follow(std::invoke(step, object), rest...);
}

template <class T>
value to_value(const T& x) {
    if constexpr (list<T>) {
        return rows{std::ranges::data(x), std::ranges::size(x), sizeof(std::ranges::range_value_t<T>)};
    } else if constexpr (std::integral<T> && !std::same_as<T, bool>) {
        return static_cast<std::int64_t>(x);
    } else if constexpr (std::convertible_to<const T&, std::string_view>) {
        return std::string_view{x};
    } else {
        return x;
    }
}

template <auto First, auto... Rest>
value read(const void* object) {
    using object_type = typename owner<decltype(First)>::type;
    return to_value(follow(*static_cast<const object_type*>(object), First, Rest...));
}

}  // namespace detail

/// Names what lies at the end of a path that begins at a member: each step is a data member, a member
/// function, or a function of what came before. What a step returns by value must be small: a view, a number.
template <auto First, auto... Rest>
field bind(std::string_view name) {
    using object_type = typename detail::owner<decltype(First)>::type;
    using type =
        std::remove_cvref_t<decltype(detail::follow(std::declval<const object_type&>(), First, Rest...))>;
    field result{name, &detail::read<First, Rest...>, nullptr, !std::same_as<type, bool>};
    if constexpr (detail::list<type>) {
        result.row_fields = &fields_of<std::ranges::range_value_t<type>>;
        result.printable = false;
    }
    return result;
}

/// The name of a row that is a text itself: "{{.}}".
template <class Text>
field bind_self() {
    return {
        ".", [](const void* object) { return detail::to_value(*static_cast<const Text*>(object)); }, nullptr,
        true};
}

}  // namespace cookieshop::view
