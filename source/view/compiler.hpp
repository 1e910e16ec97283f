// Turns the text of templates into the steps of an html_template.

#pragma once

#include "cookieshop/view/template.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cookieshop::view {

class compiler {
public:
    compiler(const library& library, std::string_view content, html_template& out)
        : library_{library}, content_{content}, out_{out} {}

    void compile(std::string_view layout, const fields& names);

private:
    using action = html_template::action;

    // Where in a file the compiler is.
    struct cursor {
        std::string_view file, source;
        std::size_t position = 0, line = 1;

        std::string_view rest() const { return source.substr(position); }
        std::string_view take(std::size_t count);
    };

    struct tag {
        char sigil = 0;  // one of # ^ / > ! or 0
        std::string_view name;
        std::size_t line = 0;
    };

    struct found_field {
        const field* what;
        std::uint8_t up;  // see html_template::step
    };

    void file(std::string_view name);
    void body(cursor& at, const tag& opening);
    void section(cursor& at, const tag& opening);
    void constant_section(cursor& at, const tag& opening, const field& field);
    void include(const cursor& at, const tag& tag);
    void write(const cursor& at, const tag& tag);
    void asset(const cursor& at, const tag& tag);
    void literal(std::string_view text);

    tag next_tag(cursor& at);
    found_field find(const cursor& at, const tag& tag) const;
    void add(action what, found_field field);
    void end_literal();

    const library& library_;
    std::string_view content_;
    html_template& out_;
    std::vector<fields> names_;  // of the object, and of the rows of each list that is open
    std::size_t files_open_ = 0, sections_open_ = 0;
    std::string literal_;      // what was read since the last step
    bool line_starts_ = true;  // nothing was written since the last end of a line
};

}  // namespace cookieshop::view
