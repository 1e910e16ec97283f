/// Files that are served from memory: style sheets, pictures.

#pragma once

#include "cookieshop/http/exchange.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace cookieshop::http {

/// A set of files by name ("style.css"), each with a strong ETag made from its content (RFC 9110, 8.8.3).
/// Const once made, so that all threads share it; the views and the server that refer to it must not outlive
/// it.
class assets {
public:
    /// `files`: name to content. Content types come from the ending; throws `std::invalid_argument` for an
    /// unknown one.
    explicit assets(std::map<std::string, std::string, std::less<>> files);
    ~assets();

    /// Where a page finds it: "/assets/style.css?v=HASH", which changes with the content and so may be kept
    /// for ever. Throws `std::out_of_range` for a name that is not there.
    std::string url(std::string_view name) const;

    /// GET /assets/{name}: 200 with `ETag` and `Cache-Control: public, max-age=31536000, immutable`; 304 when
    /// If-None-Match has the ETag; 404.
    void serve(exchange& exchange) const;

private:
    struct file;
    std::map<std::string, file, std::less<>> files_;
};

}  // namespace cookieshop::http
