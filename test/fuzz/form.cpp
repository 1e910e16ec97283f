// Forms: the Content-Type on the first line, then the body.

#include "cookieshop/http/form.hpp"

#include "fuzz/fuzz.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include <map>
#include <optional>
#include <string>

namespace cookieshop::http {
namespace {

using fuzz::demand;

using fields = std::map<std::string, std::string>;

// Boost.JSON takes nothing but UTF-8: somebody else's word on it.
bool is_unicode(std::string_view text) {
    boost::json::error_code error;
    boost::json::parse(boost::json::serialize(boost::json::string{text}), error);
    return !error;
}

std::optional<std::string> decoded(std::string text) {
    std::ranges::replace(text, '+', ' ');
    for (std::size_t at = 0; (at = text.find('%', at)) != std::string::npos; ++at) {
        const std::string digits = text.substr(at + 1, 2);
        if (digits.size() < 2 || digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos)
            return std::nullopt;
        text.replace(at, 3, 1, static_cast<char>(std::stoi(digits, nullptr, 16)));
    }
    if (!is_unicode(text)) return std::nullopt;
    return text;
}

// The same rules once more, as plainly as they can be written.
std::optional<fields> expected_fields(std::string_view body, std::size_t fields_max) {
    fields all;
    fuzz::input rest{reinterpret_cast<const std::uint8_t*>(body.data()), body.size()};
    while (!rest.empty()) {
        const std::string part{rest.take("&")};
        if (part.empty()) continue;
        const std::size_t equals = std::min(part.find('='), part.size());
        const auto name = decoded(part.substr(0, equals));
        const auto value = decoded(part.substr(std::min(equals + 1, part.size())));
        if (!name || !value || !all.emplace(*name, *value).second) return std::nullopt;
    }
    if (all.size() > fields_max) return std::nullopt;
    return all;
}

void check(const std::optional<form>& got, const std::optional<fields>& expected) {
    demand(got.has_value() == expected.has_value(), "a form is refused when it breaks a rule, and only then");
    if (!got) return;
    for (const auto& [name, value] : *expected) {
        demand(got->has(name), "every field is there");
        demand((*got)[name] == value, "every field has its value");
    }
    demand(!got->has("no such field") || expected->contains("no such field"), "no other field is there");
}

std::string encoded(const fields& all) {
    std::string text;
    for (const auto& [name, value] : all) {
        if (!text.empty()) text += '&';
        append_query_value(text, name);
        text += '=';
        append_query_value(text, value);
    }
    return text;
}

void check_body(std::string_view body) {
    for (const std::size_t fields_max : {std::size_t{2}, std::size_t{64}}) {
        const auto expected = expected_fields(body, fields_max);
        check(parse_form(body, fields_max), expected);
        if (expected) check(parse_form(encoded(*expected), fields_max), expected);
    }
}

void check_request(std::string_view type, std::string_view body) {
    exchange exchange;
    exchange.request.add({field::content_type, "Content-Type", type});
    exchange.request.body = body;
    const auto got = read_form(exchange);
    const status answer = exchange.response.status;
    if (got)
        demand(answer == status::ok && exchange.response.body.empty(), "nothing is answered to a good form");
    else
        demand(
            answer == status::bad_request || answer == status::unsupported_media_type,
            "a form that is not read is answered with 400 or 415"
        );
    if (got || answer == status::bad_request) check(got, expected_fields(body, 64));
}

}  // namespace
}  // namespace cookieshop::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace cookieshop;
    fuzz::input input{bytes, size};
    const std::string_view type = input.line(), body = input.rest();
    http::check_body(body);
    http::check_request(type, body);
    return 0;
}
