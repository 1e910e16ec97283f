#include "view/compiler.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace cookieshop::view {

namespace {

// Deeper than any sensible page; a partial that includes itself would never end.
constexpr std::size_t files_open_max = 8;

// The same for sections. A step counts the scopes around it in a byte.
constexpr std::size_t sections_open_max = 64;

constexpr std::string_view open = "{{", close = "}}", sigils = "#^/>!",
                           asset_prefix = "asset:", blanks = " \t\r";

[[noreturn]] void fail(std::string_view file, std::size_t line, const std::string& message) {
    throw view_error{std::string{file} + ":" + std::to_string(line) + ": " + message};
}

std::string quoted(char sigil, std::string_view name) {
    std::string result{open};
    if (sigil != 0) result += sigil;
    return result.append(name).append(close);
}

std::string without_indentation(std::string_view source) {
    std::string result;
    bool line_starts = true;
    for (const char c : source) {
        if (line_starts && blanks.find(c) != std::string_view::npos) continue;
        result += c;
        line_starts = c == '\n';
    }
    return result;
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string list_of_names(const std::vector<fields>& scopes) {
    std::string result;
    for (const fields& scope : scopes) {
        for (const field& field : scope) {
            if (!result.empty()) result += ", ";
            result += field.name;
        }
    }
    return result;
}

}  // namespace

std::string_view compiler::cursor::take(std::size_t count) {
    const auto taken = rest().substr(0, count);
    position += taken.size();
    line += static_cast<std::size_t>(std::ranges::count(taken, '\n'));
    return taken;
}

void compiler::compile(std::string_view layout, const fields& names) {
    names_ = {names};
    if (!library_.files.contains(layout))
        throw view_error{"there is no view " + std::string{layout} + "; add the file"};
    file(layout);
    end_literal();
    out_.text_.append(output::overrun, ' ');
}

// Precondition: there is such a file.
void compiler::file(std::string_view name) {
    const std::string source = without_indentation(library_.files.find(name)->second);
    cursor at{name, source};
    if (++files_open_ > files_open_max) fail(name, 1, "it includes itself; remove one of its {{>partial}}");
    body(at, {});
    --files_open_;
}

// Up to the tag that closes the section, or to the end of the file where no section is open.
void compiler::body(cursor& at, const tag& opening) {
    for (;;) {
        literal(at.take(std::min(at.rest().find(open), at.rest().size())));
        if (at.rest().empty()) break;
        const tag next = next_tag(at);
        if (next.sigil == '/') {
            if (opening.name.empty())
                fail(at.file, next.line, quoted('/', next.name) + " closes nothing; remove it");
            if (next.name == opening.name) return;
            fail(
                at.file, next.line,
                "expected " + quoted('/', opening.name) + ", which closes line "
                    + std::to_string(opening.line) + ", before " + quoted('/', next.name)
            );
        }
        if (next.sigil == '#' || next.sigil == '^') {
            if (++sections_open_ > sections_open_max)
                fail(
                    at.file, next.line,
                    quoted(next.sigil, next.name) + " is nested too deep; remove a section around it"
                );
            section(at, next);
            --sections_open_;
        } else if (next.sigil == '>')
            include(at, next);
        else if (next.sigil == 0)
            write(at, next);
    }
    if (!opening.name.empty()) {
        fail(
            at.file, opening.line,
            quoted(opening.sigil, opening.name) + " is open at the end; close it with "
                + quoted('/', opening.name)
        );
    }
}

void compiler::section(cursor& at, const tag& opening) {
    const found_field field = find(at, opening);
    if (field.what->constant) return constant_section(at, opening, *field.what);
    const bool each = opening.sigil == '#' && field.what->row_fields;
    add(each ? action::each : opening.sigil == '#' ? action::when : action::unless, field);
    const std::size_t start = out_.steps_.size() - 1;
    if (each) names_.push_back(field.what->row_fields());
    body(at, opening);
    if (each) names_.pop_back();
    end_literal();
    out_.steps_[start].after = static_cast<std::uint32_t>(out_.steps_.size());
}

// Decided here: what is inside becomes a part of what is around it, or nothing.
void compiler::constant_section(cursor& at, const tag& opening, const field& field) {
    const bool shown = field.get.is_true(nullptr) == (opening.sigil == '#');
    const std::size_t steps = out_.steps_.size(), text = out_.text_.size();
    const std::string literal_before = literal_;
    const bool line_started = line_starts_;
    body(at, opening);
    if (shown) return;
    out_.steps_.resize(steps);
    out_.text_.resize(text);
    literal_ = literal_before;
    line_starts_ = line_started;
}

void compiler::include(const cursor& at, const tag& tag) {
    const std::string name{tag.name == "content" ? std::string{content_} : std::string{tag.name} + ".html"};
    if (!library_.files.contains(name))
        fail(at.file, tag.line, "there is no view " + name + "; add the file");
    file(name);
}

void compiler::write(const cursor& at, const tag& tag) {
    if (tag.name.starts_with(asset_prefix)) return asset(at, tag);
    const found_field field = find(at, tag);
    if (!field.what->get.write) {
        fail(
            at.file, tag.line,
            quoted(0, tag.name) + " can't be written; ask for it with " + quoted('#', tag.name)
        );
    }
    if (field.what->constant) {
        output out{literal_};
        field.what->get.write(out, nullptr);
        out.flush();
    } else {
        add(action::write, field);
    }
    line_starts_ = false;
}

void compiler::asset(const cursor& at, const tag& tag) {
    const std::string_view name = tag.name.substr(asset_prefix.size());
    try {
        output out{literal_};
        out.append_escaped(library_.asset_url(name));
        out.flush();
        line_starts_ = false;
    } catch (const std::out_of_range&) {
        fail(at.file, tag.line, "there is no asset " + std::string{name} + "; add the file");
    }
}

void compiler::literal(std::string_view text) {
    for (const char c : text) {
        const bool line_ends = c == '\n';
        if (line_ends && line_starts_) continue;
        literal_ += c;
        line_starts_ = line_ends;
    }
}

// Precondition: `at` is before an opening.
compiler::tag compiler::next_tag(cursor& at) {
    const bool line_starts = at.position == 0 || at.source[at.position - 1] == '\n';
    const std::size_t line = at.line, length = at.rest().find(close);
    if (length == std::string_view::npos) fail(at.file, line, "{{ is never closed; add }}");
    std::string_view inside = at.take(length).substr(open.size());
    at.take(close.size());
    if (inside.starts_with('{')) fail(at.file, line, "what a view writes is always escaped; use two braces");

    tag result{0, trimmed(inside), line};
    if (!result.name.empty() && sigils.find(result.name.front()) != std::string_view::npos) {
        result = {result.name.front(), trimmed(result.name.substr(1)), line};
        const bool alone = line_starts && (at.rest().empty() || at.rest().front() == '\n');
        if (alone) at.take(1);
    }
    if (result.name.empty()) fail(at.file, line, quoted(result.sigil, {}) + " is empty; give a name");
    return result;
}

compiler::found_field compiler::find(const cursor& at, const tag& tag) const {
    for (std::size_t depth = names_.size(); depth-- > 0;) {
        const auto found = std::ranges::find(names_[depth], tag.name, &field::name);
        if (found != names_[depth].end())
            return {&*found, static_cast<std::uint8_t>(names_.size() - 1 - depth)};
    }
    fail(
        at.file, tag.line, "there is no name " + quoted(0, tag.name) + "; there are " + list_of_names(names_)
    );
}

void compiler::add(action what, found_field field) {
    out_.steps_.push_back({out_.text_.size(), literal_.size(), what, field.up, 0, field.what->get});
    out_.text_ += literal_;
    literal_.clear();
}

// Before a place that can be jumped to.
void compiler::end_literal() {
    if (literal_.empty()) return;
    out_.steps_.push_back({out_.text_.size(), literal_.size()});
    out_.text_ += literal_;
    literal_.clear();
}

}  // namespace cookieshop::view
