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
#include "cookieshop/view/output.hpp"
#include "cookieshop/view/value.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cookieshop::view {

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

    enum class action : std::uint8_t { nothing, write, when, unless, each };

    // A literal and what comes after it. Sections are jumps: what is inside follows at once.
    struct step {
        std::size_t begin = 0, size = 0;  // the literal's place in `text_`
        action what = action::nothing;
        std::uint8_t up = 0;      // whose value: 0: of the innermost scope, 1: of the one around it, …
        std::uint32_t after = 0;  // a section's end: the first step behind it
        accessors get{};
    };

    // The object, or a row of a list inside of it.
    struct scope {
        const void* object;
        const scope* around;

        const void* owner_of(const step& step) const noexcept;
    };

    void run(output& out, std::size_t from, std::size_t to, const scope& scope) const;

    std::string text_;  // all literals, and `output::overrun` bytes
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
