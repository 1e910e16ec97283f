// What a session keeps: the stored text first, then a change a line: "+name=value" sets, "-name" erases.

#include "cookieshop/session/session_data.hpp"

#include "fuzz/fuzz.hpp"

#include <map>
#include <string>

namespace cookieshop::session {
namespace {

using fuzz::demand;

using model = std::map<std::string, std::string, std::less<>>;

model content_of(const session_data& data) {
    model content;
    data.for_each([&](std::string_view name, std::string_view value) {
        demand(content.empty() || content.rbegin()->first < name, "pairs are visited sorted, each name once");
        content.emplace(name, value);
    });
    return content;
}

session_data made_of(const model& content) {
    session_data data;
    for (const auto& [name, value] : content) data.set(name, value);
    return data;
}

void check(const session_data& data, const model& expected) {
    demand(content_of(data) == expected, "it holds what was set and not erased");
    for (const auto& [name, value] : expected) demand(data.get(name) == value, "a name gives its value");
    demand(made_of(expected).stored() == data.stored(), "one content has one stored form");
    demand(data.empty() == expected.empty(), "it is empty when it holds nothing");
    const auto parsed = session_data::parse(data.stored());
    demand(parsed && *parsed == data, "what is stored is read back");
}

void change(session_data& data, model& expected, std::string_view line) {
    const std::string_view what = line.substr(std::min<std::size_t>(line.size(), 1));
    const std::size_t equals = std::min(what.find('='), what.size());
    const std::string_view name = what.substr(0, equals);
    const std::string_view value = what.substr(std::min(equals + 1, what.size()));
    if (line.starts_with('+')) {
        data.set(name, value);
        expected.insert_or_assign(std::string{name}, value);
    } else if (line.starts_with('-')) {
        data.erase(what);
        if (const auto found = expected.find(what); found != expected.end()) expected.erase(found);
    }
    demand(data.get(name).has_value() == expected.contains(name), "what is not there is not found");
}

}  // namespace
}  // namespace cookieshop::session

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace cookieshop;
    using namespace cookieshop::session;
    fuzz::input input{bytes, size};
    const std::string stored{input.part()};
    session_data data;
    if (auto parsed = session_data::parse(stored)) {
        demand(parsed->stored() == stored, "what is accepted is kept as it is");
        data = std::move(*parsed);
    }
    model expected = content_of(data);
    check(data, expected);
    while (!input.empty()) {
        change(data, expected, input.line());
        check(data, expected);
    }
    return 0;
}
