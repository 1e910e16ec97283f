#include "cookieshop/http/forwarded.hpp"

#include "http/text.hpp"

#include <algorithm>
#include <charconv>

namespace cookieshop::http {
namespace {

namespace ip = asio::ip;

constexpr unsigned mapped_prefix = 96;

ip::address_v6::bytes_type bytes_of(const ip::address& address) noexcept {
    return (address.is_v4() ? ip::make_address_v6(ip::v4_mapped, address.to_v4()) : address.to_v6())
        .to_bytes();
}

std::optional<ip::address> parse_address(std::string_view text) {
    error_code error;
    const ip::address address = ip::make_address(std::string{text}, error);
    if (error || text.find('%') != std::string_view::npos) return std::nullopt;
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return ip::make_address_v4(ip::v4_mapped, address.to_v6());
    return address;
}

// Some proxies add the port: "192.0.2.1:4711", "[2001:db8::1]:4711".
std::optional<ip::address> parse_element(std::string_view text) {
    text = trim(text);
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        return parse_address(text.substr(1, end - 1));
    }
    if (std::ranges::count(text, ':') == 1) text = text.substr(0, text.find(':'));
    return parse_address(text);
}

bool is_one_of(std::span<const address_range> proxies, const ip::address& address) noexcept {
    return std::ranges::any_of(proxies, [&](const address_range& range) { return range.contains(address); });
}

// Takes the last element off a list.
std::string_view take_last(std::string_view& list) noexcept {
    const std::size_t comma = list.rfind(',');
    const std::string_view last = comma == std::string_view::npos ? list : list.substr(comma + 1);
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(0, comma);
    return last;
}

// False when the client is found.
bool walk_back(std::span<const address_range> proxies, std::string_view list, ip::address& client) {
    while (!list.empty()) {
        const auto address = parse_element(take_last(list));
        if (!address) return false;
        client = *address;
        if (!is_one_of(proxies, client)) return false;
    }
    return true;
}

}  // namespace

std::optional<address_range> address_range::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto address = parse_address(text.substr(0, slash));
    if (!address) return std::nullopt;
    address_range range;
    range.text_ = text;
    range.first_ = bytes_of(*address);
    const unsigned above = address->is_v4() ? mapped_prefix : 0;
    if (slash != std::string_view::npos) {
        const std::string_view digits = text.substr(slash + 1);
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), range.prefix_);
        if (error != std::errc{} || end != digits.data() + digits.size() || range.prefix_ > 128 - above)
            return std::nullopt;
        range.prefix_ += above;
    }
    for (unsigned bit = range.prefix_; bit < 128; ++bit)
        if ((range.first_[bit / 8] >> (7 - bit % 8) & 1) != 0) return std::nullopt;
    return range;
}

bool address_range::contains(const ip::address& address) const noexcept {
    const auto bytes = bytes_of(address);
    for (unsigned i = 0; i * 8 < prefix_; ++i) {
        const unsigned unused = 8 - std::min(prefix_ - i * 8, 8U);
        if ((bytes[i] ^ first_[i]) >> unused != 0) return false;
    }
    return true;
}

void believe(std::span<const address_range> proxies, exchange& exchange) {
    if (!is_one_of(proxies, exchange.client)) return;
    const std::span lines = exchange.request.headers();
    // Several lines are one list (RFC 9110, 5.3).
    bool goes_on = true;
    for (auto line = lines.rbegin(); goes_on && line != lines.rend(); ++line) {
        if (iequals(line->name_text, "X-Forwarded-For"))
            goes_on = walk_back(proxies, line->value, exchange.client);
    }
    // What the last one says: it is the one that is known to be a proxy.
    const auto scheme = std::find_if(lines.rbegin(), lines.rend(), [](const header_line& line) {
        return iequals(line.name_text, "X-Forwarded-Proto");
    });
    if (scheme == lines.rend()) return;
    std::string_view list = scheme->value;
    exchange.secure = exchange.secure || iequals(trim(take_last(list)), "https");
}

}  // namespace cookieshop::http
