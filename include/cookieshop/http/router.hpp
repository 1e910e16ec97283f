/// Method and path to handler.
///
/// Filled before the server starts, then const and shared by all threads. A GET route answers HEAD too
/// (unless it is registered with `get_without_head`), OPTIONS is answered with Allow, a known path with
/// another method with 405 and Allow.

#pragma once

#include "cookieshop/http/exchange.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace cookieshop::http {

class router {
public:
    router();
    router(router&&) noexcept;
    router& operator=(router&&) noexcept;
    ~router();

    /// `pattern` is a path whose segments are text or `{name}`: "/orders/{id}". Text wins over a name. Throws
    /// `std::invalid_argument` for a malformed pattern or one that is there already.
    router& add(verb method, std::string_view pattern, handler handler);

    router& get(std::string_view pattern, handler h) { return add(verb::get, pattern, std::move(h)); }
    router& post(std::string_view pattern, handler h) { return add(verb::post, pattern, std::move(h)); }

    /// A GET that changes something, such as a logout link: HEAD of it is refused with 405.
    router& get_without_head(std::string_view pattern, handler handler);

    /// Asked about every request that has a route, before its handler. Replaces the one before.
    router& guard(early_answer refusal);

    /// Sets `exchange.params` and calls the handler, or fills in 404, 405, the answer to OPTIONS or the
    /// guard's.
    pending operator()(exchange& exchange) const;

    /// Fills in what no handler decides on; false: one would be called.
    bool answer_early(exchange& exchange) const;

private:
    struct methods;
    struct node;

    router& add_route(verb method, std::string_view pattern, handler handler);
    const handler* find_handler(exchange& exchange) const;

    std::unique_ptr<node> root_;
    early_answer guard_;
};

}  // namespace cookieshop::http
