/// A browser without a screen: one connection, a cookie jar, forms.

#pragma once

#include "support/wire.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace cookieshop::test {

struct cookie {
    std::string name, value;
};

struct request {
    std::string method = "GET";
    std::string target;
    fields headers;  ///< replace those that the client sends always
    std::string body;
};

/// Keeps the connection open between requests, as browsers do. Nothing is sent twice: when the server closes
/// before it answers, `connection_lost` is thrown.
class client {
public:
    explicit client(std::uint16_t port) : port_{port} {}

    answer send(const request& request);
    answer get(std::string_view path, const fields& headers = {});
    answer post(std::string_view path, const fields& form, const fields& headers = {});

    /// Fills in a form of the page that leads to `action`, and sends it. Throws when the page has none.
    answer submit(const answer& page, std::string_view action, const fields& filled_in = {});

    /// Goes where a redirect leads; any other answer is given back.
    answer follow(answer redirect);

    /// Another tab of the same browser: the cookies of now, a connection of its own.
    client another_tab() const;

    /// The value of the session cookie; empty: none.
    std::string session() const;
    void set_session(std::string value);

    std::vector<cookie> cookies;
    fields always = {{"Accept", "text/html"}, {"Sec-Fetch-Site", "same-origin"}};

private:
    void keep(const answer& answer);

    std::uint16_t port_;
    std::unique_ptr<wire> wire_;
};

/// `application/x-www-form-urlencoded`, all but letters, digits and "-._" percent-encoded.
std::string encode_form(const fields& form);

/// The bytes of a request as the client would send it, for tests that send them themselves.
std::string encode(const request& request, const fields& always = {});

}  // namespace cookieshop::test
