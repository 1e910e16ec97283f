#include "cookieshop/http/router.hpp"

#include "cookieshop/http/error_page.hpp"

#include <boost/beast/http/verb.hpp>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <vector>

namespace cookieshop::http {
namespace {

// Takes "/segment" off the front of `path`. Precondition: it begins with '/'.
std::string_view take_segment(std::string_view& path) noexcept {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view segment = path.substr(1, end - 1);
    path.remove_prefix(end);
    return segment;
}

bool is_parameter(std::string_view segment) noexcept {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

bool is_well_formed(std::string_view segment) noexcept {
    if (is_parameter(segment)) segment = segment.substr(1, segment.size() - 2);
    return !segment.empty() && segment.find_first_of("{}") == std::string_view::npos;
}

void refuse_pattern(std::string_view pattern, const char* why) {
    throw std::invalid_argument{"route " + std::string{pattern} + ": " + why};
}

void check_pattern(std::string_view pattern) {
    if (!pattern.starts_with('/')) refuse_pattern(pattern, "does not begin with a slash");
    std::size_t parameters = 0;
    for (std::string_view rest = pattern; pattern != "/" && !rest.empty();) {
        const std::string_view segment = take_segment(rest);
        if (!is_well_formed(segment)) refuse_pattern(pattern, "is malformed");
        if (is_parameter(segment) && ++parameters > path_params::max)
            refuse_pattern(pattern, "has too many parts");
    }
}

void answer_options(exchange& exchange, std::string_view allow) {
    exchange.response.status = status::no_content;
    exchange.response.content_type = {};
    exchange.response.set("Allow", allow);
}

void refuse_method(exchange& exchange, std::string_view allow) {
    fail(exchange, status::method_not_allowed);
    exchange.response.set("Allow", allow);
}

}  // namespace

// What methods do at one place, and the Allow field that goes with them.
struct router::methods {
    struct route {
        verb method;
        http::handler handler;
    };
    std::vector<route> routes;
    std::set<std::string_view> names{"OPTIONS"};
    std::string allow;

    void allow_also(verb method) {
        names.insert(boost::beast::http::to_string(method));
        allow.clear();
        for (const std::string_view name : names) allow.append(allow.empty() ? "" : ", ").append(name);
    }

    const route* find(verb method) const noexcept {
        const auto found = std::ranges::find(routes, method, &route::method);
        return found == routes.end() ? nullptr : &*found;
    }
};

// One segment of the patterns. A path is looked up by walking down, text before parameter at every step.
struct router::node {
    struct text_child;

    std::vector<text_child>
        children;  // a handful: most differ in length, so that few characters are compared
    std::unique_ptr<node> parameter;
    router::methods methods;

    const node* find(std::string_view segment) const noexcept;
    node& child(std::string_view segment);

    // The node that `path` leads to, or null; fills in `params`. Recurses no deeper than the longest pattern.
    const node* match(std::string_view path, path_params& params) const {
        if (path.empty()) return methods.routes.empty() ? nullptr : this;
        const std::string_view segment = take_segment(path);
        if (const node* text = find(segment)) {
            if (const node* found = text->match(path, params)) return found;
        }
        if (!parameter || segment.empty()) return nullptr;
        params.values[params.count++] = segment;
        const node* found = parameter->match(path, params);
        if (!found) --params.count;
        return found;
    }
};

struct router::node::text_child {
    std::string text;
    node below;
};

const router::node* router::node::find(std::string_view segment) const noexcept {
    const auto found = std::ranges::find(children, segment, &text_child::text);
    return found == children.end() ? nullptr : &found->below;
}

router::node& router::node::child(std::string_view segment) {
    if (is_parameter(segment)) {
        if (!parameter) parameter = std::make_unique<node>();
        return *parameter;
    }
    const auto found = std::ranges::find(children, segment, &text_child::text);
    if (found != children.end()) return found->below;
    children.push_back({std::string{segment}, {}});
    return children.back().below;
}

router::router() : root_{std::make_unique<node>()} {}
router::router(router&&) noexcept = default;
router& router::operator=(router&&) noexcept = default;
router::~router() = default;

router& router::add(verb method, std::string_view pattern, handler handler) {
    if (method == verb::get) add_route(verb::head, pattern, handler);
    return add_route(method, pattern, std::move(handler));
}

router& router::get_without_head(std::string_view pattern, handler handler) {
    return add_route(verb::get, pattern, std::move(handler));
}

router& router::add_route(verb method, std::string_view pattern, handler handler) {
    check_pattern(pattern);
    node* place = root_.get();
    for (std::string_view rest = pattern; !rest.empty();) place = &place->child(take_segment(rest));
    if (place->methods.find(method)) refuse_pattern(pattern, "is there already");
    place->methods.routes.push_back({method, std::move(handler)});
    place->methods.allow_also(method);
    root_->methods.allow_also(method);
    return *this;
}

router& router::guard(early_answer refusal) {
    guard_ = std::move(refusal);
    return *this;
}

pending router::operator()(exchange& exchange) const {
    const handler* handler = find_handler(exchange);
    return handler ? (*handler)(exchange) : std::nullopt;
}

bool router::answer_early(exchange& exchange) const {
    return find_handler(exchange) == nullptr;
}

// Null when the response is filled in.
const handler* router::find_handler(exchange& exchange) const {
    const verb method = exchange.request.method;
    const std::string_view path = exchange.request.path;
    exchange.params.count = 0;
    // "OPTIONS *" asks about the server as a whole (RFC 9110, 9.3.7).
    const node* place = path == "*" ? root_.get() : root_->match(path, exchange.params);
    const methods::route* route = place ? place->methods.find(method) : nullptr;
    if (route) return guard_ && guard_(exchange) ? nullptr : &route->handler;
    if (!place)
        fail(exchange, status::not_found);
    else if (method == verb::options)
        answer_options(exchange, place->methods.allow);
    else
        refuse_method(exchange, place->methods.allow);
    return nullptr;
}

}  // namespace cookieshop::http
