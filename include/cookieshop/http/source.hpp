/// Whom a limit is about.

#pragma once

#include <boost/asio/ip/address.hpp>

#include <algorithm>

namespace cookieshop::http {

using source = boost::asio::ip::address_v6::bytes_type;

/// An IPv4 address (mapped into IPv6 or not), or an IPv6 /64, which is what one customer gets.
inline source source_of(const boost::asio::ip::address& address) {
    namespace ip = boost::asio::ip;
    const ip::address_v6 v6 =
        address.is_v4() ? make_address_v6(ip::v4_mapped, address.to_v4()) : address.to_v6();
    auto bytes = v6.to_bytes();
    if (!v6.is_v4_mapped()) std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
    return bytes;
}

}  // namespace cookieshop::http
