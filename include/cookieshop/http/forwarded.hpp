/// What trusted proxies say of a request's client: X-Forwarded-For, X-Forwarded-Proto (ASVS 15.3.4).

#pragma once

#include "cookieshop/http/exchange.hpp"

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cookieshop::http {

/// A network, or one address. IPv4 mapped into IPv6 is IPv4.
class address_range {
public:
    /// "10.0.0.0/8", "2001:db8::/32" (RFC 4632, 3.1; RFC 4291, 2.3), "::1". Nothing for anything else, such
    /// as a range whose address has bits beyond its prefix.
    static std::optional<address_range> parse(std::string_view text);

    bool contains(const asio::ip::address& address) const noexcept;

    /// What `parse` takes.
    const std::string& text() const noexcept { return text_; }

private:
    std::string text_;
    asio::ip::address_v6::bytes_type first_{};
    unsigned prefix_ = 128;  // bits
};

/// Where the client of the exchange is one of `proxies`: makes the client that one for whom they forward, and
/// `secure` what they say. Each proxy appends the address that it was asked from: so the list is read from
/// its end, past those that are proxies too, and what stands before is what the client itself may have
/// written. An element that is no address ends it: the proxy that wrote it is the client then.
void believe(std::span<const address_range> proxies, exchange& exchange);

}  // namespace cookieshop::http
