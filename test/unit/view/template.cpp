#include "cookieshop/view/template.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

std::atomic<std::size_t> allocations = 0;

}  // namespace

// Counts, for the case that rendering allocates nothing.
void* operator new(std::size_t size) {
    ++allocations;
    if (void* const memory = std::malloc(size)) return memory;
    throw std::bad_alloc{};
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace view = cookieshop::view;
using cookieshop::time_point;

namespace {

struct topping {
    std::string_view name;
    int grams = 0;
};

struct layer {
    std::string_view name;
    std::vector<topping> toppings;
};

struct cake {
    std::string_view name, next;
    view::money price;
    std::int64_t count = 0;
    bool fresh = false;
    time_point baked{};
    std::vector<layer> layers;
    std::vector<std::string> notes;
    topping best;

    bool has_notes() const { return !notes.empty(); }
};

view::url_text in_url(std::string_view text) {
    return {text};
}

std::string_view kind() {
    return "cake & more";
}
bool yes() {
    return true;
}
bool no() {
    return false;
}

}  // namespace

template <>
view::fields view::fields_of<std::string>() {
    return {bind_self<std::string>()};
}

template <>
view::fields view::fields_of<topping>() {
    return {bind<&topping::name>("name"), bind<&topping::grams>("grams")};
}

template <>
view::fields view::fields_of<layer>() {
    return {bind<&layer::name>("name"), bind<&layer::toppings>("toppings")};
}

template <>
view::fields view::fields_of<cake>() {
    return {
        bind<&cake::name>("name"),           bind<&cake::next, &in_url>("next_in_url"),
        bind<&cake::price>("price"),         bind<&cake::count>("count"),
        bind<&cake::fresh>("fresh"),         bind<&cake::baked>("baked"),
        bind<&cake::notes>("notes"),         bind<&cake::layers>("layers"),
        bind<&cake::has_notes>("has_notes"), bind<&cake::best, &topping::name>("best"),
        bind_constant<&kind>("kind"),        bind_constant<&yes>("is_cake"),
        bind_constant<&no>("is_pie"),
    };
}

namespace {

std::string asset_url(std::string_view name) {
    if (name != "style.css") throw std::out_of_range{"no such asset"};
    return "/assets/style.css?v=1&x";
}

view::page_template<cake> compiled(view::files files) {
    return {{std::move(files), asset_url}, "page.html", "content.html"};
}

std::string rendered(view::files files, const cake& cake) {
    std::string out;
    compiled(std::move(files)).render(out, cake);
    return out;
}

std::string rendered(std::string_view source, const cake& cake) {
    return rendered(view::files{{"page.html", std::string{source}}}, cake);
}

std::string escaped(std::string_view text) {
    std::string result;
    view::output out{result};
    out.append_escaped(text);
    out.flush();
    return result;
}

struct source_and_result {
    std::string_view source, result;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(template_)

BOOST_AUTO_TEST_CASE(the_five_characters_of_html_are_escaped) {
    const source_and_result cases[] = {
        {"", ""},
        {"plain", "plain"},
        {"&", "&amp;"},
        {"<", "&lt;"},
        {">", "&gt;"},
        {"\"", "&quot;"},
        {"'", "&#39;"},
        {"a<b>c", "a&lt;b&gt;c"},
        {"<<", "&lt;&lt;"},
        {"&amp;", "&amp;amp;"},
        {"ü🍪", "ü🍪"},
        {{"\0x", 2}, {"\0x", 2}},
        {"<script>alert('1')</script>", "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"},
    };
    for (const auto& [text, expected] : cases) {
        BOOST_TEST_CONTEXT("text: " << text) {
            std::string out = "kept ";
            BOOST_TEST(out + escaped(text) == "kept " + std::string{expected});
        }
    }
}

BOOST_AUTO_TEST_CASE(a_special_character_is_found_wherever_it_stands) {
    for (std::size_t size = 1; size <= 40; ++size) {
        for (std::size_t at = 0; at < size; ++at) {
            std::string text(size, 'x'), expected = text;
            text[at] = '<';
            expected.replace(at, 1, "&lt;");
            BOOST_TEST(escaped(text) == expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_page_of_any_size_is_whole) {
    const std::size_t sizes[]{0, 1, 63, 64, 65, 1983, 1984, 1985, 2047, 2048, 2049, 2112, 5000};
    for (const std::size_t size : sizes) {
        BOOST_TEST_CONTEXT("a literal of " << size << " bytes") {
            const std::string literal(size, '.'), name(70, 'n');
            const std::string page = literal + "{{name}}" + literal + "{{name}}end";
            BOOST_TEST(rendered(page, cake{.name = name}) == literal + name + literal + name + "end");
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_the_same_for_all_objects_is_decided_at_the_start) {
    const source_and_result cases[] = {
        {"{{kind}}", "cake &amp; more"},
        {"{{#is_cake}}<{{name}}>{{/is_cake}}", "<Linzer>"},
        {"a{{^is_cake}}<{{name}}>{{/is_cake}}b", "ab"},
        {"{{#is_pie}}{{name}}{{#notes}}{{.}}{{/notes}}{{/is_pie}}{{^is_pie}}none{{/is_pie}}", "none"},
        {"{{#is_cake}}{{#is_pie}}1{{/is_pie}}{{^is_pie}}2{{/is_pie}}{{/is_cake}}", "2"},
        {"{{#fresh}}{{#is_cake}}fresh{{/is_cake}}{{/fresh}}{{#layers}}{{kind}}{{/layers}}", "fresh"},
        {"one\n{{#is_pie}}\ntwo\n{{/is_pie}}\nthree\n", "one\nthree\n"},
    };
    for (const auto& [source, expected] : cases) {
        BOOST_TEST_CONTEXT("source: " << source) {
            BOOST_TEST(rendered(source, cake{.name = "Linzer", .fresh = true}) == expected);
        }
    }
    BOOST_CHECK_THROW(rendered("{{#is_pie}}{{nonsense}}{{/is_pie}}", cake{}), view::view_error);
}

BOOST_AUTO_TEST_CASE(names_stand_for_members) {
    const cake cake{
        .name = "Linzer", .next = "/a b?c=d&e=ü", .price = {1250}, .count = -3, .best = {"jam", 5}};
    const source_and_result cases[] = {
        {"{{name}}", "Linzer"},
        {"{{ name }}", "Linzer"},
        {"<{{name}}|{{name}}>", "<Linzer|Linzer>"},
        {"{{count}}", "-3"},
        {"{{price}}", "$12.50"},
        {"{{next_in_url}}", "%2Fa%20b%3Fc%3Dd%26e%3D%C3%BC"},
        {"{{best}}", "jam"},
        {"{{asset:style.css}}", "/assets/style.css?v=1&amp;x"},
        {"{{! a comment }}", ""},
        {"a{{! of two\nlines }}b", "ab"},
        {"{ } }} {name}", "{ } }} {name}"},
    };
    for (const auto& [source, expected] : cases) {
        BOOST_TEST_CONTEXT("source: " << source) {
            BOOST_TEST(rendered(source, cake) == expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(money_has_two_decimals) {
    struct {
        std::int64_t cents;
        std::string_view shown;
    } const cases[] = {
        {0, "$0.00"},
        {5, "$0.05"},
        {70, "$0.70"},
        {1250, "$12.50"},
        {123456789, "$1234567.89"},
        {-1250, "-$12.50"},
        {-5, "-$0.05"},
        {std::numeric_limits<std::int64_t>::min(), "-$92233720368547758.08"},
    };
    for (const auto& [cents, shown] : cases) {
        BOOST_TEST_CONTEXT(cents) {
            BOOST_TEST(rendered("{{price}}", cake{.price = {cents}}) == shown);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_time_is_an_element_in_utc) {
    using namespace std::chrono;
    const cookieshop::time_point t = sys_days{2026y / November / 4} + 9h + 5min + 7s + 999ms;
    BOOST_TEST(
        rendered("{{baked}}", cake{.baked = t})
        == R"(<time datetime="2026-11-04T09:05:07Z">4 Nov 2026, 09:05 UTC</time>)"
    );
}

BOOST_AUTO_TEST_CASE(a_time_beyond_the_calendar_is_shown_as_its_end) {
    BOOST_TEST(
        rendered("{{baked}}", cake{.baked = time_point::min()})
        == R"(<time datetime="0000-01-01T00:00:00Z">1 Jan 0, 00:00 UTC</time>)"
    );
    BOOST_TEST(
        rendered("{{baked}}", cake{.baked = time_point::max()})
        == R"(<time datetime="9999-12-31T00:00:00Z">31 Dec 9999, 00:00 UTC</time>)"
    );
}

BOOST_AUTO_TEST_CASE(sections_are_nested_64_deep_and_no_deeper) {
    const auto nested = [](std::size_t depth) {
        std::string source = "x";
        for (std::size_t i = 0; i < depth; ++i) source = "{{#name}}" + source + "{{/name}}";
        return source;
    };
    BOOST_TEST(rendered(nested(64), cake{.name = "y"}) == "x");
    BOOST_CHECK_THROW(rendered(nested(65), cake{.name = "y"}), view::view_error);
}

BOOST_AUTO_TEST_CASE(sections_are_conditions) {
    const cake none{}, all{.name = "x",
                           .price = {1},
                           .count = 1,
                           .fresh = true,
                           .baked = time_point{} + std::chrono::seconds{1},
                           .notes = {"n"}};
    for (const std::string_view source : {
             "{{#name}}yes{{/name}}{{^name}}no{{/name}}",
             "{{#price}}yes{{/price}}{{^price}}no{{/price}}",
             "{{#count}}yes{{/count}}{{^count}}no{{/count}}",
             "{{#fresh}}yes{{/fresh}}{{^fresh}}no{{/fresh}}",
             "{{#baked}}yes{{/baked}}{{^baked}}no{{/baked}}",
             "{{#has_notes}}yes{{/has_notes}}{{^has_notes}}no{{/has_notes}}",
         }) {
        BOOST_TEST_CONTEXT(source) {
            BOOST_TEST(rendered(source, none) == "no");
            BOOST_TEST(rendered(source, all) == "yes");
        }
    }
}

BOOST_AUTO_TEST_CASE(sections_are_lists) {
    const cake cake{
        .name = "Torte",
        .layers = {{"base", {{"sugar", 5}, {"<nuts>", 7}}}, {"top", {}}},
        .notes = {"a", "b&"}};
    const source_and_result cases[] = {
        {"{{#notes}}[{{.}}]{{/notes}}", "[a][b&amp;]"},
        {"{{#layers}}({{name}}){{/layers}}", "(base)(top)"},
        {"{{#layers}}{{best}}{{#fresh}}!{{/fresh}}{{^fresh}}?{{/fresh}}{{/layers}}", "??"},
        {"{{#layers}}{{name}}:{{#toppings}} {{name}} {{grams}}{{/toppings}};{{/layers}}",
         "base: sugar 5 &lt;nuts&gt; 7;top:;"},
        {"{{#layers}}{{#toppings}}{{grams}}{{/toppings}}{{^toppings}}bare{{/toppings}} {{/layers}}",
         "57 bare "},
        {"{{#layers}}{{#toppings}}{{#notes}}{{.}}{{/notes}}{{/toppings}}{{/layers}}{{name}}",
         "ab&amp;ab&amp;Torte"},
        {"{{^layers}}none{{/layers}}{{^notes}}none{{/notes}}.", "."},
    };
    for (const auto& [source, expected] : cases) {
        BOOST_TEST_CONTEXT("source: " << source) {
            BOOST_TEST(rendered(source, cake) == expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(an_empty_list_writes_nothing) {
    BOOST_TEST(rendered("a{{#notes}}[{{.}}]{{/notes}}b{{^notes}}c{{/notes}}", cake{}) == "abc");
}

BOOST_AUTO_TEST_CASE(indentation_and_lines_of_tags_are_dropped) {
    const std::string_view source = "<ul>\n"
                                    "    {{! the notes }}\n"
                                    "    {{#notes}}\n"
                                    "    <li>{{.}}</li>\n"
                                    "    {{/notes}}\n"
                                    "\n"
                                    "</ul>\r\n"
                                    "<p{{#fresh}} class=\"fresh\"{{/fresh}}>\n";
    const cake cake{.fresh = true, .notes = {"a", "b"}};
    BOOST_TEST(rendered(source, cake) == "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\r\n<p class=\"fresh\">\n");
}

BOOST_AUTO_TEST_CASE(partials_stand_where_they_are_named) {
    const view::files files{
        {"page.html", "<main>\n{{>content}}\n</main>{{>foot}}"},
        {"content.html", "<h1>{{name}}</h1>\n{{#notes}}\n{{>note}}\n{{/notes}}\n"},
        {"note.html", "<p>{{.}} {{name}}</p>\n"},
        {"foot.html", "."},
    };
    BOOST_TEST(
        rendered(files, cake{.name = "C", .notes = {"a", "b"}})
        == "<main>\n<h1>C</h1>\n<p>a C</p>\n<p>b C</p>\n</main>."
    );
}

BOOST_AUTO_TEST_CASE(rendering_appends) {
    std::string out = "head ";
    compiled({{"page.html", "{{name}}"}}).render(out, cake{.name = "x"});
    BOOST_TEST(out == "head x");
}

BOOST_AUTO_TEST_CASE(rendering_allocates_nothing_while_there_is_room) {
    const auto page = compiled(
        {{"page.html", "{{name}} {{price}} {{count}} {{baked}} {{next_in_url}}"
                       "{{#layers}}{{#toppings}}{{name}}{{/toppings}}{{/layers}}"}}
    );
    const cake cake{
        .name = "<a name that is longer than any small string>",
        .next = "/?",
        .price = {99999999},
        .count = std::numeric_limits<std::int64_t>::max(),
        .layers = {{"l", {{"t", 1}, {"u", 2}}}}};
    std::string out;
    out.reserve(4096);
    const std::size_t before = allocations;
    page.render(out, cake);
    BOOST_TEST(allocations == before);
    BOOST_TEST(!out.empty());
}

BOOST_AUTO_TEST_CASE(mistakes_are_found_when_compiling_and_say_where) {
    struct {
        std::string_view source, error;
    } const cases[] = {
        {"\n\n  {{nmae}}", "page.html:3: there is no name {{nmae}}; there are name, next_in_url,"},
        {"{{#layers}}\n{{gramms}}{{/layers}}", "page.html:2: there is no name {{gramms}}"},
        {"{{#layers}}{{/layers}}\n{{toppings}}", "page.html:2: there is no name {{toppings}}"},
        {"{{.}}", "page.html:1: there is no name {{.}}"},
        {"a\n{{#fresh}}\nb", "page.html:2: {{#fresh}} is open at the end; close it with {{/fresh}}"},
        {"{{^fresh}}", "page.html:1: {{^fresh}} is open at the end"},
        {"{{/fresh}}", "page.html:1: {{/fresh}} closes nothing"},
        {"{{#fresh}}\n{{#notes}}\n{{/fresh}}", "page.html:3: expected {{/notes}}, which closes line 2,"},
        {"\n{{>nowhere}}\n", "page.html:2: there is no view nowhere.html"},
        {"\n{{>content}}", "page.html:2: there is no view content.html"},
        {"{{>page}}", "page.html:1: it includes itself"},
        {"\n{{name", "page.html:2: {{ is never closed"},
        {"{{}}", "page.html:1: {{}} is empty"},
        {"{{#}}", "page.html:1: {{#}} is empty"},
        {"\n{{{name}}}", "page.html:2: what a view writes is always escaped"},
        {"{{fresh}}", "page.html:1: {{fresh}} can't be written"},
        {"{{notes}}", "page.html:1: {{notes}} can't be written"},
        {"\n{{asset:nothing.css}}", "page.html:2: there is no asset nothing.css"},
        {"{{>broken}}", "broken.html:2: there is no name {{x}}"},
    };
    for (const auto& one : cases) {
        BOOST_TEST_CONTEXT("source: " << one.source) {
            const view::files files{{"page.html", std::string{one.source}}, {"broken.html", "\n{{x}}"}};
            BOOST_CHECK_EXCEPTION(compiled(files), view::view_error, [&](const view::view_error& error) {
                BOOST_TEST_MESSAGE(error.what());
                return std::string_view{error.what()}.starts_with(one.error);
            });
        }
    }
}

BOOST_AUTO_TEST_CASE(a_layout_that_is_not_there_is_named) {
    BOOST_CHECK_EXCEPTION(compiled({}), view::view_error, [](const view::view_error& error) {
        return std::string_view{error.what()}.starts_with("there is no view page.html");
    });
}

BOOST_AUTO_TEST_SUITE_END()
