#include "cookieshop/view/template.hpp"

#include "view/compiler.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <iterator>
#include <variant>

namespace cookieshop::view {

namespace {

constexpr std::string_view specials = "&<>\"'";
constexpr std::array<std::string_view, specials.size()> escapes{"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};

// Small enough to stay in the cache: escaping asks it for every byte.
constexpr std::array<bool, 256> is_special = [] {
    std::array<bool, 256> result{};
    for (const char c : specials) result[static_cast<unsigned char>(c)] = true;
    return result;
}();

constexpr std::array<bool, 256> url_unreserved = [] {
    std::array<bool, 256> result{};
    for (const char c : std::string_view{"-._~0123456789"}) result[static_cast<unsigned char>(c)] = true;
    for (unsigned char c = 'a'; c <= 'z'; ++c) result[c] = result[c - 'a' + 'A'] = true;
    return result;
}();

void append_number(std::string& out, std::int64_t number) {
    char digits[20];
    out.append(digits, std::to_chars(std::begin(digits), std::end(digits), number).ptr);
}

void append_money(std::string& out, money amount) {
    const auto cents = amount.cents < 0 ? 0 - static_cast<std::uint64_t>(amount.cents)
                                        : static_cast<std::uint64_t>(amount.cents);
    if (amount.cents < 0) out += '-';
    out += '$';
    append_number(out, static_cast<std::int64_t>(cents / 100));
    out += '.';
    out += static_cast<char>('0' + cents % 100 / 10);
    out += static_cast<char>('0' + cents % 10);
}

void append_percent_encoded(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char character : text) {
        const auto c = static_cast<unsigned char>(character);
        if (url_unreserved[c])
            out += static_cast<char>(c);
        else
            out.append({'%', digits[c >> 4U], digits[c & 15U]});
    }
}

// 24 Nov 2026, 09:05 UTC
void append_time(std::string& out, time_point time) {
    constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
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
    out.append(element, std::min(static_cast<std::size_t>(length), sizeof(element) - 1));
}

struct writer {
    std::string& out;

    void operator()(std::string_view text) const { append_escaped(out, text); }
    void operator()(url_text part) const { append_percent_encoded(out, part.text); }
    void operator()(std::int64_t number) const { append_number(out, number); }
    void operator()(money amount) const { append_money(out, amount); }
    void operator()(time_point time) const { append_time(out, time); }
    void operator()(bool) const {}  // the compiler refuses to write these two
    void operator()(const rows&) const {}
};

struct truth {
    bool operator()(std::string_view text) const { return !text.empty(); }
    bool operator()(url_text part) const { return !part.text.empty(); }
    bool operator()(std::int64_t number) const { return number != 0; }
    bool operator()(money amount) const { return amount.cents != 0; }
    bool operator()(time_point time) const { return time != time_point{}; }
    bool operator()(bool flag) const { return flag; }
    bool operator()(const rows& list) const { return list.count != 0; }
};

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
    std::size_t done = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!is_special[static_cast<unsigned char>(text[i])]) continue;
        out.append(text, done, i - done);
        out.append(escapes[specials.find(text[i])]);
        done = i + 1;
    }
    out.append(text, done);
}

html_template::html_template(
    const library& library, std::string_view layout, std::string_view content, const fields& names
) {
    compiler{library, content, *this}.compile(layout, names);
}

value html_template::scope::get(const step& step) const {
    const scope* owner = this;
    for (auto up = step.up; up > 0; --up) owner = owner->around;
    return step.get(owner->object);
}

void html_template::render(std::string& out, const void* object) const {
    run(out, 0, steps_.size(), {object, nullptr});
}

void html_template::run(std::string& out, std::size_t from, std::size_t to, const scope& scope) const {
    for (std::size_t i = from; i < to;) {
        const step& now = steps_[i++];
        switch (now.what) {
        case action::literal: out.append(text_, now.begin, now.end - now.begin); break;
        case action::write: std::visit(writer{out}, scope.get(now)); break;
        case action::when:
            if (!std::visit(truth{}, scope.get(now))) i = now.end;
            break;
        case action::unless:
            if (std::visit(truth{}, scope.get(now))) i = now.end;
            break;
        case action::each: {
            const auto list = std::get<rows>(scope.get(now));
            const auto* row = static_cast<const std::byte*>(list.first);
            for (std::size_t n = 0; n < list.count; ++n, row += list.stride)
                run(out, i, now.end, {row, &scope});
            i = now.end;
            break;
        }
        }
    }
}

}  // namespace cookieshop::view
