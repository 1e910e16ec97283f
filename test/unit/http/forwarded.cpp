#include "cookieshop/http/forwarded.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace cookieshop::http;
namespace ip = cookieshop::asio::ip;

namespace {

const std::vector<address_range> proxies{
    *address_range::parse("10.0.0.0/8"), *address_range::parse("127.0.0.1"),
    *address_range::parse("2001:db8::/32")};

struct asked {
    std::string from;
    std::vector<std::string> forwarded_for;
    std::string scheme{};
};

exchange believed(const asked& asked) {
    exchange exchange;
    exchange.client = ip::make_address(asked.from);
    for (const std::string& value : asked.forwarded_for)
        exchange.request.add({field::unknown, "X-Forwarded-For", value});
    if (!asked.scheme.empty()) exchange.request.add({field::unknown, "x-forwarded-proto", asked.scheme});
    believe(proxies, exchange);
    return exchange;
}

std::string client_of(const asked& asked) {
    return believed(asked).client.to_string();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(forwarded)

BOOST_AUTO_TEST_CASE(a_range_contains_what_shares_its_prefix) {
    struct {
        const char* range;
        const char* address;
        bool contained;
    } const cases[] = {
        {"10.0.0.0/8", "10.255.255.255", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"192.168.4.0/22", "192.168.7.1", true},
        {"192.168.4.0/22", "192.168.8.1", false},
        {"127.0.0.1", "127.0.0.1", true},
        {"127.0.0.1", "127.0.0.2", false},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"10.0.0.0/8", "::ffff:10.1.2.3", true},
        {"::ffff:10.0.0.0/8", "10.1.2.3", true},
        {"2001:db8::/32", "2001:db8:9::1", true},
        {"2001:db8::/32", "2001:db9::1", false},
        {"::/0", "2001:db8::1", true},
        {"fe80::/10", "febf::1", true},
        {"::1", "::1", true},
        {"::1", "::2", false},
    };
    for (const auto& [range, address, contained] : cases) {
        BOOST_TEST_CONTEXT(range << ' ' << address) {
            BOOST_TEST(address_range::parse(range).value().contains(ip::make_address(address)) == contained);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_range_is_refused) {
    for (const char* text :
         {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.1/8", "10.0.0",
          "localhost", "::/129", "2001:db8::1/32", "fe80::1%lo", " 10.0.0.0/8"})
        BOOST_TEST(!address_range::parse(text), text);
}

BOOST_AUTO_TEST_CASE(the_client_is_the_last_that_is_no_proxy) {
    BOOST_TEST(client_of({"127.0.0.1", {"192.0.2.7"}}) == "192.0.2.7");
    BOOST_TEST(client_of({"127.0.0.1", {"192.0.2.7, 10.0.0.3"}}) == "192.0.2.7");
    BOOST_TEST(client_of({"127.0.0.1", {"192.0.2.7", "10.0.0.3"}}) == "192.0.2.7");
    BOOST_TEST(client_of({"10.9.9.9", {"2001:db8:1::1 ,\t10.0.0.3"}}) == "2001:db8:1::1");
    BOOST_TEST(client_of({"2001:db8::5", {"2400:cb00::7"}}) == "2400:cb00::7");
}

BOOST_AUTO_TEST_CASE(what_a_client_writes_in_front_is_not_believed) {
    BOOST_TEST(client_of({"127.0.0.1", {"198.51.100.1, 192.0.2.7"}}) == "192.0.2.7");
    BOOST_TEST(client_of({"127.0.0.1", {"198.51.100.1", "192.0.2.7, 10.0.0.3"}}) == "192.0.2.7");
    BOOST_TEST(client_of({"127.0.0.1", {"10.0.0.4, 192.0.2.7"}}) == "192.0.2.7");
}

BOOST_AUTO_TEST_CASE(who_is_no_proxy_is_the_client_whatever_it_says) {
    const exchange exchange = believed({"192.0.2.1", {"198.51.100.1"}, "https"});
    BOOST_TEST(exchange.client.to_string() == "192.0.2.1");
    BOOST_TEST(!exchange.secure);
}

BOOST_AUTO_TEST_CASE(without_the_field_the_proxy_is_the_client) {
    BOOST_TEST(client_of({"127.0.0.1", {}}) == "127.0.0.1");
    BOOST_TEST(client_of({"127.0.0.1", {""}}) == "127.0.0.1");
}

BOOST_AUTO_TEST_CASE(what_is_no_address_ends_the_list_at_who_wrote_it) {
    for (const char* nonsense : {"unknown", "_hidden", "", "192.0.2.1000", "[::1", "a:b:c"}) {
        BOOST_TEST_CONTEXT(nonsense) {
            const std::string list = std::string{"198.51.100.1, "} + nonsense;
            BOOST_TEST(client_of({"127.0.0.1", {list}}) == "127.0.0.1");
            BOOST_TEST(client_of({"127.0.0.1", {list + ", 10.0.0.3"}}) == "10.0.0.3");
        }
    }
}

BOOST_AUTO_TEST_CASE(ports_are_read_over) {
    BOOST_TEST(client_of({"127.0.0.1", {"192.0.2.7:4711"}}) == "192.0.2.7");
    BOOST_TEST(client_of({"127.0.0.1", {"[2400:cb00::7]:4711"}}) == "2400:cb00::7");
    BOOST_TEST(client_of({"127.0.0.1", {"[2400:cb00::7]"}}) == "2400:cb00::7");
}

BOOST_AUTO_TEST_CASE(a_proxy_says_whether_tls_was_spoken) {
    BOOST_TEST(believed({"127.0.0.1", {}, "https"}).secure);
    BOOST_TEST(believed({"127.0.0.1", {}, "http, HTTPS"}).secure);
    BOOST_TEST(!believed({"127.0.0.1", {}, "http"}).secure);
    BOOST_TEST(!believed({"127.0.0.1", {}, "https, http"}).secure);
    BOOST_TEST(!believed({"127.0.0.1", {}, "ws"}).secure);
}

BOOST_AUTO_TEST_SUITE_END()
