#include "http/cases.hpp"

#include <cstddef>
#include <utility>

namespace cookieshop::test {

namespace {

using namespace std::string_literals;

using table = std::vector<row>;

// Who found or named an attack that the standard has no section for.
constexpr const char* watchfire = "Linhart et al. 2005, HTTP Request Smuggling";
constexpr const char* klein = "Klein 2020, HTTP Request Smuggling in 2020";
constexpr const char* kettle_2019 = "Kettle 2019, HTTP Desync Attacks: TE.TE";
constexpr const char* kettle_2022 = "Kettle 2022, Browser-Powered Desync Attacks: CL.0";
constexpr const char* kettle_2025 = "Kettle 2025, HTTP/1.1 Must Die: 0.CL, Expect";
constexpr const char* te_0 = "Bugcrowd 2024, TE.0";
constexpr const char* t_reqs = "Jabiyev et al. 2021, T-Reqs";
constexpr const char* funky = "Weikop 2025, Funky chunks";
constexpr const char* h2c = "Bishop Fox 2020, h2c smuggling";

// A form that is taken only when every byte of it arrives, and none besides.
const std::string form = "cookie=linzer&quantity=1";
const std::string counted = "Content-Length: 24\r\n", chunked = "Transfer-Encoding: chunked\r\n";
const std::string one_chunk = "18\r\n" + form + "\r\n", last_chunk = "0\r\n\r\n";
const std::string in_chunks = one_chunk + last_chunk;

// What an attacker wants answered behind the back of whoever counts the requests.
const std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: shop\r\n\r\n";
const std::string smuggled_size = "Content-Length: " + std::to_string(smuggled.size()) + "\r\n";

const std::string smuggled_in_chunks = "26\r\n" + smuggled + "\r\n" + last_chunk;

std::string request(const std::string& line, const std::string& fields, const std::string& rest = {}) {
    return line + "\r\nHost: shop\r\n" + fields + "\r\n" + rest;
}
std::string line(const std::string& text) {
    return request(text, {});
}
std::string target(const std::string& text) {
    return line("GET " + text + " HTTP/1.1");
}
std::string get(const std::string& fields = {}, const std::string& rest = {}) {
    return request("GET /login HTTP/1.1", fields, rest);
}
std::string post(const std::string& fields, const std::string& rest = {}) {
    return request(
        "POST /basket HTTP/1.1", "Content-Type: application/x-www-form-urlencoded\r\n" + fields, rest
    );
}
std::string post_1_0(const std::string& fields, const std::string& rest) {
    return request(
        "POST /basket HTTP/1.0", "Content-Type: application/x-www-form-urlencoded\r\n" + fields, rest
    );
}
/// A body that is read in one way by who heeds the coding and in another by who does not.
std::string coding(const std::string& field) {
    return post(field + "\r\n", last_chunk + smuggled);
}
std::string length(const std::string& value) {
    return post("Content-Length:" + value + "\r\n", form);
}
std::string chunks(const std::string& body) {
    return post(chunked, body);
}
std::string host(const std::string& field) {
    return "GET /login HTTP/1.1\r\n" + field + "\r\n";
}
std::string many(std::size_t count, const std::string& text) {
    std::string result;
    while (count-- > 0) result += text;
    return result;
}
std::string padded_form(std::size_t size) {
    const auto start = form + "&pad=";
    return start + std::string(size - start.size(), 'a');
}
/// A header block of exactly that size.
std::string block(std::size_t size) {
    return get("X: " + std::string(size - get("X: \r\n").size(), 'a') + "\r\n");
}

constexpr std::string_view no_files =
    "No path is a file here: routes are compared segment by segment, nothing is normalised.";
constexpr std::string_view refused_too = "It is refused too, and where it ends is clear.";
constexpr std::string_view asks_for_it = "The standard asks servers to take it, and it has one reading.";

table request_lines() {
    return {
        {"a request as it should be", "RFC 9112 3", get(), "200 next"},
        {"two spaces before the target", "RFC 9112 3", line("GET  /login HTTP/1.1"), "400"},
        {"two spaces before the version", "RFC 9112 3", line("GET /login  HTTP/1.1"), "400"},
        {"a space behind the version", "RFC 9112 3", line("GET /login HTTP/1.1 "), "400"},
        {"a space before the method", "RFC 9112 3", line(" GET /login HTTP/1.1"), "400"},
        {"tabs between the parts", "RFC 9112 3", line("GET\t/login\tHTTP/1.1"), "400"},
        {"vertical tabs between the parts", "RFC 9112 3", line("GET\v/login\vHTTP/1.1"), "400"},
        {"form feeds between the parts", "RFC 9112 3", line("GET\f/login\fHTTP/1.1"), "400"},
        {"carriage returns between the parts", "RFC 9112 3", line("GET\r/login\rHTTP/1.1"), "400"},
        {"a fourth part", "RFC 9112 3", line("GET /login HTTP/1.1 HTTP/1.1"), "400"},
        {"a method alone", "RFC 9112 3", "GET\r\n\r\n", "400"},
        {"no method", "RFC 9112 3", line("/login HTTP/1.1"), "400"},
        {"no target", "RFC 9112 3", line("GET HTTP/1.1"), "400"},
        {"nonsense", "RFC 9112 3", "nonsense\r\n\r\n", "400"},
        {"NUL bytes", "RFC 9112 3", "\0\0\0\0\r\n\r\n"s, "400"},
        {"the first bytes of TLS", "RFC 9112 3", "\x16\x03\x01\x02\0\x01\0\x01\xFC\x03\x03"s, "400"},
        {"an SSH client", "RFC 9112 3", "SSH-2.0-OpenSSH_9.2\r\n", "400"},
        {"one empty line before it", "RFC 9112 2.2", "\r\n" + get(), "200 next"},
        {"four empty lines before it", "RFC 9112 2.2", many(4, "\r\n") + get(), "200 next"},
        {"five empty lines before it", "RFC 9112 2.2", many(5, "\r\n") + get(), "400"},
        {"an empty line behind a body", "RFC 9112 2.2", post(counted, form + "\r\n"), "303 next"},
        {"a bare LF before it", "RFC 9112 2.2", "\n" + get(), "400"},
        {"a bare CR before it", "RFC 9112 2.2", "\r" + get(), "400"},
        {"a byte order mark before it", "RFC 9112 3", "\xEF\xBB\xBF" + get(), "400"},

        {"HTTP/0.9", "RFC 9112 3", "GET /login\r\n\r\n", "400"},
        {"no version, with fields", "RFC 9112 3", line("GET /login"), "400"},
        {"version 0.9", "RFC 9110 15.6.6", line("GET /login HTTP/0.9"), "505"},
        {"version 1.2", "RFC 9110 15.6.6", line("GET /login HTTP/1.2"), "505"},
        {"version 1.9", klein, line("GET /login HTTP/1.9"), "505"},
        {"version 2.0", "RFC 9110 15.6.6", line("GET /login HTTP/2.0"), "505"},
        {"version 3.0", "RFC 9110 15.6.6", line("GET /login HTTP/3.0"), "505"},
        {"version 9.9", "RFC 9110 15.6.6", line("GET /login HTTP/9.9"), "505"},
        {"the preface of HTTP/2", "RFC 9113 3.4", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
        {"version 1.10", "RFC 9112 2.3", line("GET /login HTTP/1.10"), "400"},
        {"version 1.01", "RFC 9112 2.3", line("GET /login HTTP/1.01"), "400"},
        {"version 01.1", "RFC 9112 2.3", line("GET /login HTTP/01.1"), "400"},
        {"version 11", "RFC 9112 2.3", line("GET /login HTTP/11"), "400"},
        {"version 1", "RFC 9112 2.3", line("GET /login HTTP/1"), "400"},
        {"version 1.", "RFC 9112 2.3", line("GET /login HTTP/1."), "400"},
        {"version 1,1", "RFC 9112 2.3", line("GET /login HTTP/1,1"), "400"},
        {"version -1.1", "RFC 9112 2.3", line("GET /login HTTP/-1.1"), "400"},
        {"version 1.1x", "RFC 9112 2.3", line("GET /login HTTP/1.1x"), "400"},
        {"a space within the version", "RFC 9112 2.3", line("GET /login HTTP/ 1.1"), "400"},
        {"http in lower case", "RFC 9112 2.3", line("GET /login http/1.1"), "400"},
        {"HTP", "RFC 9112 2.3", line("GET /login HTP/1.1"), "400"},
        {"HTTPS", "RFC 9112 2.3", line("GET /login HTTPS/1.1"), "400"},
        {"ICY", "RFC 9112 2.3", line("GET /login ICY/1.1"), "400"},

        {"HEAD has no content", "RFC 9110 9.3.2", line("HEAD /login HTTP/1.1"), "200 next"},
        {"OPTIONS of a path", "RFC 9110 9.3.7", line("OPTIONS /login HTTP/1.1"), "204 next"},
        {"OPTIONS *", "RFC 9112 3.2.4", line("OPTIONS * HTTP/1.1"), "204 next", asks_for_it},
        {"DELETE where it is not allowed", "RFC 9110 15.5.6", line("DELETE /login HTTP/1.1"), "405 next"},
        {"PUT without a length", "RFC 9110 15.5.6", line("PUT /login HTTP/1.1"), "405"},
        {"PATCH without a length, nowhere", "RFC 9110 15.5.5", line("PATCH /nowhere HTTP/1.1"), "404"},
        {"POST without a length", "RFC 9110 15.5.12", post({}), "411"},
        {"TRACE reflects nothing", "RFC 9110 9.3.8", line("TRACE /login HTTP/1.1"), "405 next", refused_too},
        {"a method of WebDAV", "RFC 9110 15.5.6", line("PROPFIND /login HTTP/1.1"), "405 next"},
        {"CONNECT to an authority", "RFC 9110 9.3.6", line("CONNECT shop:80 HTTP/1.1"), "501"},
        {"CONNECT to a path", "RFC 9110 9.3.6", line("CONNECT /login HTTP/1.1"), "501"},
        {"an unknown method", "RFC 9110 15.6.2", line("BREW /login HTTP/1.1"), "501"},
        {"a method in lower case", "RFC 9110 9.1", line("get /login HTTP/1.1"), "501"},
        {"a method in mixed case", "RFC 9110 9.1", line("Get /login HTTP/1.1"), "501"},
        {"a method that begins like another", "RFC 9110 9.1", line("GETS /login HTTP/1.1"), "501"},
        {"a method of 60 letters", "RFC 9110 15.6.2", line(many(60, "M") + " /login HTTP/1.1"), "501"},
        {"a colon in the method", "RFC 9110 5.6.2", line("GET: /login HTTP/1.1"), "400"},
        {"a parenthesis in the method", "RFC 9110 5.6.2", line("G(T /login HTTP/1.1"), "400"},
        {"a quote in the method", "RFC 9110 5.6.2", line("\"GET\" /login HTTP/1.1"), "400"},
        {"a slash in the method", "RFC 9110 5.6.2", line("G/T /login HTTP/1.1"), "400"},
        {"a control character in the method", "RFC 9110 5.6.2", line("G\x01T /login HTTP/1.1"), "400"},
        {"NUL in the method", "RFC 9110 5.6.2", line("G\0T /login HTTP/1.1"s), "400"},
        {"a letter beyond ASCII in the method", "RFC 9110 5.6.2", line("G\xC3\x89T /login HTTP/1.1"), "400"},
    };
}

table targets() {
    return {
        {"no slash in front", "RFC 9112 3.2", target("login"), "400"},
        {"authority form", "RFC 9112 3.2.3", target("shop:80"), "400"},
        {"asterisk form", "RFC 9112 3.2.4", target("*"), "400"},
        {"OPTIONS **", "RFC 9112 3.2.4", line("OPTIONS ** HTTP/1.1"), "400"},
        {"a query alone", "RFC 9112 3.2.1", target("?x"), "400"},
        {"a fragment", "RFC 9112 3.2", target("/login#top"), "400"},
        {"a query", "RFC 9112 3.2.1", target("/login?a=b&c=d/e?f"), "200 next"},
        {"an empty query", "RFC 9112 3.2.1", target("/login?"), "200 next"},
        {"a slash more in front", "RFC 9112 3.2.1", target("//login"), "404 next"},
        {"a slash more behind", "RFC 9112 3.2.1", target("/login/"), "404 next"},
        {"a path of slashes", "RFC 9112 3.2.1", target(many(2000, "/")), "404 next"},
        {"another case", "RFC 9110 4.2.3", target("/LOGIN"), "404 next"},
        {"a path parameter", "RFC 3986 3.3", target("/login;x=y"), "404 next"},
        {"a tab", "RFC 9112 3.2", target("/lo\tgin"), "400"},
        {"a control character", "RFC 9112 3.2", target("/lo\x01gin"), "400"},
        {"DEL", "RFC 9112 3.2", target("/lo\x7Fgin"), "400"},
        {"NUL", "RFC 9112 3.2", target("/lo\0gin"s), "400"},
        {"a control character in the query", "RFC 9112 3.2", target("/login?\x01"), "400"},
        {"an unencoded letter beyond ASCII", "RFC 9112 3.2", target("/caf\xC3\xA9"), "400"},
        {"an unencoded byte that is not UTF-8", "RFC 9112 3.2", target("/caf\xE9"), "400"},
        {"an unencoded byte in the query", "RFC 9112 3.2", target("/login?caf\xC3\xA9"), "400"},
        {"a backslash", "RFC 3986 3.3", target("/..\\..\\etc\\passwd"), "404 next"},

        {"an encoded letter", "RFC 3986 2.3", target("/%6Cogin"), "200 next"},
        {"an encoded letter, lower case", "RFC 3986 2.1", target("/%6cogin"), "200 next"},
        {"decoding twice", "RFC 3986 2.4", target("/%256Cogin"), "404 next"},
        {"a word beyond ASCII", "RFC 3986 2.5", target("/caf%C3%A9"), "404 next"},
        {"a lone percent sign", "RFC 3986 2.1", target("/login%"), "400"},
        {"half an escape", "RFC 3986 2.1", target("/login%4"), "400"},
        {"an escape without digits", "RFC 3986 2.1", target("/login%zz"), "400"},
        {"an escape of another kind", "RFC 3986 2.1", target("/%u006Cogin"), "400"},
        {"encoded NUL", "RFC 3986 7.3", target("/login%00"), "400"},
        {"encoded NUL before an ending", "RFC 3986 7.3", target("/login%00.css"), "400"},
        {"an encoded line break", "RFC 3986 7.3", target("/login%0d%0aX:%20y"), "400"},
        {"an encoded line feed", "RFC 3986 7.3", target("/login%0a"), "400"},
        {"an encoded tab", "RFC 3986 7.3", target("/login%09"), "400"},
        {"encoded DEL", "RFC 3986 7.3", target("/login%7F"), "400"},
        {"an encoded slash", "RFC 3986 2.2", target("/settings%2Fsessions"), "404"},
        {"an overlong dot", "RFC 3629 3", target("/%C0%AE%C0%AE/etc/passwd"), "400"},
        {"an overlong slash", "RFC 3629 3", target("/..%E0%80%AF"), "400"},
        {"a surrogate", "RFC 3629 3", target("/%ED%A0%80"), "400"},
        {"past the last character", "RFC 3629 3", target("/%F4%90%80%80"), "400"},
        {"a byte that is not UTF-8", "RFC 3629 3", target("/%FF"), "400"},
        {"half a character", "RFC 3629 3", target("/%C3"), "400"},
        {"above the root", "RFC 3986 5.2.4", target("/../etc/passwd"), "404 next", no_files},
        {"above the root, encoded", "RFC 3986 5.2.4", target("/%2e%2e/etc/passwd"), "404 next", no_files},
        {"above the root, slash encoded", "RFC 3986 5.2.4", target("/..%2fetc%2fpasswd"), "404"},
        {"above the root, half encoded", "RFC 3986 5.2.4", target("/.%2E/etc/passwd"), "404 next", no_files},
        {"out of the assets", "RFC 3986 5.2.4", target("/assets/../../etc/passwd"), "404 next", no_files},
        {"out of the assets, encoded", "RFC 3986 5.2.4", target("/assets/..%2f..%2fschema.sql"), "404"},
        {"a detour", "RFC 3986 5.2.4", target("/cookies/../login"), "404 next"},
        {"a dot", "RFC 3986 5.2.4", target("/./login"), "404 next"},
        {"a hidden file", "RFC 3986 3.3", target("/.env"), "404 next"},

        {"absolute form", "RFC 9112 3.2.2", target("http://shop/login"), "200 next"},
        {"absolute form, upper case", "RFC 9110 4.2.3", target("HTTP://SHOP/login"), "200 next"},
        {"absolute form with a port", "RFC 9112 3.2.2", target("http://shop:80/login"), "200 next"},
        {"absolute form, IPv6", "RFC 9112 3.2.2", target("http://[::1]:80/login"), "200 next"},
        {"absolute form, another host than the field's", "RFC 9112 3.2.2", target("http://other/login"),
         "200 next"},
        {"absolute form without a path", "RFC 9112 3.2.2", target("http://shop"), "303 next"},
        {"absolute form with a query alone", "RFC 9112 3.2.2", target("http://shop?x"), "303 next"},
        {"absolute form without a host", "RFC 9110 4.2.1", target("http:///login"), "400"},
        {"absolute form with a user", "RFC 9110 4.2.4", target("http://user@shop/login"), "400"},
        {"absolute form with a backslash", "RFC 3986 3.2", target("http://shop\\@evil/login"), "400"},
        {"absolute form with a port that is none", "RFC 9110 4.2.1", target("http://shop:65536/login"),
         "400"},
        {"absolute form with half an address", "RFC 3986 3.2.2", target("http://[::1/login"), "400"},
        {"absolute form with a fragment", "RFC 9112 3.2.2", target("http://shop#x"), "400"},
        {"absolute form of another scheme", "RFC 9110 4.2", target("ftp://shop/login"), "400"},
        {"a script", "RFC 9110 4.2", target("javascript:alert(1)"), "400"},
        {"a scheme and a path", "RFC 9112 3.2.2", target("http:/login"), "400"},
        {"absolute form without the field", "RFC 9112 3.2.2", "GET http://shop/login HTTP/1.1\r\n\r\n",
         "400"},
        {"absolute form and a malformed field", "RFC 9112 3.2.2",
         "GET http://shop/login HTTP/1.1\r\nHost: a b\r\n\r\n", "400"},
    };
}

table hosts() {
    return {
        {"no Host", "RFC 9112 3.2", host({}), "400"},
        {"no Host in HTTP/1.0", "RFC 9112 3.2", "GET /login HTTP/1.0\r\n\r\n", "200"},
        {"Host twice, the same", "RFC 9112 3.2", host("Host: shop\r\nHost: shop\r\n"), "400"},
        {"Host twice", "RFC 9112 3.2", host("Host: shop\r\nHost: evil\r\n"), "400"},
        {"Host twice, other fields between", "RFC 9112 3.2", host("Host: shop\r\nX: y\r\nhOST: evil\r\n"),
         "400"},
        {"Host twice in HTTP/1.0", "RFC 9112 3.2", "GET /login HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
         "400"},
        {"an empty Host", "RFC 9112 3.2", host("Host:\r\n"), "400"},
        {"two hosts in one field", "RFC 9112 3.2", host("Host: shop, evil\r\n"), "400"},
        {"a space in Host", "RFC 9112 3.2", host("Host: shop evil\r\n"), "400"},
        {"a tab in Host", "RFC 9112 3.2", host("Host: shop\tevil\r\n"), "400"},
        {"NUL in Host", "RFC 9112 3.2", host("Host: sh\0op\r\n"s), "400"},
        {"a path in Host", "RFC 9110 7.2", host("Host: shop/evil\r\n"), "400"},
        {"a user in Host", "RFC 9110 7.2", host("Host: shop@evil\r\n"), "400"},
        {"a URI as Host", "RFC 9110 7.2", host("Host: http://shop\r\n"), "400"},
        {"a query in Host", "RFC 9110 7.2", host("Host: shop?x\r\n"), "400"},
        {"a fragment in Host", "RFC 9110 7.2", host("Host: shop#x\r\n"), "400"},
        {"a backslash in Host", "RFC 9110 7.2", host("Host: shop\\evil\r\n"), "400"},
        {"markup as Host", "RFC 9110 7.2", host("Host: <script>\r\n"), "400"},
        {"a quote in Host", "RFC 9110 7.2", host("Host: shop\"\r\n"), "400"},
        {"a letter beyond ASCII in Host", "RFC 9110 7.2", host("Host: sh\xC3\xB6p\r\n"), "400"},
        {"Host with a port", "RFC 9110 7.2", host("Host: shop:8080\r\n"), "200 next"},
        {"Host with an empty port", "RFC 3986 3.2.3", host("Host: shop:\r\n"), "200 next"},
        {"Host with a port that is a word", "RFC 3986 3.2.3", host("Host: shop:http\r\n"), "400"},
        {"Host with a negative port", "RFC 3986 3.2.3", host("Host: shop:-80\r\n"), "400"},
        {"Host with a port beyond the last", "RFC 3986 3.2.3", host("Host: shop:65536\r\n"), "400"},
        {"Host with two ports", "RFC 3986 3.2.3", host("Host: shop:80:80\r\n"), "400"},
        {"Host with a port behind spaces", "RFC 3986 3.2.3", host("Host: shop :80\r\n"), "400"},
        {"Host with a port alone", "RFC 3986 3.2.3", host("Host: :80\r\n"), "400"},
        {"an IPv6 address as Host", "RFC 3986 3.2.2", host("Host: [::1]:80\r\n"), "200 next"},
        {"half an IPv6 address as Host", "RFC 3986 3.2.2", host("Host: [::1\r\n"), "400"},
        {"a bare IPv6 address as Host", "RFC 3986 3.2.2", host("Host: ::1\r\n"), "400"},
        {"a name in brackets as Host", "RFC 3986 3.2.2", host("Host: [shop]\r\n"), "400"},
        {"a space before Host's colon", "RFC 9112 5.1", host("Host : shop\r\n"), "400"},
        {"a folded Host", "RFC 9112 5.2", host("Host:\r\n shop\r\n"), "400"},
        {"hosts for proxies change nothing", "RFC 9110 7.2",
         get("X-Forwarded-Host: evil\r\nX-Host: evil\r\n"), "200 next"},
    };
}

table fields() {
    return {
        {"a space before the colon", "RFC 9112 5.1", get("X : y\r\n"), "400"},
        {"a tab before the colon", "RFC 9112 5.1", get("X\t: y\r\n"), "400"},
        {"a space in a name", "RFC 9110 5.6.2", get("X y: z\r\n"), "400"},
        {"a line without a colon", "RFC 9112 5", get("nothing\r\n"), "400"},
        {"a name without an end", "RFC 9112 5", get("X\r\nY: z\r\n"), "400"},
        {"no name", "RFC 9112 5", get(": y\r\n"), "400"},
        {"a colon alone", "RFC 9112 5", get(":\r\n"), "400"},
        {"a parenthesis in a name", "RFC 9110 5.6.2", get("X(): y\r\n"), "400"},
        {"a slash in a name", "RFC 9110 5.6.2", get("X/y: z\r\n"), "400"},
        {"an at sign in a name", "RFC 9110 5.6.2", get("X@y: z\r\n"), "400"},
        {"a bracket in a name", "RFC 9110 5.6.2", get("X[]: y\r\n"), "400"},
        {"a quote in a name", "RFC 9110 5.6.2", get("\"X\": y\r\n"), "400"},
        {"a letter beyond ASCII in a name", "RFC 9110 5.6.2", get("N\xC3\xA4me: y\r\n"), "400"},
        {"a control character in a name", "RFC 9110 5.6.2", get("X\x01: y\r\n"), "400"},
        {"NUL in a name", "RFC 9110 5.6.2", get("X\0: y\r\n"s), "400"},
        {"a bare CR in a name", "RFC 9112 2.2", get("X\ry: z\r\n"), "400"},
        {"every sign that a name may have", "RFC 9110 5.6.2", get("X!#$%&'*+-.^_`|~9: y\r\n"), "200 next"},
        {"a folded line", "RFC 9112 5.2", get("X: y\r\n z\r\n"), "400"},
        {"a line folded with a tab", "RFC 9112 5.2", get("X: y\r\n\tz\r\n"), "400"},
        {"a line folded into nothing", "RFC 9112 5.2", get("X: y\r\n \r\n"), "400"},
        {"white space before the first field", "RFC 9112 2.2", "GET /login HTTP/1.1\r\n Host: shop\r\n\r\n",
         "400"},
        {"NUL in a value", "RFC 9110 5.5", get("X: \0\r\n"s), "400"},
        {"a control character in a value", "RFC 9110 5.5", get("X: \x01\r\n"), "400"},
        {"a vertical tab in a value", "RFC 9110 5.5", get("X: a\vb\r\n"), "400"},
        {"an escape character in a value", "RFC 9110 5.5", get("X: \x1B[2J\r\n"), "400"},
        {"DEL in a value", "RFC 9110 5.5", get("X: \x7F\r\n"), "400"},
        {"a bare CR in a value", "RFC 9112 2.2", get("X: a\rb\r\n"), "400"},
        {"a bare CR, then a field", klein, get("X: a\rContent-Length: 24\r\n"), "400"},
        {"a bare LF in a value", "RFC 9112 2.2", get("X: a\nY: b\r\n"), "400"},
        {"CR CR LF", "RFC 9112 2.2", get("X: y\r\r\n"), "400"},
        {"LF CR", "RFC 9112 2.2", get("X: y\n\r"), "400"},
        {"lines that end in LF", "RFC 9112 2.2", "GET /login HTTP/1.1\nHost: shop\n\n", "400"},
        {"an empty line that is a bare LF", "RFC 9112 2.2", "GET /login HTTP/1.1\r\nHost: shop\r\n\n", "400"},
        {"lines that end in CR", "RFC 9112 2.2", "GET /login HTTP/1.1\rHost: shop\r\r", "400"},
        {"an empty line that is a bare CR", "RFC 9112 2.2", "GET /login HTTP/1.1\r\nHost: shop\r\n\rGET",
         "400"},
        {"bytes beyond ASCII in a value", "RFC 9110 5.5", get("X: \xC3\xA4\xFF\r\n"), "200 next"},
        {"a tab in a value", "RFC 9110 5.5", get("X: a\tb\r\n"), "200 next"},
        {"an empty value", "RFC 9110 5.5", get("X:\r\nY: \r\n"), "200 next"},
        {"white space around a value", "RFC 9112 5.1",
         get("X:" + many(500, " \t") + "y" + many(500, " \t") + "\r\n"), "200 next"},
        {"names in other case", "RFC 9110 5.1", "GET /login HTTP/1.1\r\nhOST: shop\r\n\r\n", "200 next"},
        {"other methods in fields change nothing", "RFC 9110 9.1", get("X-HTTP-Method-Override: DELETE\r\n"),
         "200 next"},
        {"other paths in fields change nothing", "RFC 9110 7.1", get("X-Original-URL: /smuggled\r\n"),
         "200 next"},
        {"parts of a file are not for pages", "RFC 9110 14.2", get("Range: bytes=0-0\r\n"), "200 next"},
        {"a thousand ranges", "RFC 9110 17.15", get("Range: bytes=0-" + many(1000, ",0-") + "\r\n"),
         "200 next"},

        {"64 fields", "RFC 9110 5.4", get(many(63, "X: y\r\n")), "200 next"},
        {"65 fields", "RFC 6585 5", get(many(64, "X: y\r\n")), "431"},
        {"10,000 fields", "RFC 6585 5", get(many(10'000, "X:\r\n")), "431"},
        {"a block of 8 KiB", "RFC 9110 5.4", block(8192), "200 next"},
        {"a block of a byte more", "RFC 6585 5", block(8193), "431"},
        {"a value of 64 KiB", "RFC 6585 5", get("X: " + many(65'536, "a") + "\r\n"), "431"},
        {"a value of 256 KiB", "RFC 6585 5", get("X: " + many(262'144, "a") + "\r\n"), "431"},
        {"a name of 9,000 letters", "RFC 6585 5", get(many(9000, "X") + ": y\r\n"), "431"},
        {"a cookie of 9,000 letters", "RFC 6585 5", get("Cookie: a=" + many(9000, "a") + "\r\n"), "431"},
        {"a block without an end", "RFC 6585 5", "GET /login HTTP/1.1\r\nX: " + many(20'000, "a"), "431"},
        {"a path of 9,000 letters", "RFC 9110 15.5.15", target("/" + many(9000, "a")), "414"},
        {"a path of 64 KiB", "RFC 9110 15.5.15", target("/" + many(65'536, "a")), "414"},
        {"a query of 9,000 letters", "RFC 9110 15.5.15", target("/login?" + many(9000, "a")), "414"},
        {"a method of 9,000 letters", "RFC 9112 3", line(many(9000, "M") + " /login HTTP/1.1"), "414"},
        {"a first line without an end", "RFC 9112 3", many(20'000, "a"), "414"},
    };
}

table lengths() {
    const auto body_of = [](std::size_t size) {
        return post("Content-Length: " + std::to_string(size) + "\r\n", padded_form(size));
    };
    return {
        {"a length", "RFC 9110 8.6", length(" 24"), "303 next"},
        {"no space before the length", "RFC 9112 5.1", length("24"), "303 next"},
        {"spaces around the length", "RFC 9112 5.1", length("   24   "), "303 next"},
        {"zeros before the length", "RFC 9110 8.6", length(" 0024"), "303 next"},
        {"a tab before the length", "RFC 9112 5.1", length("\t24"), "400"},
        {"a tab behind the length", "RFC 9112 5.1", length(" 24\t"), "400"},
        {"the length twice, the same", "RFC 9112 6.3", post(counted + counted, form), "400"},
        {"the length twice", "RFC 9112 6.3", post("Content-Length: 0\r\n" + counted, form), "400"},
        {"the length twice, the other way", watchfire, post(counted + "Content-Length: 0\r\n", form), "400"},
        {"the length twice, apart", "RFC 9112 6.3", post(counted + "X: y\r\ncontent-length: 5\r\n", form),
         "400"},
        {"the length twice in a field, the same", "RFC 9110 8.6", length(" 24, 24"), "400"},
        {"two lengths in a field", "RFC 9110 8.6", length(" 24, 0"), "400"},
        {"a comma behind the length", "RFC 9110 8.6", length(" 24,"), "400"},
        {"a comma before the length", "RFC 9110 8.6", length(" ,24"), "400"},
        {"a plus sign", "RFC 9110 8.6", length(" +24"), "400"},
        {"a minus sign", "RFC 9110 8.6", length(" -24"), "400"},
        {"minus zero", "RFC 9110 8.6", post("Content-Length: -0\r\n", smuggled), "400"},
        {"a hexadecimal length", "RFC 9110 8.6", length(" 0x18"), "400"},
        {"a length with a fraction", "RFC 9110 8.6", length(" 24.0"), "400"},
        {"a length with an exponent", "RFC 9110 8.6", length(" 24e0"), "400"},
        {"a length with an underscore", "RFC 9110 8.6", length(" 2_4"), "400"},
        {"a length with a space", "RFC 9110 8.6", length(" 2 4"), "400"},
        {"a length with a parameter", "RFC 9110 8.6", length(" 24;x=y"), "400"},
        {"a length in quotes", "RFC 9110 8.6", length(" \"24\""), "400"},
        {"a length in Arabic digits", "RFC 9110 8.6", length(" \xD9\xA2\xD9\xA4"), "400"},
        {"a length behind a no-break space", t_reqs,
         length(" \xA0"
                "24"),
         "400"},
        {"a length behind a vertical tab", t_reqs, length(" \v24"), "400"},
        {"a length and NUL", t_reqs, length(" 24\0"s), "400"},
        {"a length and a bare CR", t_reqs, length(" 24\r0"), "400"},
        {"an empty length", "RFC 9110 8.6", length(""), "400"},
        {"a length that is a word", "RFC 9110 8.6", length(" x"), "400"},
        {"a length that overflows into ours", "RFC 9110 8.6", length(" 18446744073709551640"), "400"},
        {"a length of 200 digits", "RFC 9110 8.6", length(" " + many(200, "9")), "400"},
        {"a length past 32 bits", "RFC 9110 15.5.14", length(" 4294967320"), "413"},
        {"a length past 63 bits", "RFC 9110 15.5.14", length(" 9223372036854775808"), "413"},
        {"a space before the length's colon", "RFC 9112 5.1", post("Content-Length : 24\r\n", form), "400"},
        {"a word before the length's colon", klein, post("Content-Length abcde: 24\r\n", form), "400"},
        {"a folded length", kettle_2025, length("\r\n 24"), "400"},
        {"a length folded to be more", "RFC 9112 5.2", length(" 2\r\n 4"), "400"},
        {"a length's name with an underscore is another", t_reqs, get("Content_Length: 24\r\n"), "200 next"},
        {"a length's name with a bare CR", klein, get("Content-Length\r: 24\r\n", form), "400"},

        {"the body of a GET is not the next request", watchfire, get(smuggled_size, smuggled), "200 next"},
        {"the body of a HEAD is not the next request", watchfire,
         request("HEAD /login HTTP/1.1", smuggled_size, smuggled), "200 next"},
        {"the body of an OPTIONS is not the next request", kettle_2022,
         request("OPTIONS /login HTTP/1.1", smuggled_size, smuggled), "204 next"},
        {"the body of a DELETE is not the next request", kettle_2022,
         request("DELETE /login HTTP/1.1", smuggled_size, smuggled), "405 next"},
        {"the body of a TRACE is not the next request", "RFC 9110 9.3.8",
         request("TRACE /login HTTP/1.1", smuggled_size, smuggled), "405 next", refused_too},
        {"the body of a POST to a static file is not the next request", kettle_2022,
         request("POST /assets/shop.css HTTP/1.1", smuggled_size, smuggled), "405 next"},
        {"the body of a POST to nowhere is not the next request", kettle_2022,
         request("POST /nowhere HTTP/1.1", smuggled_size, smuggled), "404 next"},
        {"the body of a redirected GET is not the next request", kettle_2022,
         request("GET / HTTP/1.1", smuggled_size, smuggled), "303 next"},
        {"the body of another type is not the next request", kettle_2022,
         request("POST /basket HTTP/1.1", smuggled_size, smuggled), "415 next"},
        {"the body of another site's form is not the next request", kettle_2022,
         post("Sec-Fetch-Site: cross-site\r\n" + smuggled_size, smuggled), "403 next"},
        {"a length of zero, then a request", "RFC 9112 9.3.2", post("Content-Length: 0\r\n", smuggled),
         "422 404 next"},
        {"more than the length", "RFC 9112 6.3", post(counted, form + "&x"), "303 501"},
        {"a length in HTTP/1.0", "RFC 9112 6.3", post_1_0(counted, form), "303"},
        {"the least of a body", "RFC 9112 6.3", post("Content-Length: 1\r\n", "a"), "422 next"},
        {"a body of 64 KiB", "RFC 9110 15.5.14", body_of(65'536), "303 next"},
        {"a body of a byte more", "RFC 9110 15.5.14", body_of(65'537), "413"},
    };
}

table codings() {
    const auto both = [](const std::string& first, const std::string& second, const std::string& body) {
        return post(first + second, body);
    };
    return {
        {"chunked", "RFC 9112 7.1", post(chunked, in_chunks), "303 next"},
        {"chunked in upper case", "RFC 9112 7", post("TRANSFER-ENCODING: CHUNKED\r\n", in_chunks),
         "303 next"},
        {"chunked without a space", "RFC 9112 5.1", post("Transfer-Encoding:chunked\r\n", in_chunks),
         "303 next"},
        {"the body of a chunked GET is not the next request", te_0, get(chunked, smuggled_in_chunks),
         "200 next"},
        {"the body of a chunked OPTIONS is not the next request", te_0,
         request("OPTIONS / HTTP/1.1", chunked, smuggled_in_chunks), "204 next"},
        {"the body of a chunked HEAD is not the next request", te_0,
         request("HEAD /login HTTP/1.1", chunked, smuggled_in_chunks), "200 next"},
        {"the body of a chunked DELETE is not the next request", te_0,
         request("DELETE /login HTTP/1.1", chunked, smuggled_in_chunks), "405 next"},
        {"a length and chunked: CL.TE", "RFC 9112 6.1, 11.2",
         both(smuggled_size, chunked, last_chunk + smuggled), "400"},
        {"chunked and a length: TE.CL", "RFC 9112 6.1, 11.2",
         both(chunked, "Content-Length: 4\r\n", in_chunks), "400"},
        {"a length of zero and chunked", "RFC 9112 6.1", both("Content-Length: 0\r\n", chunked, in_chunks),
         "400"},
        {"a length and chunked that agree", "RFC 9112 6.1",
         both("Content-Length: 5\r\n", chunked, last_chunk), "400"},
        {"a GET with both", watchfire, get("Content-Length: 5\r\n" + chunked, last_chunk), "400"},
        {"both in HTTP/1.0", "RFC 9112 6.1", post_1_0("Content-Length: 5\r\n" + chunked, last_chunk), "400"},
        {"chunked in HTTP/1.0", "RFC 9112 6.1", post_1_0(chunked, in_chunks), "400"},
        {"chunked in HTTP/1.0 that is kept", "RFC 9112 6.1",
         post_1_0("Connection: keep-alive\r\n" + chunked, last_chunk + smuggled), "400"},
        {"a length and an unknown coding", kettle_2019, both(counted, "Transfer-Encoding: x\r\n", form),
         "400"},
        {"a length and an empty coding", kettle_2019, both(counted, "Transfer-Encoding:\r\n", form), "400"},
        {"a length and identity", "RFC 9112 7", both(counted, "Transfer-Encoding: identity\r\n", form),
         "400"},
        {"identity", "RFC 9112 7", coding("Transfer-Encoding: identity"), "400"},
        {"identity, chunked", "RFC 9112 7", coding("Transfer-Encoding: identity, chunked"), "400"},
        {"chunked, identity", "RFC 9112 6.3", coding("Transfer-Encoding: chunked, identity"), "400"},
        {"chunked, chunked", "RFC 9112 6.1", coding("Transfer-Encoding: chunked, chunked"), "400"},
        {"gzip", "RFC 9112 6.1", coding("Transfer-Encoding: gzip"), "501"},
        {"gzip, chunked", "RFC 9112 6.1", coding("Transfer-Encoding: gzip, chunked"), "501"},
        {"chunked, gzip", "RFC 9112 6.3", coding("Transfer-Encoding: chunked, gzip"), "400"},
        {"an empty coding", "RFC 9112 6.1", coding("Transfer-Encoding:"), "400"},
        {"a comma alone", "RFC 9112 6.1", coding("Transfer-Encoding: ,"), "400"},
        {"a comma before chunked", "RFC 9112 6.1", coding("Transfer-Encoding: , chunked"), "400"},
        {"a comma behind chunked", "RFC 9112 6.1", coding("Transfer-Encoding: chunked,"), "400"},
        {"chunked twice", kettle_2019, coding("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
         "400"},
        {"chunked, then another", kettle_2019, coding("Transfer-Encoding: chunked\r\nTransfer-Encoding: x"),
         "400"},
        {"another, then chunked", kettle_2019, coding("Transfer-Encoding: x\r\nTransfer-Encoding: chunked"),
         "501"},
        {"a letter before chunked", kettle_2019, coding("Transfer-Encoding: xchunked"), "501"},
        {"a letter behind chunked", kettle_2019, coding("Transfer-Encoding: chunkedx"), "501"},
        {"a part of chunked", kettle_2019, coding("Transfer-Encoding: chunk"), "501"},
        {"chunked in quotes", kettle_2019, coding("Transfer-Encoding: \"chunked\""), "501"},
        {"chunked with a parameter", "RFC 9112 7", coding("Transfer-Encoding: chunked;x=y"), "501"},
        {"chunked with a weight", "RFC 9112 7", coding("Transfer-Encoding: chunked;q=1"), "501"},
        {"words with a space", kettle_2019, coding("Transfer-Encoding: x chunked"), "501"},
        {"a tab before chunked", kettle_2019, coding("Transfer-Encoding:\tchunked"), "400"},
        {"a tab behind chunked", kettle_2019, coding("Transfer-Encoding: chunked\t"), "400"},
        {"a vertical tab before chunked", kettle_2019, coding("Transfer-Encoding: \vchunked"), "400"},
        {"a form feed before chunked", kettle_2019, coding("Transfer-Encoding: \fchunked"), "400"},
        {"a no-break space before chunked", kettle_2019,
         coding("Transfer-Encoding: \xA0"
                "chunked"),
         "501"},
        {"a byte beyond ASCII behind chunked", kettle_2019, coding("Transfer-Encoding: chunked\xFF"), "501"},
        {"NUL before chunked", kettle_2019, coding("Transfer-Encoding: \0chunked"s), "400"},
        {"NUL behind chunked", kettle_2019, coding("Transfer-Encoding: chunked\0"s), "400"},
        {"a bare CR behind chunked", kettle_2019, coding("Transfer-Encoding: chunked\r"), "400"},
        {"a space before the coding's colon", kettle_2019, coding("Transfer-Encoding : chunked"), "400"},
        {"a tab before the coding's colon", kettle_2019, coding("Transfer-Encoding\t: chunked"), "400"},
        {"a line break before the coding's colon", kettle_2019, coding("Transfer-Encoding\r\n : chunked"),
         "400"},
        {"a space before the coding's name", kettle_2019, coding(" Transfer-Encoding: chunked"), "400"},
        {"a coding behind a bare LF", kettle_2019, coding("X: y\nTransfer-Encoding: chunked"), "400"},
        {"a coding behind a bare CR", kettle_2019, coding("X: y\rTransfer-Encoding: chunked"), "400"},
        {"a coding behind a NUL", kettle_2019, coding("X: y\0Transfer-Encoding: chunked"s), "400"},
        {"a folded coding", kettle_2019, coding("Transfer-Encoding:\r\n chunked"), "400"},
        {"a coding folded behind a value", kettle_2019, coding("X: y\r\n Transfer-Encoding: chunked"), "400"},
        {"a coding without a colon", kettle_2019, coding("Transfer-Encoding chunked"), "400"},
        {"a coding's name with an underscore is another", t_reqs,
         both(counted, "Transfer_Encoding: chunked\r\n", form), "303 next"},
        {"a coding's name as another field's value", t_reqs,
         both(counted, "X: Transfer-Encoding: chunked\r\n", form), "303 next"},
        {"a content coding is no transfer coding", "RFC 9110 8.4",
         both(counted, "Content-Encoding: chunked\r\n", form), "415 next"},
        {"codings that the client takes", "RFC 9110 10.1.4", both(counted, "TE: trailers, chunked\r\n", form),
         "303 next"},
        {"framing fields that are named as hop-by-hop", "RFC 9110 7.6.1",
         both(counted, "Connection: Content-Length, Host\r\n", form), "303 next"},
        {"a coding that is named as hop-by-hop", "RFC 9110 7.6.1",
         both("Connection: Transfer-Encoding\r\n", chunked, in_chunks), "303 next"},
    };
}

table chunk_rows() {
    const auto sized = [](const std::string& size) {
        return chunks(size + "\r\n" + form + "\r\n" + last_chunk);
    };
    const auto extended = [](const std::string& extension) {
        return chunks("18" + extension + "\r\n" + form + "\r\n" + last_chunk);
    };
    const auto trailed = [](const std::string& trailers) {
        return chunks(one_chunk + "0\r\n" + trailers + "\r\n");
    };
    const std::string each_alone = [] {
        std::string all;
        for (const char c : form) all += "1\r\n"s + c + "\r\n";
        return all;
    }();
    return {
        {"two chunks", "RFC 9112 7.1", chunks("A\r\ncookie=lin\r\ne\r\nzer&quantity=1\r\n" + last_chunk),
         "303 next"},
        {"a chunk a byte", "RFC 9112 7.1", chunks(each_alone + last_chunk), "303 next"},
        {"10,000 chunks of a byte", "RFC 9112 7.1",
         chunks(one_chunk + "5\r\n&pad=\r\n" + many(10'000, "1\r\na\r\n") + last_chunk), "303 next"},
        {"no chunk but the last", "RFC 9112 7.1", chunks(last_chunk), "422 next"},
        {"zeros before a size", "RFC 9112 7.1", sized("000018"), "303 next"},
        {"several zeros as the last size", "RFC 9112 7.1", chunks(one_chunk + "0000\r\n\r\n"), "303 next"},
        {"a size of nine digits", "RFC 9112 7.1", sized("000000018"), "400"},
        {"a size that overflows 32 bits into ours", "RFC 9112 7.1", sized("100000018"), "400"},
        {"a size that overflows 64 bits into ours", "RFC 9112 7.1", sized("10000000000000018"), "400"},
        {"the largest size of 64 bits", "RFC 9112 7.1", sized("FFFFFFFFFFFFFFFF"), "400"},
        {"the largest size of 63 bits", "RFC 9112 7.1", sized("7FFFFFFFFFFFFFFF"), "400"},
        {"a size of 1,000 digits", "RFC 9112 7.1", sized(many(1000, "0") + "18"), "400"},
        {"a size of 31 bits", "RFC 9110 15.5.14", sized("7FFFFFFF"), "413"},
        {"a size with 0x", "RFC 9112 7.1", sized("0x18"), "400"},
        {"a size with h", "RFC 9112 7.1", sized("18h"), "400"},
        {"a size with a plus sign", "RFC 9112 7.1", sized("+18"), "400"},
        {"a size with a minus sign", "RFC 9112 7.1", sized("-18"), "400"},
        {"a size with an underscore", "RFC 9112 7.1", sized("1_8"), "400"},
        {"a size with a fraction", "RFC 9112 7.1", sized("18.0"), "400"},
        {"a size in quotes", "RFC 9112 7.1", sized("\"18\""), "400"},
        {"a space before a size", "RFC 9112 7.1", sized(" 18"), "400"},
        {"a tab before a size", "RFC 9112 7.1", sized("\t18"), "400"},
        {"a space behind a size", "RFC 9112 7.1", sized("18 "), "400"},
        {"a tab behind a size", "RFC 9112 7.1", sized("18\t"), "400"},
        {"a space within a size", "RFC 9112 7.1", sized("1 8"), "400"},
        {"NUL behind a size", "RFC 9112 7.1", sized("18\0"s), "400"},
        {"no size", "RFC 9112 7.1", sized(""), "400"},
        {"a size that is a word", "RFC 9112 7.1", sized("x"), "400"},
        {"a comma behind a size", "RFC 9112 7.1", sized("18,18"), "400"},
        {"a bare LF behind a size", funky, chunks("18\n" + form + "\r\n" + last_chunk), "400"},
        {"a bare CR behind a size", funky, chunks("18\r" + form + "\r\n" + last_chunk), "400"},
        {"CR CR LF behind a size", funky, sized("18\r"), "400"},
        {"a bare LF behind the last size", funky, chunks(one_chunk + "0\n\n"), "400"},
        {"a bare CR behind the last size", funky, chunks(one_chunk + "0\r\r"), "400"},

        {"an extension", "RFC 9112 7.1.1", extended(";a=b"), "303 next"},
        {"an extension in quotes", "RFC 9112 7.1.1", extended(";a=\"b;c\""), "303 next"},
        {"an extension without a value", "RFC 9112 7.1.1", extended(";a"), "303 next"},
        {"an empty extension", "RFC 9112 7.1.1", extended(";"), "303 next"},
        {"an extension without a name", "RFC 9112 7.1.1", extended(";=b"), "303 next"},
        {"a space before an extension", "RFC 9112 7.1.1", extended(" ;a=b"), "400"},
        {"an extension of the last chunk", "RFC 9112 7.1.1", chunks(one_chunk + "0;a=b\r\n\r\n"), "303 next"},
        {"a bare LF in an extension: TERM.EXT", funky,
         chunks("1;\n" + form.substr(0, 1) + "\r\n17\r\n" + form.substr(1) + "\r\n" + last_chunk), "400"},
        {"a bare LF behind an extension", funky, chunks("18;a\n" + form + "\r\n" + last_chunk), "400"},
        {"a bare CR in an extension: EXT.TERM", funky, extended(";a\rb"), "400"},
        {"a bare LF in a quoted extension", funky, extended(";a=\"\n\""), "400"},
        {"CR LF in a quoted extension", funky, extended(";a=\"\r\n\""), "400"},
        {"NUL in an extension", "RFC 9112 7.1.1", extended(";a\0b"s), "400"},
        {"a control character in an extension", "RFC 9112 7.1.1", extended(";a\x01"), "400"},
        {"an extension of 100,000 letters", "RFC 9112 7.1.1", extended(";" + many(100'000, "a")), "400"},
        {"1,000 extensions", "RFC 9112 7.1.1", extended(many(4000, ";a=b")), "400"},
        {"many chunks with extensions", "RFC 9112 7.1.1",
         chunks(many(1000, "1;abcdefgh\r\na\r\n") + last_chunk), "400"},

        {"no line end behind a chunk", "RFC 9112 7.1", chunks("18\r\n" + form + last_chunk), "400"},
        {"a bare LF behind a chunk: ONE.TWO", funky, chunks("18\r\n" + form + "\n" + last_chunk), "400"},
        {"a bare CR behind a chunk", funky, chunks("18\r\n" + form + "\r" + last_chunk), "400"},
        {"LF CR behind a chunk", funky, chunks("18\r\n" + form + "\n\r" + last_chunk), "400"},
        {"two other bytes behind a chunk: TERM.SPILL", funky, chunks("18\r\n" + form + "xx" + last_chunk),
         "400"},
        {"a byte more than its size: SPILL.TERM", funky, chunks("18\r\n" + form + "x\r\n" + last_chunk),
         "400"},
        {"another line end behind a chunk", funky, chunks(one_chunk + "\r\n" + last_chunk), "400"},
        {"a size one too large: TWO.ONE", funky, chunks("19\r\n" + form + "\r\n" + last_chunk), "400"},
        {"a size two too large: TWO.ZERO", funky, chunks("1a\r\n" + form + "\r\n" + last_chunk), "400"},
        {"a size one too small", funky, chunks("17\r\n" + form + "\r\n" + last_chunk), "400"},
        {"64 KiB in chunks", "RFC 9110 15.5.14",
         chunks("10000\r\n" + padded_form(65'536) + "\r\n" + last_chunk), "303 next"},
        {"a byte more in a chunk", "RFC 9110 15.5.14",
         chunks("10001\r\n" + padded_form(65'537) + "\r\n" + last_chunk), "413"},
        {"a byte more in another chunk", "RFC 9110 15.5.14",
         chunks("10000\r\n" + padded_form(65'536) + "\r\n1\r\na\r\n" + last_chunk), "413"},

        {"a trailer", "RFC 9112 7.1.2", trailed("X: y\r\n"), "303 next"},
        {"a trailer without a value", "RFC 9112 7.1.2", trailed("X:\r\n"), "303 next"},
        {"a trailer that names a length", "RFC 9110 6.5.1", trailed("Content-Length: 5\r\n"), "303 next"},
        {"a trailer that names a coding", "RFC 9110 6.5.1", trailed(chunked), "303 next"},
        {"a trailer that names a host", "RFC 9110 6.5.1", trailed("Host: evil\r\n"), "303 next"},
        {"a trailer that closes", "RFC 9110 6.5.1", trailed("Connection: close\r\n"), "303 next"},
        {"a trailer that authenticates", "RFC 9110 6.5.1", trailed("Cookie: session=x\r\n"), "303 next"},
        {"a folded trailer", "RFC 9112 5.2", trailed("X: y\r\n z\r\n"), "400"},
        {"a trailer folded with a tab", "RFC 9112 5.2", trailed("X: y\r\n\tz\r\n"), "400"},
        {"white space before the trailers", "RFC 9112 5.2", trailed(" X: y\r\n"), "400"},
        {"a trailer without a colon", "RFC 9112 5", trailed("nothing\r\n"), "400"},
        {"a trailer without a name", "RFC 9112 5", trailed(": y\r\n"), "400"},
        {"a space before a trailer's colon", "RFC 9112 5.1", trailed("X : y\r\n"), "400"},
        {"a trailer that ends in LF", "RFC 9112 2.2", trailed("X: y\n"), "400"},
        {"a bare LF behind the trailers", funky, chunks(one_chunk + "0\r\nX: y\r\n\n"), "400"},
        {"a bare CR in a trailer", "RFC 9112 2.2", trailed("X: y\rz\r\n"), "400"},
        {"NUL in a trailer", "RFC 9110 5.5", trailed("X: \0\r\n"s), "400"},
        {"a letter beyond ASCII in a trailer's name", "RFC 9110 5.6.2", trailed("\xC3\xA4: y\r\n"), "400"},
        {"a request in place of the trailers", "RFC 9112 7.1.2", chunks(one_chunk + "0\r\n" + smuggled),
         "400"},
        {"a trailer of 5,000 letters", "RFC 9112 7.1.2", trailed("X: " + many(5000, "a") + "\r\n"), "400"},
        {"64 trailers", "RFC 9112 7.1.2", trailed(many(64, "X: y\r\n")), "303 next"},
        {"5,000 trailers", "RFC 9112 7.1.2", trailed(many(5000, "X: y\r\n")), "400"},
    };
}

table connections() {
    const auto connection = [](const std::string& options) { return get("Connection: " + options + "\r\n"); };
    const auto old = [](const std::string& fields) { return request("GET /login HTTP/1.0", fields); };
    return {
        {"close", "RFC 9112 9.6", connection("close") + smuggled, "200"},
        {"close in upper case", "RFC 9110 7.6.1", connection("CLOSE") + smuggled, "200"},
        {"close and keep-alive", "RFC 9112 9.3", connection("close, keep-alive") + smuggled, "200"},
        {"keep-alive and close", "RFC 9112 9.3", connection("keep-alive, close") + smuggled, "200"},
        {"keep-alive and close on two lines", "RFC 9112 9.3",
         get("Connection: keep-alive\r\nConnection: close\r\n"), "200"},
        {"close and keep-alive on two lines", "RFC 9112 9.3",
         get("Connection: close\r\nConnection: keep-alive\r\n"), "200"},
        {"keep-alive", "RFC 9112 9.3", connection("keep-alive"), "200 next"},
        {"an unknown option", "RFC 9110 7.6.1", connection("closed, x"), "200 next"},
        {"no option", "RFC 9110 7.6.1", connection(""), "200 next"},
        {"1.0 is closed", "RFC 9112 9.3", old({}) + smuggled, "200"},
        {"1.0 is kept when it asks", "RFC 9112 9.3", old("Connection: keep-alive\r\n"), "200 next"},
        {"1.0 is closed when it asks for both", "RFC 9112 9.3", old("Connection: keep-alive, close\r\n"),
         "200"},
        {"1.0 with what is for proxies is closed", "RFC 9112 C.2.2", old("Proxy-Connection: keep-alive\r\n"),
         "200"},
        {"1.0 is kept behind a body", "RFC 9112 9.3", post_1_0("Connection: keep-alive\r\n" + counted, form),
         "303 next"},
        {"an upgrade to HTTP/2 is ignored", h2c,
         get("Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nConnection: Upgrade, HTTP2-Settings\r\n"),
         "200 next"},
        {"an upgrade to WebSocket is ignored", "RFC 9110 7.8",
         get("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
             "AAAAAAAAAAAAAAAAAAAAAA==\r\n"),
         "200 next"},
        {"an upgrade hides no second request", h2c, get("Upgrade: h2c\r\nConnection: Upgrade\r\n", smuggled),
         "200 404 next"},

        {"three requests at once", "RFC 9112 9.3.2", get() + target("/nowhere") + get(), "200 404 200 next"},
        {"a hundred requests at once", "RFC 9112 9.3.2", many(100, get()), "200 x 100 next"},
        {"a form behind a page", "RFC 9112 9.3.2", get() + post(counted, form) + get(), "200 303 200 next"},
        {"chunks behind chunks", "RFC 9112 9.3.2", chunks(in_chunks) + chunks(in_chunks), "303 x 2 next"},
        {"what is malformed ends it", "RFC 9112 9.3.2", get() + "nonsense\r\n\r\n" + smuggled, "200 400"},
        {"nothing is answered behind ambiguous framing", "RFC 9112 6.3",
         post(chunked + counted, form) + smuggled, "400"},
        {"nothing is answered behind a fault in the chunks", "RFC 9112 7.1", chunks("x\r\n") + smuggled,
         "400"},

        {"100-continue", "RFC 9110 10.1.1", post("Expect: 100-continue\r\n" + counted, form),
         "(100) 303 next"},
        {"100-continue in upper case", "RFC 9110 10.1.1", post("Expect: 100-CONTINUE\r\n" + counted, form),
         "(100) 303 next"},
        {"100-continue with chunks", "RFC 9110 10.1.1", post("Expect: 100-continue\r\n" + chunked, in_chunks),
         "(100) 303 next"},
        {"100-continue of a GET without a body", "RFC 9110 10.1.1", get("Expect: 100-continue\r\n"),
         "200 next"},
        {"100-continue of a GET with a body", kettle_2025,
         get("Expect: 100-continue\r\n" + smuggled_size, smuggled), "(100) 200 next"},
        {"100-continue with a length of zero", "RFC 9110 10.1.1",
         post("Expect: 100-continue\r\nContent-Length: 0\r\n"), "422 next"},
        {"100-continue in HTTP/1.0", "RFC 9110 10.1.1", post_1_0("Expect: 100-continue\r\n" + counted, form),
         "303"},
        {"100-continue to nowhere", "RFC 9110 10.1.1",
         request("POST /nowhere HTTP/1.1", "Expect: 100-continue\r\n" + smuggled_size, smuggled), "404"},
        {"100-continue of a method that is not allowed", "RFC 9110 10.1.1",
         request("PUT /login HTTP/1.1", "Expect: 100-continue\r\n" + smuggled_size, smuggled), "405"},
        {"100-continue from another site", "RFC 9110 10.1.1",
         post("Sec-Fetch-Site: cross-site\r\nExpect: 100-continue\r\n" + smuggled_size, smuggled), "403"},
        {"100-continue with too large a body", "RFC 9110 10.1.1",
         post("Expect: 100-continue\r\nContent-Length: 65537\r\n", padded_form(65'537)), "413"},
        {"another expectation", "RFC 9110 10.1.1", post("Expect: coffee\r\n" + counted, form), "417"},
        {"100-continue and another", "RFC 9110 10.1.1",
         post("Expect: 100-continue, coffee\r\n" + counted, form), "417"},
        {"a word before 100-continue", kettle_2025, post("Expect: y 100-continue\r\n" + counted, form),
         "417"},
        {"a folded expectation", kettle_2025, post("Expect:\r\n 100-continue\r\n" + counted, form), "400"},
        {"an expectation behind a bare LF", kettle_2025, post("Expect:\n100-continue\r\n" + counted, form),
         "400"},
    };
}

table half_closes() {
    table rows{
        {"nothing at all", "RFC 9112 9.6", "", "-"},
        {"empty lines alone", "RFC 9112 2.2", "\r\n\r\n", "-"},
        {"a method", "RFC 9112 8", "GET", "-"},
        {"a request line", "RFC 9112 8", "GET /login HTTP/1.1\r\n", "-"},
        {"a header without its end", "RFC 9112 8", "GET /login HTTP/1.1\r\nHost: shop\r\n", "-"},
        {"a header without its last byte", "RFC 9112 8", get().substr(0, get().size() - 1), "-"},
        {"a whole request", "RFC 9112 9.6", get(), "200"},
        {"a whole form", "RFC 9112 9.6", post(counted, form), "303"},
        {"two requests", "RFC 9112 9.6", get() + get(), "200 x 2"},
        {"a request and a part of another", "RFC 9112 9.6", get() + "GET /lo", "200"},
        {"a body without its end", "RFC 9112 8", post("Content-Length: 25\r\n", form), "-"},
        {"a length and no body", "RFC 9112 8", post(counted), "-"},
        {"a request in place of half a body", kettle_2025, post("Content-Length: 100\r\n", smuggled), "-"},
        {"a chunk without its end", "RFC 9112 8", chunks("19\r\n" + form), "-"},
        {"chunks without the last", "RFC 9112 8", chunks(one_chunk), "-"},
        {"a last chunk without its end", "RFC 9112 8", chunks(one_chunk + "0\r\n"), "-"},
        {"a last chunk without its last byte", "RFC 9112 8", chunks(one_chunk + "0\r\n\r"), "-"},
        {"a trailer without its end", "RFC 9112 8", chunks(one_chunk + "0\r\nX: y"), "-"},
    };
    for (row& row : rows) {
        row.name = "half-closed behind: " + row.name;
        row.half_close = true;
    }
    return rows;
}

}  // namespace

std::vector<row> cases() {
    table all;
    for (auto part :
         {request_lines, targets, hosts, fields, lengths, codings, chunk_rows, connections, half_closes})
        for (row& row : part()) all.push_back(std::move(row));
    return all;
}

}  // namespace cookieshop::test
