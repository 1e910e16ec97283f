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
#include "cookieshop/view/output.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <ranges>
#include <string_view>
#include <type_traits>
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

struct field;
using fields = std::vector<field>;

/// All that a template knows of the type of an object: functions that are given one.
struct accessors {
    /// Null for flags and lists, which can only be asked about.
    void (*write)(output& out, const void* object);
    /// What a section asks: not false, not 0, not empty.
    bool (*is_true)(const void* object);
    /// Null for everything but a list.
    rows (*list)(const void* object);
};

struct field {
    std::string_view name;  ///< a literal
    accessors get;
    fields (*row_fields)();  ///< the names of a list's rows; null for everything but a list
    bool constant = false;   ///< the same for all objects of the type: asked once, with a null object
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

inline void write(output& out, std::string_view text) {
    out.append_escaped(text);
}
template <std::integral T>
void write(output& out, T number) {
    out.append_number(static_cast<std::int64_t>(number));
}
void write(output& out, url_text part);
void write(output& out, money amount);
void write(output& out, time_point time);

inline bool is_true(std::string_view text) {
    return !text.empty();
}
inline bool is_true(std::integral auto number) {
    return number != 0;
}
inline bool is_true(url_text part) {
    return !part.text.empty();
}
inline bool is_true(money amount) {
    return amount.cents != 0;
}
inline bool is_true(time_point time) {
    return time != time_point{};
}

// A field whose value `Get` finds.
template <auto Get>
field field_for(std::string_view name) {
    using type = std::remove_cvref_t<decltype(Get(nullptr))>;
    if constexpr (list<type>) {
        using row = std::ranges::range_value_t<type>;
        const accessors get{
            nullptr, [](const void* object) { return !std::ranges::empty(Get(object)); },
            [](const void* object) {
                const auto& all = Get(object);
                return rows{std::ranges::data(all), std::ranges::size(all), sizeof(row)};
            }};
        return {name, get, &fields_of<row>};
    } else {
        accessors get{nullptr, [](const void* object) { return detail::is_true(Get(object)); }, nullptr};
        if constexpr (!std::same_as<type, bool>)
            get.write = [](output& out, const void* object) { detail::write(out, Get(object)); };
        return {name, get, nullptr};
    }
}

}  // namespace detail

/// Names what lies at the end of a path that begins at a member: each step is a data member, a member
/// function, or a function of what came before. What a step returns by value must be small: a view, a number.
template <auto First, auto... Rest>
field bind(std::string_view name) {
    using object_type = typename detail::owner<decltype(First)>::type;
    return detail::field_for<[](const void* object) -> decltype(auto) {
        return detail::follow(*static_cast<const object_type*>(object), First, Rest...);
    }>(name);
}

/// The name of a row that is a text itself: "{{.}}".
template <class Text>
field bind_self() {
    return detail::field_for<[](const void* object) -> const Text& {
        return *static_cast<const Text*>(object);
    }>(".");
}

/// A name that stands for the same in all objects of a type, what `Function` returns: it becomes a part of
/// the compiled template, and a section that asks for it costs nothing.
template <auto Function>
field bind_constant(std::string_view name) {
    static_assert(!detail::list<decltype(Function())>);
    field result = detail::field_for<[](const void*) { return Function(); }>(name);
    result.constant = true;
    return result;
}

}  // namespace cookieshop::view
