// Errors, the JSON that this program writes: the Accept field on the first line, the status on the second,
// then the detail.

#include "cookieshop/http/error_page.hpp"

#include "fuzz/fuzz.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <charconv>
#include <string>

namespace cookieshop::http {
namespace {

using fuzz::demand;

std::string unescaped(std::string text) {
    constexpr std::pair<std::string_view, char> escapes[] = {
        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}};
    for (std::size_t at = 0; (at = text.find('&', at)) != std::string::npos; ++at) {
        const auto* const escape = std::ranges::find_if(escapes, [&](const auto& e) {
            return std::string_view{text}.substr(at).starts_with(e.first);
        });
        demand(escape != std::end(escapes), "an ampersand begins an escape");
        text.replace(at, escape->first.size(), 1, escape->second);
    }
    return text;
}

void check_json(const response& response, std::string_view detail) {
    boost::json::error_code error;
    const auto parsed = boost::json::parse(response.body, error);
    demand(!error, "a problem is JSON, whatever the detail");
    const auto& problem = parsed.as_object();
    demand(problem.at("status").as_int64() == static_cast<int>(response.status), "a problem has its status");
    demand(!problem.at("title").as_string().empty(), "a problem has a title");
    demand(!problem.at("detail").as_string().empty(), "a problem says something");
    if (!detail.empty()) demand(problem.at("detail").as_string() == detail, "the detail is read back");
}

void check_html(const response& response, std::string_view detail) {
    constexpr std::string_view before = "<p>", after = "</p>\n</body>\n</html>\n";
    std::string_view page = response.body;
    demand(page.ends_with(after), "the page is whole");
    page.remove_suffix(after.size());
    page.remove_prefix(page.find(before) + before.size());
    demand(page.find_first_of("<>\"'") == std::string_view::npos, "the detail can't become markup");
    if (!detail.empty()) demand(unescaped(std::string{page}) == detail, "the detail is shown as it is");
}

bool is_unicode(std::string_view text) {
    boost::json::error_code error;
    boost::json::parse(boost::json::serialize(boost::json::string{text}), error);
    return !error;
}

void check(std::string_view accept, unsigned code, std::string_view detail) {
    exchange exchange;
    exchange.request.add({field::accept, "Accept", accept});
    fail(exchange, static_cast<status>(code), detail);
    const response& response = exchange.response;
    demand(static_cast<unsigned>(response.status) == code, "the status is the one that was asked for");
    if (!is_unicode(detail)) detail = {};
    if (response.content_type == "application/problem+json")
        check_json(response, detail);
    else
        check_html(response, detail);
}

}  // namespace
}  // namespace cookieshop::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    cookieshop::fuzz::input input{bytes, size};
    const std::string_view accept = input.line(), number = input.line();
    unsigned code = 500;
    std::from_chars(number.data(), number.data() + number.size(), code);
    if (code < 100 || code > 599) code = 500;
    cookieshop::http::check(accept, code, input.rest());
    cookieshop::http::check("application/json", code, input.rest());
    return 0;
}
