// Cookies and the ids in them: each line is a Cookie field. Ids come from a generator that is not random
// here, so that they are the same in every run and the fuzzer may take one from the seeds and change it.

#include "cookieshop/http/cookie.hpp"
#include "cookieshop/session/session_id.hpp"

#include "fuzz/fuzz.hpp"

#include <sodium/randombytes.h>

#include <algorithm>
#include <string>
#include <vector>

namespace cookieshop::http {
namespace {

using fuzz::demand;
using session::id_signer;

std::string_view without_blanks(std::string_view text) {
    const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
    return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

// The values of one name, by the same rules once more.
std::vector<std::string> expected_values(const std::vector<std::string_view>& lines, std::string_view name) {
    std::vector<std::string> values;
    for (const std::string_view line : lines) {
        fuzz::input pairs{reinterpret_cast<const std::uint8_t*>(line.data()), line.size()};
        while (!pairs.empty()) {
            const std::string_view pair = pairs.take(";");
            const std::size_t equals = pair.find('=');
            if (equals == std::string_view::npos || without_blanks(pair.substr(0, equals)) != name) continue;
            values.emplace_back(without_blanks(pair.substr(equals + 1)));
        }
    }
    return values;
}

std::vector<std::string> values_of(const request& request, std::string_view name) {
    std::vector<std::string> values;
    for_each_cookie(request, name, [&](std::string_view value) {
        values.emplace_back(value);
        return false;
    });
    return values;
}

// Bytes that are always the same.
randombytes_implementation& counting() {
    static randombytes_implementation implementation{
        .implementation_name = [] { return "counting"; },
        .random = [] { return std::uint32_t{0}; },
        .stir = nullptr,
        .uniform = nullptr,
        .buf =
            [](void* bytes, std::size_t size) {
                static unsigned char next = 0;
                std::generate_n(static_cast<unsigned char*>(bytes), size, [] { return next++; });
            },
        .close = nullptr};
    return implementation;
}

// Ids of both keys of a rotation, and of a key that is not ours.
struct ids {
    ids() {
        randombytes_set_implementation(&counting());
        const secret first{"the key that signs, long enough: 1"}, second{"the key before that, the same: 2"};
        const secret foreign{"the key of another server, long: 3"};
        for (const secret& key : {first, second}) ours.emplace_back(id_signer{{&key, 1}}.generate().token());
        theirs = id_signer{{&foreign, 1}}.generate().token();
        const secret both[] = {first, second};
        signer.emplace(both);
    }

    std::vector<std::string> ours;
    std::string theirs;
    std::optional<id_signer> signer;
};

const ids& known() {
    static const ids instance;
    return instance;
}

void check_id(std::string_view value) {
    const auto id = known().signer->verify(value);
    const bool ours = std::ranges::find(known().ours, value) != known().ours.end();
    demand(id.has_value() == ours, "an id is accepted when it was generated here, and only then");
    if (!id) return;
    demand(id->token() == value, "an id is its token");
    demand(id->key().size() == 43, "an id has a key");
}

// An id that differs in one character of the alphabet.
void check_damaged(std::size_t at, char c) {
    for (std::string token : known().ours) {
        token[at % token.size()] = c;
        check_id(token);
    }
}

void check_set_cookie(std::string_view name, std::string_view value) {
    response response;
    try {
        set_cookie(response, name, value, {});
    } catch (const std::invalid_argument&) {
        return;
    }
    demand(response.headers.find("\r\n") == response.headers.size() - 2, "a cookie is one line");
    demand(std::ranges::count(response.headers, '\n') == 1, "a cookie has no line break of its own");
    demand(response.caching == caching::no_store, "what sets a cookie is kept by nobody");
}

}  // namespace
}  // namespace cookieshop::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace cookieshop;
    using namespace cookieshop::http;
    fuzz::input input{bytes, size};
    request request;
    std::vector<std::string_view> lines;
    while (!input.empty()) {
        const std::string_view line = input.line();
        if (request.add({field::cookie, "Cookie", line})) lines.push_back(line);
    }
    const auto values = values_of(request, "session");
    demand(values == expected_values(lines, "session"), "every cookie of the name is seen, and no other");
    demand(values_of(request, "") == expected_values(lines, ""), "a cookie may have no name");
    for (const std::string& value : values) {
        check_id(value);
        check_set_cookie("session", value);
    }
    check_id({reinterpret_cast<const char*>(bytes), size});
    if (size >= 2) check_damaged(bytes[0], static_cast<char>(bytes[1]));
    return 0;
}
