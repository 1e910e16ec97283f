// Routes: a pattern a line, the first character of which names its method, then a line "---", then paths in
// the same form.

#include "cookieshop/http/router.hpp"

#include "fuzz/fuzz.hpp"

#include <compare>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace cookieshop::http {
namespace {

using fuzz::demand;

constexpr std::size_t routes_max = 64;

verb method_of(char c) {
    switch (c) {
    case 'P': return verb::post;
    case 'D': return verb::delete_;
    case 'O': return verb::options;
    case 'H': return verb::head;
    default: return verb::get;
    }
}

// A segment of a pattern. Text comes before a parameter: that is the order in which routes are preferred.
struct segment {
    bool parameter;
    std::string text;  // of a parameter: empty, as its name makes no difference

    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 sees a null pointer in what is made for it
    auto operator<=>(const segment&) const = default;
};

using place = std::vector<segment>;

std::vector<std::string> split(std::string_view path) {
    std::vector<std::string> parts{""};
    for (const char c : path.substr(1)) {
        if (c == '/')
            parts.emplace_back();
        else
            parts.back() += c;
    }
    return parts;
}

// The routes that were accepted, as a list.
class table {
public:
    void add(verb method, std::string_view pattern, int number) {
        place at;
        std::size_t parameters = 0;
        for (const std::string& text : split(pattern)) {
            const bool parameter = text.starts_with('{');
            at.push_back({parameter, parameter ? "" : text});
            parameters += parameter ? 1 : 0;
        }
        demand(parameters <= path_params::max, "a pattern has a bounded number of parameters");
        auto& methods = places_[at];
        demand(methods.emplace(method, number).second, "a route is there once");
        if (method == verb::get) demand(methods.emplace(verb::head, number).second, "so is its HEAD");
    }

    struct found {
        const std::map<verb, int>* methods = nullptr;
        std::vector<std::string> params;
    };

    // The first place in the order of preference that fits.
    found find(std::string_view path) const {
        const auto parts = split(path);
        for (const auto& [at, methods] : places_) {
            if (auto params = match(at, parts)) return {&methods, std::move(*params)};
        }
        return {};
    }

private:
    static std::optional<std::vector<std::string>> match(
        const place& at, const std::vector<std::string>& parts
    ) {
        if (at.size() != parts.size()) return std::nullopt;
        std::vector<std::string> params;
        for (std::size_t i = 0; i < at.size(); ++i) {
            if (at[i].parameter ? parts[i].empty() : at[i].text != parts[i]) return std::nullopt;
            if (at[i].parameter) params.push_back(parts[i]);
        }
        return params;
    }

    std::map<place, std::map<verb, int>> places_;
};

void check_allow(const response& response, const std::map<verb, int>& methods) {
    std::set<std::string> names{"OPTIONS"};
    for (const auto& [method, number] : methods) names.emplace(to_string(method));
    std::string expected = "Allow: ";
    for (const std::string& name : names) expected.append(expected.ends_with(' ') ? "" : ", ").append(name);
    demand(response.headers == expected + "\r\n", "Allow names the methods that are there");
}

void check_path(const router& routes, const table& expected, verb method, std::string_view path) {
    exchange exchange;
    exchange.request.method = method;
    exchange.request.path = path;
    const bool waits = routes(exchange).has_value();
    demand(!waits, "these handlers do not wait");
    const response& response = exchange.response;
    const auto found = expected.find(path);
    if (!found.methods) return demand(response.status == status::not_found, "where no route is, nothing is");
    const auto handler = found.methods->find(method);
    if (handler == found.methods->end()) {
        const status wanted = method == verb::options ? status::no_content : status::method_not_allowed;
        demand(response.status == wanted, "another method is refused");
        return check_allow(response, *found.methods);
    }
    demand(response.body == std::to_string(handler->second), "the preferred route is called");
    demand(exchange.params.count == found.params.size(), "every parameter is there");
    for (std::size_t i = 0; i < found.params.size(); ++i)
        demand(exchange.params[i] == found.params[i], "a parameter is what stands in its place");
}

void check_server_options(const router& routes) {
    exchange exchange;
    exchange.request.method = verb::options;
    exchange.request.path = "*";
    routes(exchange);
    demand(exchange.response.status == status::no_content, "the server as a whole can be asked");
}

handler answering(int number) {
    return [number](exchange& exchange) -> pending {
        exchange.response.body = std::to_string(number);
        return std::nullopt;
    };
}

}  // namespace
}  // namespace cookieshop::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace cookieshop;
    using namespace cookieshop::http;
    fuzz::input input{bytes, size};
    const std::string_view patterns = input.part();
    fuzz::input lines{reinterpret_cast<const std::uint8_t*>(patterns.data()), patterns.size()};
    router routes;
    table expected;
    for (std::size_t number = 0; !lines.empty() && number < routes_max; ++number) {
        const std::string_view line = lines.line();
        if (line.empty()) continue;
        const verb method = method_of(line.front());
        try {
            routes.add(method, line.substr(1), answering(static_cast<int>(number)));
        } catch (const std::invalid_argument&) {
            continue;
        }
        expected.add(method, line.substr(1), static_cast<int>(number));
    }
    while (!input.empty()) {
        const std::string_view line = input.line();
        // What the parser takes for a path begins with a slash.
        if (line.size() < 2 || line[1] != '/') continue;
        check_path(routes, expected, method_of(line.front()), line.substr(1));
    }
    check_server_options(routes);
    return 0;
}
