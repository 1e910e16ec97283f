#include "support/html.hpp"

#include <boost/algorithm/string/case_conv.hpp>
#include <boost/algorithm/string/replace.hpp>
#include <boost/algorithm/string/trim.hpp>

#include <algorithm>
#include <cctype>
#include <utility>

namespace cookieshop::test {

namespace {

std::string unescape(std::string_view text) {
    static constexpr std::pair<const char*, const char*> entities[] = {
        {"&lt;", "<"},   {"&gt;", ">"},   {"&quot;", "\""}, {"&#34;", "\""}, {"&#39;", "'"},
        {"&#x27;", "'"}, {"&apos;", "'"}, {"&nbsp;", " "},  {"&amp;", "&"},
    };
    std::string result{text};
    for (const auto& [entity, character] : entities) boost::replace_all(result, entity, character);
    return result;
}

bool is_space(char c) {
    return std::isspace(static_cast<unsigned char>(c)) != 0;
}

/// Takes `name="value"`, `name=value` or `name` off the inside of a tag.
std::pair<std::string, std::string> take_attribute(std::string_view& inside) {
    const auto name_end = std::min(inside.find_first_of(" \t\r\n="), inside.size());
    auto name = boost::to_lower_copy(std::string{inside.substr(0, name_end)});
    inside.remove_prefix(name_end);
    if (!inside.starts_with('=')) return {std::move(name), ""};
    inside.remove_prefix(1);
    const bool quoted = inside.starts_with('"') || inside.starts_with('\'');
    const auto end = quoted ? inside.find(inside.front(), 1) : inside.find_first_of(" \t\r\n");
    const auto value = inside.substr(quoted ? 1 : 0, end == inside.npos ? end : end - (quoted ? 1 : 0));
    inside.remove_prefix(std::min(inside.size(), end == inside.npos ? end : end + (quoted ? 1 : 0)));
    return {std::move(name), unescape(value)};
}

element parse_tag(std::string_view inside) {
    element result;
    const auto name_end = std::min(inside.find_first_of(" \t\r\n"), inside.size());
    result.name = boost::to_lower_copy(std::string{inside.substr(0, name_end)});
    inside.remove_prefix(name_end);
    for (;;) {
        while (!inside.empty() && (is_space(inside.front()) || inside.front() == '/'))
            inside.remove_prefix(1);
        if (inside.empty()) return result;
        result.attributes.insert(take_attribute(inside));
    }
}

/// Where the tag ends: a '>' inside quotes does not end it.
std::size_t end_of_tag(std::string_view html, std::size_t at) {
    char quote = '\0';
    for (; at < html.size(); ++at) {
        const char c = html[at];
        if (quote != '\0') {
            if (c == quote) quote = '\0';
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '>') {
            return at;
        }
    }
    return html.size();
}

std::string attribute(const element& element, const std::string& name) {
    const auto found = element.attributes.find(name);
    return found == element.attributes.end() ? "" : found->second;
}

void add_control(form& form, const element& element) {
    const auto name = attribute(element, "name"), type = attribute(element, "type");
    form.controls.push_back(element);
    if (name.empty()) return;
    const bool is_button = element.name == "button" || type == "submit";
    const bool is_unchecked =
        (type == "checkbox" || type == "radio") && !element.attributes.contains("checked");
    if (is_button)
        form.buttons.emplace_back(name, attribute(element, "value"));
    else if (!is_unchecked)
        form.values.emplace_back(name, attribute(element, "value"));
}

std::string text_after(std::string_view html, std::string_view tag) {
    const auto all = elements(html);
    const auto found = std::ranges::find(all, tag, &element::name);
    return found == all.end() ? "" : boost::trim_copy(found->text);
}

}  // namespace

std::vector<element> elements(std::string_view html) {
    std::vector<element> result;
    for (std::size_t at = html.find('<'); at < html.size();) {
        if (html.substr(at).starts_with("<!--")) {
            at = html.find('<', html.find("-->", at));
            continue;
        }
        const auto end = end_of_tag(html, at);
        const auto next = std::min(html.find('<', end), html.size());
        if (html.substr(at, 2) != "<!" && end < html.size()) {
            auto element = parse_tag(html.substr(at + 1, end - at - 1));
            element.text = unescape(html.substr(end + 1, next - end - 1));
            result.push_back(std::move(element));
        }
        at = next;
    }
    return result;
}

std::vector<form> forms(std::string_view html) {
    std::vector<form> result;
    bool inside = false;
    for (const auto& element : elements(html)) {
        if (element.name == "form") {
            auto method = boost::to_upper_copy(attribute(element, "method"));
            result.push_back({attribute(element, "action"), std::move(method), {}, {}, {}});
            inside = true;
        } else if (element.name == "/form") {
            inside = false;
        } else if (inside && (element.name == "input" || element.name == "button" || element.name == "select")) {
            add_control(result.back(), element);
        }
    }
    return result;
}

std::optional<form> find_form(std::string_view html, std::string_view action, const fields& wanted) {
    for (auto& form : forms(html)) {
        const auto contains = [&](const auto& field) {
            return std::ranges::count(form.values, field) + std::ranges::count(form.buttons, field) > 0;
        };
        if (form.action.substr(0, form.action.find('?')) == action && std::ranges::all_of(wanted, contains))
            return std::move(form);
    }
    return std::nullopt;
}

std::string text_of(std::string_view html) {
    std::string result;
    for (const auto& element : elements(html)) {
        if (element.name == "title" || element.name == "style" || element.name == "script") continue;
        for (const char c : " " + element.text)
            if (!is_space(c) || (!result.empty() && result.back() != ' ')) result += is_space(c) ? ' ' : c;
    }
    // A space that stands for a tag only is not seen before a full stop or a comma.
    boost::replace_all(result, " .", ".");
    boost::replace_all(result, " ,", ",");
    return result;
}

std::string title_of(std::string_view html) {
    return text_after(html, "title");
}
std::string heading_of(std::string_view html) {
    return text_after(html, "h1");
}

std::vector<std::string> links(std::string_view html) {
    std::vector<std::string> result;
    for (const auto& element : elements(html))
        if (element.name == "a") result.push_back(attribute(element, "href"));
    return result;
}

}  // namespace cookieshop::test
