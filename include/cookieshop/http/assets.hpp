/// Files that are served from memory: style sheets, pictures.

#pragma once

#include "cookieshop/http/exchange.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace cookieshop::http {

/// A set of files by name ("style.css"), each with a strong ETag made from its content (RFC 9110, 8.8.3). All
/// threads share it; the views and the server that refer to it must not outlive it.
class assets {
public:
    using files = std::map<std::string, std::string, std::less<>>;  ///< name to content

    /// Content types come from the endings; throws `std::invalid_argument` for an unknown one.
    explicit assets(files files = {});
    ~assets();

    /// Serves these files from now on. Any thread. What was served before stays in memory, as responses that
    /// are on their way may still refer to it: for now and then, not for every request. Throws as the
    /// constructor does, and changes nothing then.
    void replace(files files);

    /// Where a page finds it: "/assets/style.css?v=HASH", which changes with the content and so may be kept
    /// for ever. Throws `std::out_of_range` for a name that is not there.
    std::string url(std::string_view name) const;

    /// GET /assets/{name}: 200 with `ETag` and `Cache-Control: public, max-age=31536000, immutable`
    /// (`no-cache` under the URL of another content); 304 when If-None-Match has the ETag; 404.
    void serve(exchange& exchange) const;

private:
    struct file;
    using set = std::map<std::string, file, std::less<>>;

    std::mutex replacing_;
    std::vector<std::unique_ptr<const set>> sets_;
    std::atomic<const set*> served_;  // the last of them
};

}  // namespace cookieshop::http
