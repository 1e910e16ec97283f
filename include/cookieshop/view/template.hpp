/// HTML templates: a small part of Mustache, compiled at start-up, escaped always.
///
///     {{name}}                what `name` stands for, escaped for text and for attribute values in quotes
///     {{#name}} … {{/name}}   for each row of a list; for anything else: if it is true, not 0, not empty
///     {{^name}} … {{/name}}   if it is false, 0 or empty
///     {{>part}}               the template part.html, as if it stood here; {{>content}} is the layout's page
///     {{asset:style.css}}     the URL of an asset
///     {{! … }}                a comment
///
/// Inside a list its rows' names come first, then those around it; `{{.}}` is a row that is a text itself.
/// There is no way to write HTML unescaped. Indentation and empty lines are dropped, and so is a line that
/// holds only a section tag, a partial or a comment. Nothing a user sent may ever become a template.

#pragma once

#include "cookieshop/view/files.hpp"
#include "cookieshop/view/value.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cookieshop::view {

/// Appends `text` with the five characters that mean something in HTML replaced: & < > " '.
void append_escaped(std::string& out, std::string_view text);

/// What templates are compiled from.
struct library {
    view::files files;
    view::asset_url asset_url;
};

/// A compiled template, for objects of whatever type its names are of; see `page_template`. Const once made.
class html_template {
public:
    /// Compiles the file `layout`, in which {{>content}} is the file `content`. Throws `view_error`.
    html_template(
        const library& library, std::string_view layout, std::string_view content, const fields& names
    );

    /// Appends to `out`. Looks nothing up; allocates only where `out` must grow.
    void render(std::string& out, const void* object) const;

private:
    friend class compiler;

    enum class action : std::uint8_t { literal, write, when, unless, each };

    // Sections are jumps: what is inside follows at once, and `end` is the first step after it.
    struct step {
        action what;
        std::uint8_t up = 0;  // whose value: 0: of the innermost scope, 1: of the one around it, …
        value (*get)(const void*) = nullptr;
        std::size_t begin = 0, end = 0;  // a literal's place in `text_`; a section's end
    };

    // The object, or a row of a list inside of it.
    struct scope {
        const void* object;
        const scope* around;

        value get(const step& step) const;
    };

    void run(std::string& out, std::size_t from, std::size_t to, const scope& scope) const;

    std::string text_;  // all literals
    std::vector<step> steps_;
};

/// A template for objects of one type.
template <class Page>
class page_template {
public:
    page_template(const library& library, std::string_view layout, std::string_view content)
        : code_{library, layout, content, fields_of<Page>()} {}

    void render(std::string& out, const Page& page) const { code_.render(out, &page); }

private:
    html_template code_;
};

}  // namespace cookieshop::view
