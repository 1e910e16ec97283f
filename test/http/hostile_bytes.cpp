// Every row of the table is sent to the program and to nginx, in one piece and in single bytes.
//
//   build/release/test/http/hostile_bytes --log_level=message      shows what either made of each

#include "http/cases.hpp"
#include "http/dialogue.hpp"
#include "http/nginx.hpp"
#include "support/shop.hpp"

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <ostream>
#include <set>
#include <string>
#include <vector>

using namespace cookieshop;
using namespace cookieshop::test;

namespace {

/// Asked behind a row's bytes, for a page that no row asks for: who answers it agrees about where they end.
const std::string next_request = "GET /healthz HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n";

/// More pieces than this show nothing more, and take long.
constexpr std::size_t pieces_max = 2000;

std::vector<outcome> ask(const endpoint& server, const std::vector<row>& rows, bool byte_by_byte) {
    std::vector<dialogue> dialogues;
    for (const row& row : rows) {
        const auto bytes = row.half_close ? row.bytes : row.bytes + next_request;
        const auto piece = byte_by_byte ? bytes.size() / pieces_max + 1 : bytes.size();
        dialogues.push_back({server, bytes, piece, row.half_close});
    }
    converse(dialogues);
    std::vector<outcome> outcomes;
    for (std::size_t i = 0; i < rows.size(); ++i)
        outcomes.push_back(read_answers(dialogues[i].received, rows[i].bytes.starts_with("HEAD ")));
    return outcomes;
}

/// What one server made of all rows, whole and byte by byte.
struct answers {
    std::vector<outcome> whole, bytes;
};

answers ask(const endpoint& server, const std::vector<row>& rows) {
    return {ask(server, rows, false), ask(server, rows, true)};
}

void check(const row& row, const outcome& outcome, const char* how) {
    constexpr std::string_view may_continue = "(100) ";
    std::string_view expected = row.expected;
    if (expected.starts_with(may_continue))
        expected.remove_prefix(may_continue.size());
    else
        BOOST_TEST(!outcome.interim, row.name << ", " << how << ": nothing may come before the answer");
    BOOST_TEST(
        describe(outcome) == expected,
        row.name << ", " << how << ": " << describe(outcome) << ", not " << expected
    );
}

/// A row and what became of it, for the one who compares.
struct comparison {
    const test::row& row;
    const outcome &our_whole, &our_bytes, &their_whole, &their_bytes;

    bool we_refuse() const { return refused(our_whole) && refused(our_bytes); }
    bool they_refuse() const { return refused(their_whole) || refused(their_bytes); }
};

std::ostream& operator<<(std::ostream& out, const comparison& c) {
    out << c.row.name << " [" << c.row.source << "]: " << describe(c.our_whole);
    if (describe(c.our_bytes) != describe(c.our_whole)) out << ", byte by byte " << describe(c.our_bytes);
    out << "; nginx " << describe(c.their_whole);
    if (describe(c.their_bytes) != describe(c.their_whole))
        out << ", byte by byte " << describe(c.their_bytes);
    if (!c.row.more_lenient.empty()) out << ". " << c.row.more_lenient;
    return out;
}

struct everything {
    everything() {
        for (std::size_t i = 0; i < rows.size(); ++i)
            compared.push_back({rows[i], ours.whole[i], ours.bytes[i], theirs.whole[i], theirs.bytes[i]});
    }

    std::vector<row> rows = cases();
    server_process server;
    nginx peer;
    answers ours = ask(server.port(), rows), theirs = ask(peer.socket(), rows);
    std::vector<comparison> compared;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile_bytes)

BOOST_AUTO_TEST_CASE(every_row_has_a_name_of_its_own_and_a_source) {
    std::set<std::string> names;
    for (const row& row : cases()) {
        BOOST_TEST(names.insert(row.name).second, row.name);
        BOOST_TEST(!row.source.empty(), row.name);
    }
}

BOOST_FIXTURE_TEST_CASE(each_row_gets_its_answer_and_what_nginx_refuses_for_safety_is_refused, everything) {
    std::size_t both = 0, only_we = 0, only_they = 0, neither = 0;
    for (const comparison& c : compared) {
        BOOST_TEST_MESSAGE(c);
        check(c.row, c.our_whole, "in one piece");
        check(c.row, c.our_bytes, "byte by byte");
        const bool more_lenient = c.they_refuse() && !c.we_refuse();
        BOOST_TEST(
            more_lenient == !c.row.more_lenient.empty(),
            "more lenient than nginx, or not, other than the table says: " << c
        );
        if (c.our_whole.next && c.their_whole.next)
            BOOST_TEST(
                c.our_whole.answers.size() == c.their_whole.answers.size(),
                "nginx sees another number of requests: " << c
            );
        std::size_t& count =
            c.we_refuse() ? (c.they_refuse() ? both : only_we) : (c.they_refuse() ? only_they : neither);
        ++count;
    }
    BOOST_TEST_MESSAGE(
        rows.size() << " rows, each in one piece and byte by byte. Refused by both: " << both
                    << ", by Cookieshop alone: " << only_we << ", by nginx alone: " << only_they
                    << ", by neither: " << neither
    );
}

BOOST_AUTO_TEST_SUITE_END()
