// Templates: a layout, a page and a part, then the values, "---" between them. A value is a line; tabs before
// it make it a row of the value above.

#include "cookieshop/view/template.hpp"

#include "fuzz/fuzz.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

namespace cookieshop::view {
namespace {

using fuzz::demand;

// A template may nest lists and repeat partials as deep as it likes, and then writes as much: here it may
// not.
constexpr std::size_t list_names_max = 10, partial_names_max = 16, rows_max = 3;

struct value {
    std::string text;
    std::string link;
    std::int64_t number = 0;
    std::vector<std::string> words;
    std::vector<value> rows;

    bool is_long() const { return text.size() > 8; }
    url_text as_url() const { return {link}; }
    money as_money() const { return {number}; }
    time_point as_time() const { return time_point{std::chrono::milliseconds{number}}; }
};

bool never() {
    return false;
}
std::string_view constant_text() {
    return "<constant>";
}

}  // namespace

template <>
fields fields_of<std::string>() {
    return {bind_self<std::string>()};
}

template <>
fields fields_of<value>() {
    return {
        bind<&value::text>("text"),          bind<&value::as_url>("link"),  bind<&value::number>("number"),
        bind<&value::is_long>("long"),       bind<&value::words>("words"),  bind<&value::rows>("rows"),
        bind<&value::as_money>("money"),     bind<&value::as_time>("time"), bind_constant<&never>("never"),
        bind_constant<&constant_text>("is"),
    };
}

namespace {

constexpr std::string_view specials = "&<>\"'";
constexpr std::string_view escapes[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};

// Bytes that stand for the specials in a second rendering; they occur nowhere else.
constexpr std::string_view stand_ins = "\1\2\3\4\5";

std::string without_stand_ins(std::string_view text) {
    std::string result{text};
    std::ranges::replace_if(
        result, [](char c) { return stand_ins.find(c) != std::string_view::npos; }, '.'
    );
    return result;
}

std::string with_stand_ins(std::string text) {
    for (char& c : text) {
        if (const auto at = specials.find(c); at != std::string_view::npos) c = stand_ins[at];
    }
    return text;
}

value with_stand_ins(value v) {
    v.text = with_stand_ins(std::move(v.text));
    for (std::string& word : v.words) word = with_stand_ins(std::move(word));
    for (value& row : v.rows) row = with_stand_ins(std::move(row));
    return v;
}

std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : text) {
        const auto at = stand_ins.find(c);
        if (at == std::string_view::npos)
            result += c;
        else
            result += escapes[at];
    }
    return result;
}

value make_value(std::string_view line) {
    value v;
    v.text = v.link = line;
    std::from_chars(line.data(), line.data() + line.size(), v.number);
    fuzz::input words{reinterpret_cast<const std::uint8_t*>(line.data()), line.size()};
    while (!words.empty() && v.words.size() < rows_max) v.words.emplace_back(words.take(" "));
    return v;
}

value make_values(std::string_view text) {
    fuzz::input lines{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
    value root = make_value(lines.line());
    while (!lines.empty()) {
        std::string_view line = lines.line();
        value* parent = &root;
        while (line.starts_with('\t') && !parent->rows.empty()) {
            line.remove_prefix(1);
            parent = &parent->rows.back();
        }
        if (parent->rows.size() < rows_max) parent->rows.push_back(make_value(line));
    }
    return root;
}

std::size_t count(const files& in, std::string_view word) {
    std::size_t found = 0;
    for (const auto& [name, text] : in) {
        for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos; at += word.size()) ++found;
    }
    return found;
}

bool is_bounded(const files& in) {
    return count(in, "rows") + count(in, "words") <= list_names_max
           && count(in, "part") + count(in, "content") <= partial_names_max;
}

std::string url_of_asset(std::string_view name) {
    if (name.ends_with("css")) return "/assets/" + std::string{name};
    throw std::out_of_range{"no asset"};
}

std::string render(const page_template<value>& page, const value& v) {
    std::string out{"before"};
    page.render(out, v);
    demand(out.starts_with("before"), "what is there stays there");
    return out.substr(6);
}

std::string shown_without_tags(std::string_view text) {
    std::string result;
    fuzz::input lines{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
    while (!lines.empty()) {
        const bool last = lines.rest().find('\n') == std::string_view::npos;
        std::string_view line = lines.line();
        line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
        result.append(line);
        if (!line.empty() && !last) result += '\n';
    }
    return result;
}

void check_rendering(const library& library, const value& values) {
    const page_template<value> page{library, "layout.html", "page.html"};
    const std::string shown = render(page, values);
    demand(shown == render(page, values), "the same values give the same page");
    demand(
        shown == escaped(render(page, with_stand_ins(values))),
        "every special character of a value is escaped, and nothing else is changed"
    );
    const std::string& layout = library.files.at("layout.html");
    if (layout.find("{{") == std::string::npos)
        demand(shown == shown_without_tags(layout), "a template without tags is itself, without indentation");
}

void check_error(std::string_view message) {
    const bool named = message.starts_with("layout.html:") || message.starts_with("page.html:")
                       || message.starts_with("part.html:");
    demand(named, "a mistake is said to be in its file");
    demand(message.find(':') + 1 < message.size(), "and on its line");
}

void check_url(const std::string& link) {
    static const page_template<value> page{{{{"l", "{{link}}"}}, url_of_asset}, "l", "l"};
    value v;
    v.link = link;
    const std::string shown = render(page, v);
    std::string decoded;
    for (std::size_t i = 0; i < shown.size(); ++i) {
        const char c = shown[i];
        const bool plain = std::isalnum(static_cast<unsigned char>(c))
                           || std::string_view{"-._~"}.find(c) != std::string_view::npos;
        demand(plain || (c == '%' && i + 2 < shown.size()), "a part of a URL ends no URL");
        if (!plain)
            decoded += static_cast<char>(std::stoi(shown.substr(i + 1, 2), nullptr, 16)), i += 2;
        else
            decoded += c;
    }
    demand(decoded == link, "a part of a URL is read back");
}

}  // namespace
}  // namespace cookieshop::view

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace cookieshop;
    using namespace cookieshop::view;
    fuzz::input input{bytes, size};
    library library{{}, url_of_asset};
    for (const char* name : {"layout.html", "page.html", "part.html"})
        library.files[name] = without_stand_ins(input.part());
    const value values = make_values(without_stand_ins(input.rest()));
    check_url(values.link);
    if (!is_bounded(library.files)) return 0;
    try {
        check_rendering(library, values);
    } catch (const view_error& mistake) {
        check_error(mistake.what());
    }
    return 0;
}
