#include "cookieshop/session/session_data.hpp"

namespace cookieshop::session {
namespace {

// More than any size that a session's data may have.
constexpr std::size_t size_digits_max = 9;

// A netstring (D. J. Bernstein, 1997): "5:hello,". Takes one off `rest`; false where there is none. A size
// with a leading zero is refused: one content has one stored form.
bool take_netstring(std::string_view& rest, std::string_view& text) noexcept {
    std::size_t size = 0, at = 0;
    for (; at < rest.size() && rest[at] >= '0' && rest[at] <= '9'; ++at) {
        if (at == size_digits_max) return false;
        size = 10 * size + static_cast<std::size_t>(rest[at] - '0');
    }
    if (at == 0 || at == rest.size() || rest[at] != ':') return false;
    if (at > 1 && rest.front() == '0') return false;
    rest.remove_prefix(at + 1);
    if (size >= rest.size() || rest[size] != ',') return false;
    text = rest.substr(0, size);
    rest.remove_prefix(size + 1);
    return true;
}

void append_netstring(std::string& out, std::string_view text) {
    out += std::to_string(text.size());
    out += ':';
    out += text;
    out += ',';
}

}  // namespace

bool session_data::next(std::string_view& rest, std::string_view& name, std::string_view& value) noexcept {
    return take_netstring(rest, name) && take_netstring(rest, value);
}

std::optional<session_data> session_data::parse(std::string stored) {
    std::string_view rest = stored, name, value, previous;
    bool first = true;
    while (!rest.empty()) {
        if (!next(rest, name, value) || (!first && name <= previous)) return std::nullopt;
        previous = name;
        first = false;
    }
    session_data data;
    data.text_ = std::move(stored);
    return data;
}

std::optional<std::string_view> session_data::get(std::string_view wanted) const noexcept {
    std::string_view rest = text_, name, value;
    while (next(rest, name, value)) {
        if (name == wanted) return value;
    }
    return std::nullopt;
}

void session_data::set(std::string_view name, std::string_view value) {
    std::string changed;
    changed.reserve(text_.size() + name.size() + value.size() + 16);
    bool placed = false;
    const auto place = [&] {
        append_netstring(changed, name);
        append_netstring(changed, value);
        placed = true;
    };
    for_each([&](std::string_view other, std::string_view text) {
        if (other == name) return;
        if (!placed && name < other) place();
        append_netstring(changed, other);
        append_netstring(changed, text);
    });
    if (!placed) place();
    text_ = std::move(changed);
}

void session_data::erase(std::string_view name) {
    std::string changed;
    for_each([&](std::string_view other, std::string_view text) {
        if (other == name) return;
        append_netstring(changed, other);
        append_netstring(changed, text);
    });
    text_ = std::move(changed);
}

}  // namespace cookieshop::session
