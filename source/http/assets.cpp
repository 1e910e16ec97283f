#include "cookieshop/http/assets.hpp"

#include "cookieshop/http/error_page.hpp"
#include "http/text.hpp"

#include <sodium/crypto_generichash.h>
#include <sodium/utils.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace cookieshop::http {
namespace {

constexpr std::string_view version_prefix = "v=";

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> content_types{{
    {".css", "text/css; charset=utf-8"},
    {".ico", "image/vnd.microsoft.icon"},
    {".js", "text/javascript; charset=utf-8"},
    {".png", "image/png"},
    {".svg", "image/svg+xml"},
    {".txt", "text/plain; charset=utf-8"},
    {".webmanifest", "application/manifest+json"},
}};

std::string_view content_type_of(std::string_view name) {
    for (const auto& [ending, type] : content_types) {
        if (name.ends_with(ending)) return type;
    }
    throw std::invalid_argument{"no content type is known for the asset " + std::string{name}};
}

std::string fingerprint(std::string_view content) {
    std::array<unsigned char, crypto_generichash_BYTES_MIN> hash;
    crypto_generichash(
        hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(content.data()), content.size(),
        nullptr, 0
    );
    std::array<char, hash.size() * 2 + 1> text;
    return sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
}

// If-None-Match = "*" / #entity-tag, compared weakly (RFC 9110, 13.1.2). Our tags hold no comma, so that a
// tag which does can only be misread as several that are not ours.
bool matches(std::string_view list, std::string_view etag) noexcept {
    while (!list.empty()) {
        std::string_view tag = take_part(list, ',');
        if (tag.starts_with("W/")) tag.remove_prefix(2);
        if (tag == etag || tag == "*") return true;
    }
    return false;
}

bool client_has(const request& request, std::string_view etag) noexcept {
    for (const header_line& line : request.headers()) {
        if (line.name == field::if_none_match && matches(line.value, etag)) return true;
    }
    return false;
}

}  // namespace

struct assets::file {
    std::string content;
    std::string_view content_type;
    std::string hash;
    std::string etag;
};

assets::assets(files files) {
    replace(std::move(files));
}

assets::~assets() = default;

void assets::replace(files files) {
    auto fresh = std::make_unique<set>();
    for (auto& [name, content] : files) {
        const std::string_view type = content_type_of(name);
        const std::string hash = fingerprint(content);
        fresh->emplace(name, file{std::move(content), type, hash, '"' + hash + '"'});
    }
    const std::lock_guard lock{replacing_};
    sets_.push_back(std::move(fresh));
    served_ = sets_.back().get();
}

std::string assets::url(std::string_view name) const {
    const set& files = *served_.load();
    const auto found = files.find(name);
    if (found == files.end()) throw std::out_of_range{"there is no asset " + std::string{name}};
    return "/assets/" + found->first + '?' + std::string{version_prefix} + found->second.hash;
}

void assets::serve(exchange& exchange) const {
    const set& files = *served_.load();
    const auto found = files.find(exchange.params[0]);
    if (found == files.end()) return fail(exchange, status::not_found);
    const file& asset = found->second;
    response& response = exchange.response;
    const std::string_view query = exchange.request.query;
    const bool of_another =
        query.starts_with(version_prefix) && query.substr(version_prefix.size()) != asset.hash;
    response.caching = of_another ? caching::revalidated : caching::immutable;
    response.set("ETag", asset.etag);
    if (client_has(exchange.request, asset.etag)) {
        response.status = status::not_modified;
        response.content_type = {};
        return;
    }
    response.content_type = asset.content_type;
    response.static_body = asset.content;
}

}  // namespace cookieshop::http
