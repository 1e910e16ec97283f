#include "support/expect.hpp"

#include "support/html.hpp"

#include <string>

namespace cookieshop::test {

namespace {

using boost::test_tools::assertion_result;

assertion_result holds(bool value, const answer& answer, const std::string& wanted) {
    assertion_result result{value};
    if (!value) result.message() << "wanted " << wanted << ", got" << answer;
    return result;
}

bool seen(const answer& answer, std::string_view text) {
    return text_of(answer.body).find(text) != std::string::npos;
}

}  // namespace

assertion_result has_status(const answer& answer, int status) {
    return holds(answer.status == status, answer, "status " + std::to_string(status));
}

assertion_result redirects(const answer& answer, std::string_view location) {
    const bool value = answer.status == 303 && answer.header("Location") == location;
    return holds(value, answer, "303 to " + std::string{location});
}

assertion_result has_header(const answer& answer, std::string_view name, std::string_view value) {
    const auto all = answer.all(name);
    return holds(
        all.size() == 1 && all.front() == value, answer,
        std::string{name} + ": " + std::string{value} + ", once"
    );
}

assertion_result header_names(const answer& answer, std::string_view name, std::string_view part) {
    const bool value = answer.header(name).find(part) != std::string_view::npos;
    return holds(value, answer, std::string{name} + " with " + std::string{part});
}

assertion_result lacks_header(const answer& answer, std::string_view name) {
    return holds(!answer.has(name), answer, "no " + std::string{name});
}

assertion_result shows(const answer& answer, std::string_view text) {
    return holds(seen(answer, text), answer, "the text '" + std::string{text} + "'");
}

assertion_result hides(const answer& answer, std::string_view text) {
    return holds(!seen(answer, text), answer, "no text '" + std::string{text} + "'");
}

assertion_result is_page(const answer& answer, std::string_view heading) {
    const bool value =
        title_of(answer.body) == "Cookieshop | " + std::string{heading} && heading_of(answer.body) == heading;
    return holds(value, answer, "the page " + std::string{heading});
}

assertion_result is_logged_in(const answer& page, std::string_view email) {
    const bool value = page.status == 200 && seen(page, "Logged in as " + std::string{email} + ".")
                       && find_form(page.body, "/logout").has_value();
    return holds(
        value, page, "a page that says 'Logged in as " + std::string{email} + ".' and has a Logout button"
    );
}

assertion_result is_guest(const answer& page) {
    return holds(
        page.status == 200 && !seen(page, "Logged in as"), page, "a page of nobody who is logged in"
    );
}

}  // namespace cookieshop::test
