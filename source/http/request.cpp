#include "cookieshop/http/request.hpp"

#include "http/text.hpp"

#include <algorithm>

namespace cookieshop::http {
namespace {

// qvalue of RFC 9110, 12.4.2: "0", "0.", "0.000" mean 'not acceptable'.
bool is_zero_weight(std::string_view parameter) noexcept {
    if (parameter.size() < 3 || (parameter[0] | 0x20) != 'q' || parameter[1] != '=') return false;
    return parameter[2] == '0' && parameter.find_first_not_of("0.", 2) == std::string_view::npos;
}

// media-range [ weight ], with any parameters in between.
bool names(std::string_view range, std::string_view type) noexcept {
    if (range.empty() || !iequals(take_part(range, ';'), type)) return false;
    while (!range.empty()) {
        if (is_zero_weight(take_part(range, ';'))) return false;
    }
    return true;
}

auto find(std::span<const header_line> lines, std::string_view name) noexcept {
    const auto same = [name](std::string_view other) { return iequals(name, other); };
    return std::ranges::find_if(lines, same, &header_line::name_text);
}

}  // namespace

std::string_view request::header(field name) const noexcept {
    const auto lines = headers();
    const auto line = std::ranges::find(lines, name, &header_line::name);
    return line == lines.end() ? std::string_view{} : line->value;
}

std::string_view request::header(std::string_view name) const noexcept {
    const auto line = find(headers(), name);
    return line == headers().end() ? std::string_view{} : line->value;
}

bool request::has(field name) const noexcept {
    return std::ranges::find(headers(), name, &header_line::name) != headers().end();
}

bool request::has(std::string_view name) const noexcept {
    return find(headers(), name) != headers().end();
}

bool request::add(const header_line& line) noexcept {
    if (line_count_ == lines_.size()) return false;
    lines_[line_count_++] = line;
    return true;
}

void request::clear() noexcept {
    method = verb::unknown;
    method_text = target = path = query = host = body = {};
    version = 11;
    line_count_ = 0;
}

bool accepts(const request& request, std::string_view type) noexcept {
    for (const header_line& line : request.headers()) {
        if (line.name != field::accept) continue;
        for (std::string_view rest = line.value; !rest.empty();) {
            if (names(take_part(rest, ','), type)) return true;
        }
    }
    return false;
}

}  // namespace cookieshop::http
