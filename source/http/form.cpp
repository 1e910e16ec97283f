#include "cookieshop/http/form.hpp"

#include "cookieshop/http/error_page.hpp"
#include "http/text.hpp"

#include <sodium/utils.h>

#include <algorithm>

namespace cookieshop::http {

form::entry::~entry() {
    // All of the capacity: a string that was moved from keeps its bytes there.
    value.resize(value.capacity());
    sodium_memzero(value.data(), value.size());
}

std::string_view form::operator[](std::string_view name) const noexcept {
    const auto found = std::ranges::find(entries_, name, &entry::name);
    return found == entries_.end() ? std::string_view{} : found->value;
}

bool form::has(std::string_view name) const noexcept {
    return std::ranges::find(entries_, name, &entry::name) != entries_.end();
}

/*
    form = field *( "&" field )
    field = name "=" value

    In both "+" is a space and %XX a byte; empty fields are passed over, one without "=" is a name with an empty
    value (WHATWG URL, 5.1).
*/
std::optional<form> parse_form(std::string_view text, std::size_t fields_max) {
    form fields;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('&'), text.size());
        const std::string_view part = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (part.empty()) continue;
        if (fields.entries_.size() == fields_max) return std::nullopt;

        const std::size_t equals = std::min(part.find('='), part.size());
        const std::string_view raw_value = part.substr(std::min(equals + 1, part.size()));
        form::entry field;
        field.value.reserve(raw_value.size());  // no growth: it would leave copies of a password behind
        if (!percent_decode(field.name, part.substr(0, equals), true) || !is_utf8(field.name))
            return std::nullopt;
        if (!percent_decode(field.value, raw_value, true) || !is_utf8(field.value)) return std::nullopt;
        if (fields.has(field.name)) return std::nullopt;
        fields.entries_.push_back(std::move(field));
    }
    return fields;
}

namespace {

// The one type that forms have here; a charset may be named if it is UTF-8 (WHATWG URL, 5.1 knows no other).
bool is_form_type(std::string_view type) noexcept {
    if (type.empty() || !iequals(take_part(type, ';'), "application/x-www-form-urlencoded")) return false;
    while (!type.empty()) {
        std::string_view parameter = take_part(type, ';');
        if (parameter.empty() || !iequals(take_part(parameter, '='), "charset")) continue;
        if (!iequals(parameter, "utf-8") && !iequals(parameter, "\"utf-8\"")) return false;
    }
    return true;
}

bool is_coded(const request& request) noexcept {
    const std::string_view coding = request.header(field::content_encoding);
    return !coding.empty() && !iequals(coding, "identity");
}

}  // namespace

std::optional<form> read_form(exchange& exchange) {
    const request& request = exchange.request;
    const auto types = std::ranges::count(request.headers(), field::content_type, &header_line::name);
    if (types == 0 && request.body.empty()) return form{};
    if (types > 1) {
        fail(exchange, status::bad_request, "Content-Type is there twice.");
        return std::nullopt;
    }
    if (!is_form_type(request.header(field::content_type)) || is_coded(request)) {
        fail(
            exchange, status::unsupported_media_type,
            "Forms are sent as application/x-www-form-urlencoded, in UTF-8 and not compressed."
        );
        return std::nullopt;
    }
    auto fields = parse_form(request.body);
    if (!fields) fail(exchange, status::bad_request, "The form could not be understood.");
    return fields;
}

void append_query_value(std::string& out, std::string_view text) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char c : text) {
        if (is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
            out.push_back(c);
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out.push_back('%');
            out.push_back(digits[byte >> 4]);
            out.push_back(digits[byte & 15]);
        }
    }
}

}  // namespace cookieshop::http
