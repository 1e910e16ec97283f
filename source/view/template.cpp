#include "cookieshop/view/template.hpp"

#include "view/compiler.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>

namespace cookieshop::view {

namespace {

constexpr std::array<bool, 256> url_unreserved = [] {
    std::array<bool, 256> result{};
    for (const char c : std::string_view{"-._~0123456789"}) result[static_cast<unsigned char>(c)] = true;
    for (unsigned char c = 'a'; c <= 'z'; ++c) result[c] = result[c - 'a' + 'A'] = true;
    return result;
}();

}  // namespace

namespace detail {

void write(output& out, money amount) {
    const auto cents = amount.cents < 0 ? 0 - static_cast<std::uint64_t>(amount.cents)
                                        : static_cast<std::uint64_t>(amount.cents);
    if (amount.cents < 0) out.append('-');
    out.append('$');
    out.append_number(static_cast<std::int64_t>(cents / 100));
    out.append('.');
    out.append(static_cast<char>('0' + cents % 100 / 10));
    out.append(static_cast<char>('0' + cents % 10));
}

// Percent-encoded.
void write(output& out, url_text part) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char character : part.text) {
        const auto c = static_cast<unsigned char>(character);
        if (url_unreserved[c]) {
            out.append(character);
        } else {
            out.append('%');
            out.append(digits[c >> 4U]);
            out.append(digits[c & 15U]);
        }
    }
}

// 24 Nov 2026, 09:05 UTC
void write(output& out, time_point time) {
    constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    // A damaged database may give any number; the calendar's arithmetic does not take all of them.
    constexpr time_point first = std::chrono::sys_days{std::chrono::year{0} / 1 / 1},
                         last = std::chrono::sys_days{std::chrono::year{9999} / 12 / 31};
    time = std::clamp(time, first, last);
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(time - day)};
    const auto y = static_cast<int>(date.year());
    const auto m = static_cast<unsigned>(date.month()), d = static_cast<unsigned>(date.day());
    const auto hour = static_cast<int>(clock.hours().count()),
               minute = static_cast<int>(clock.minutes().count());
    const auto second = static_cast<int>(clock.seconds().count());
    char element[96];
    const int length = std::snprintf(
        element, sizeof(element),
        R"(<time datetime="%04d-%02u-%02uT%02d:%02d:%02dZ">%u %s %d, %02d:%02d UTC</time>)", y, m, d, hour,
        minute, second, d, months[m - 1], y, hour, minute
    );
    out.append({element, std::min(static_cast<std::size_t>(length), sizeof(element) - 1)});
}

}  // namespace detail

html_template::html_template(
    const library& library, std::string_view layout, std::string_view content, const fields& names
) {
    compiler{library, content, *this}.compile(layout, names);
}

const void* html_template::scope::owner_of(const step& step) const noexcept {
    const scope* owner = this;
    for (auto up = step.up; up > 0; --up) owner = owner->around;
    return owner->object;
}

void html_template::render(std::string& text, const void* object) const {
    output out{text};
    run(out, 0, steps_.size(), {object, nullptr});
    out.flush();
}

void html_template::run(output& out, std::size_t from, std::size_t to, const scope& scope) const {
    for (std::size_t i = from; i < to;) {
        const step& now = steps_[i++];
        out.append_start({text_.data() + now.begin, now.size});
        switch (now.what) {
        case action::nothing: break;
        case action::write: now.get.write(out, scope.owner_of(now)); break;
        case action::when:
            if (!now.get.is_true(scope.owner_of(now))) i = now.after;
            break;
        case action::unless:
            if (now.get.is_true(scope.owner_of(now))) i = now.after;
            break;
        case action::each: {
            const rows list = now.get.list(scope.owner_of(now));
            const auto* row = static_cast<const std::byte*>(list.first);
            for (std::size_t n = 0; n < list.count; ++n, row += list.stride)
                run(out, i, now.after, {row, &scope});
            i = now.after;
            break;
        }
        }
    }
}

}  // namespace cookieshop::view
