#include "support/client.hpp"

#include "support/html.hpp"

#include <boost/algorithm/string/predicate.hpp>

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <utility>

namespace cookieshop::test {

namespace {

bool contains(const fields& headers, std::string_view name) {
    return std::ranges::any_of(headers, [&](const auto& field) { return boost::iequals(field.first, name); });
}

void append_encoded(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_')
            out += c;
        else
            out.append({'%', digits[byte >> 4], digits[byte & 15]});
    }
}

/// RFC 6265, 5.2 and 5.3, for a server that sets `Path=/` and no `Domain`.
struct set_cookie {
    explicit set_cookie(std::string_view line) {
        const auto pair = line.substr(0, line.find(';'));
        const auto equals = pair.find('=');
        name = pair.substr(0, equals);
        value = pair.substr(equals + 1);
        is_expired = boost::icontains(line, "; Max-Age=0") || boost::icontains(line, "01 Jan 1970");
    }
    std::string name, value;
    bool is_expired;
};

bool is_session(const cookie& cookie) {
    return cookie.name == "session" || cookie.name == "__Host-session";
}

}  // namespace

std::string encode_form(const fields& form) {
    std::string result;
    for (const auto& [name, value] : form) {
        if (!result.empty()) result += '&';
        append_encoded(result, name);
        result += '=';
        append_encoded(result, value);
    }
    return result;
}

std::string encode(const request& request, const fields& always) {
    std::string result = request.method + ' ' + request.target + " HTTP/1.1\r\n";
    fields headers = request.headers;
    for (const auto& field : always)
        if (!contains(request.headers, field.first)) headers.push_back(field);
    if (!contains(headers, "Host")) headers.emplace_back("Host", "localhost");
    if (request.method == "POST" && !contains(headers, "Content-Length"))
        headers.emplace_back("Content-Length", std::to_string(request.body.size()));
    for (const auto& [name, value] : headers) result += name + ": " + value + "\r\n";
    return result + "\r\n" + request.body;
}

answer client::send(const request& request) {
    if (wire_ && wire_->is_readable(std::chrono::milliseconds{0})) wire_.reset();  // the server closed it
    if (!wire_) wire_ = std::make_unique<wire>(port_);

    fields headers = always;
    std::string jar;
    for (const auto& cookie : cookies) jar += (jar.empty() ? "" : "; ") + cookie.name + '=' + cookie.value;
    if (!jar.empty()) headers.emplace_back("Cookie", jar);
    try {
        wire_->send(encode(request, headers));
        auto result = wire_->receive(request.method == "HEAD");
        if (boost::iequals(result.header("Connection"), "close")) wire_.reset();
        keep(result);
        return result;
    } catch (const connection_lost&) {
        wire_.reset();
        throw;
    }
}

answer client::get(std::string_view path, const fields& headers) {
    return send({"GET", std::string{path}, headers, {}});
}

answer client::post(std::string_view path, const fields& form, const fields& headers) {
    auto all = headers;
    if (!contains(all, "Content-Type")) all.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    return send({"POST", std::string{path}, all, encode_form(form)});
}

answer client::submit(const answer& page, std::string_view action, const fields& filled_in) {
    auto form = find_form(page.body, action);
    if (!form)
        throw std::runtime_error{"no form leads to " + std::string{action} + " on the page\n" + page.body};
    for (const auto& field : filled_in) {
        const auto same = std::ranges::find(form->values, field.first, &fields::value_type::first);
        if (same == form->values.end())
            form->values.push_back(field);
        else
            same->second = field.second;
    }
    return post(form->action, form->values);
}

answer client::follow(answer redirect) {
    for (int hops = 0; redirect.status == 303 && hops < 5; ++hops)
        redirect = get(redirect.header("Location"));
    return redirect;
}

client client::another_tab() const {
    client result{port_};
    result.cookies = cookies;
    result.always = always;
    return result;
}

std::string client::session() const {
    const auto found = std::ranges::find_if(cookies, is_session);
    return found == cookies.end() ? "" : found->value;
}

void client::set_session(std::string value) {
    cookies = {{"session", std::move(value)}};
}

void client::keep(const answer& answer) {
    for (const auto& line : answer.all("Set-Cookie")) {
        set_cookie change{line};
        std::erase_if(cookies, [&](const cookie& old) { return old.name == change.name; });
        if (!change.is_expired) cookies.push_back({std::move(change.name), std::move(change.value)});
    }
}

}  // namespace cookieshop::test
