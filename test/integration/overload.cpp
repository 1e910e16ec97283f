// Too many, too slow, too much: what the others notice of it. scripts/attack does the same on a larger scale,
// with figures.

#include "support/shop.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

using namespace cookieshop::test;
using namespace std::chrono_literals;
using steady_clock = std::chrono::steady_clock;

namespace {

const std::string get_page = "GET /cookies HTTP/1.1\r\nHost: localhost\r\n\r\n";
const std::string half_a_head = "GET /cookies HTTP/1.1\r\nHost: loc";
const std::string half_a_body =
    "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nemail=";

/// Requests whose answers, some sixteen megabytes, no kernel keeps for a client that does not read.
std::string get_without_end() {
    std::string requests;
    for (int i = 0; i < 2000; ++i) requests += get_page;
    return requests;
}

std::vector<std::unique_ptr<wire>> connect(const shop& shop, std::size_t count, std::string_view begin = {}) {
    std::vector<std::unique_ptr<wire>> wires;
    while (count-- > 0) {
        wires.push_back(std::make_unique<wire>(shop.server.port()));
        wires.back()->send(begin);
    }
    return wires;
}

std::string login_of(std::size_t number) {
    return encode(
        {"POST",
         "/login",
         {{"Host", "localhost"},
          {"Content-Type", "application/x-www-form-urlencoded"},
          {"Sec-Fetch-Site", "same-origin"}},
         encode_form({{"email", "nobody" + std::to_string(number) + "@example.com"}, {"password", "a guess"}}
         )}
    );
}

bool is_one_of(const answer& answer, std::initializer_list<int> statuses) {
    return std::ranges::find(statuses, answer.status) != statuses.end();
}

rlim_t open_files(const shop& shop) {
    const auto folder = "/proc/" + std::to_string(shop.server.id()) + "/fd";
    return static_cast<rlim_t>(std::distance(std::filesystem::directory_iterator{folder}, {}));
}

void limit_open_files(const shop& shop, rlim_t limit) {
    const rlimit both{limit, limit};
    BOOST_TEST_REQUIRE(::prlimit(shop.server.id(), RLIMIT_NOFILE, &both, nullptr) == 0);
}

std::chrono::nanoseconds cpu_time(const shop& shop) {
    clockid_t clock{};
    timespec time{};
    ::clock_getcpuclockid(shop.server.id(), &clock);
    ::clock_gettime(clock, &time);
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

std::size_t memory_kib(const shop& shop) {
    std::ifstream status{"/proc/" + std::to_string(shop.server.id()) + "/status"};
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
    throw std::runtime_error{"no VmRSS"};
}

/// The most that the kernel holds for one of the clients, who have not room for it.
std::size_t largest_send_queue(const shop& shop) {
    std::ostringstream port;
    port << ':' << std::hex << std::uppercase << std::setw(4) << std::setfill('0') << shop.server.port();
    std::ifstream connections{"/proc/net/tcp"};
    std::size_t largest = 0;
    for (std::string line; std::getline(connections, line);) {
        std::istringstream words{line};
        std::string slot, local, remote, state, queues;
        words >> slot >> local >> remote >> state >> queues;
        if (local.ends_with(port.str())) largest = std::max(largest, std::stoul(queues, nullptr, 16));
    }
    return largest;
}

/// How long it takes, with some tolerance for a busy machine.
void check_duration(std::chrono::duration<double> seen, std::chrono::duration<double> setting) {
    BOOST_TEST(seen.count() >= 0.8 * setting.count());
    BOOST_TEST(seen.count() <= 1.2 * setting.count());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(overload)

BOOST_AUTO_TEST_CASE(more_logins_than_can_wait_are_refused_at_once_and_everybody_else_is_served) {
    constexpr std::size_t queued = 64,
                          logins = 90;  // of one source; with a hundred under way it would be throttled
    const shop shop{{{"--password-workers", "1"}, {"--password-memory", "8MiB"}, {"--password-passes", "2"}}};
    auto user = shop.member();
    auto wires = connect(shop, logins);
    for (std::size_t i = 0; i < logins; ++i) wires[i]->send(login_of(i));

    int reads = 0;
    const auto deadline = steady_clock::now() + patience;
    while (std::ranges::none_of(wires, [](const auto& w) { return w->is_readable(0ms); })) {
        BOOST_TEST_REQUIRE((steady_clock::now() < deadline), "no login is answered");
        BOOST_TEST(has_status(user.get("/settings"), 200));
        ++reads;
    }
    for (; reads < 50; ++reads) BOOST_TEST(has_status(user.get("/settings"), 200));
    const bool all_answered = std::ranges::all_of(wires, [](const auto& w) { return w->is_readable(0ms); });
    BOOST_TEST(!all_answered, "the reads did not wait for the logins");

    std::size_t refused = 0;
    for (const auto& wire : wires) {
        const answer answer = wire->receive();
        BOOST_TEST(is_one_of(answer, {422, 503}), answer);
        if (answer.status != 503) continue;
        ++refused;
        BOOST_TEST(has_header(answer, "Retry-After", "1"));
    }
    BOOST_TEST(refused > 0);
    BOOST_TEST(refused <= logins - queued);
    auto later = shop.guest();
    BOOST_TEST(redirects(post_login(later, anna), "/cookies"), "and it was none of theirs that failed");
}

BOOST_AUTO_TEST_CASE(a_server_without_descriptors_says_so_serves_who_is_in_and_recovers) {
    const shop shop{{{"--header-timeout", "1s"}, {"--threads", "1"}}};
    auto user = shop.member();
    BOOST_TEST(has_status(user.get("/orders"), 200), "whatever is opened once is open");
    constexpr rlim_t room = 20;
    limit_open_files(shop, open_files(shop) + room);

    const auto begin = steady_clock::now();
    const auto cpu = cpu_time(shop);
    const auto crowd = connect(shop, 3 * room);
    auto late = shop.guest();
    BOOST_TEST(redirects(add_to_basket(user, "linzer"), "/basket"));
    BOOST_TEST(has_status(user.get("/orders"), 200));
    BOOST_TEST(has_status(late.get("/login"), 200), "who waited comes in when others have timed out");

    const auto used = cpu_time(shop) - cpu;
    const std::string log = shop.server.log();
    BOOST_TEST(log.find("cannot accept connections: Too many open files") != log.npos, log);
    BOOST_TEST(std::ranges::count(log, '\n') < 50);
    BOOST_TEST((used < (steady_clock::now() - begin) / 2), "it waits, it does not try all the time");
}

BOOST_AUTO_TEST_CASE(silent_clients_and_such_as_do_not_read_take_bounded_memory_and_nobodys_turn) {
    constexpr std::size_t silent = 300, slow = 300, deaf = 30;
    const shop shop;
    auto user = shop.member();
    [[maybe_unused]] const auto before = memory_kib(shop);
    const auto silent_ones = connect(shop, silent), slow_ones = connect(shop, slow, half_a_head),
               deaf_ones = connect(shop, deaf, get_without_end());
    for (int i = 0; i < 100; ++i) BOOST_TEST(has_status(user.get("/settings"), 200));
    for (const auto& wire : deaf_ones) BOOST_TEST_REQUIRE(wire->is_readable(patience));
    BOOST_TEST(largest_send_queue(shop) > 0U);
    BOOST_TEST(largest_send_queue(shop) < 512U * 1024);
#if !defined(__SANITIZE_ADDRESS__)                                                                           \
    && !defined(__SANITIZE_THREAD__)  // which keep what is freed, and count on their own
    // 4 KiB of each connection; of who does not read, what is read ahead (16 KiB) and answered ahead (64 KiB
    // and a page).
    const std::size_t bound = 4 * (silent + slow + deaf) + 128 * deaf + 2048;
    BOOST_TEST(memory_kib(shop) - before < bound);
#endif
}

BOOST_AUTO_TEST_CASE(each_timeout_is_as_long_as_it_is_set) {
    constexpr auto setting = 5s;
    const shop shop{{{"--header-timeout", "5s"}, {"--body-timeout", "5s"}, {"--keep-alive-timeout", "5s"}}};
    wire silent{shop.server.port()}, head{shop.server.port()}, body{shop.server.port()},
        keep_alive{shop.server.port()}, deaf{shop.server.port()};
    keep_alive.send(get_page);
    keep_alive.receive();
    head.send(half_a_head);
    body.send(half_a_body);
    deaf.send(get_without_end());
    const auto begin = steady_clock::now();
    const auto check = [&](const char* what, bool ended) {
        BOOST_TEST_CONTEXT(what) {
            BOOST_TEST(ended);
            check_duration(steady_clock::now() - begin, setting);
        }
    };
    check("no byte", silent.is_closed(patience));
    check("half a head", head.receive().status == 408);
    check("half a body", body.receive().status == 408);
    check("nothing after an answer", keep_alive.is_closed(patience));
    check("answers that are not read", deaf.is_reset(patience));
}

BOOST_AUTO_TEST_SUITE_END()
