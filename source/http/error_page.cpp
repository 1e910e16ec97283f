#include "cookieshop/http/error_page.hpp"

#include "cookieshop/http/security_log.hpp"
#include "cookieshop/util/error.hpp"
#include "http/text.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace cookieshop::http {
namespace {

void append_escaped(std::string& out, std::string_view text) {
    for (const char c : text) {
        switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        case '\'': out += "&#39;"; break;
        default: out += c;
        }
    }
}

void render_bare_html(std::string& html, unsigned, std::string_view title, std::string_view detail) {
    html += "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>";
    append_escaped(html, title);
    html += "</title></head>\n<body>\n<h1>";
    append_escaped(html, title);
    html += "</h1>\n<p>";
    append_escaped(html, detail);
    html += "</p>\n</body>\n</html>\n";
}

error_renderer& renderer() {
    static error_renderer instance = render_bare_html;
    return instance;
}

// What is said where nothing more is known.
std::string_view usual_detail(status status) noexcept {
    switch (status) {
    case status::unauthorized: return "Please log in first.";
    case status::not_found: return "There is nothing at this address.";
    case status::method_not_allowed: return "This address does not take requests of this kind.";
    case status::length_required: return "The request must say how long its body is.";
    case status::payload_too_large: return "The request is larger than this server takes.";
    case status::expectation_failed: return "Nothing but 100-continue can be expected of this server.";
    case status::misdirected_request: return "This server does not answer for that host.";
    case status::internal_server_error: return "Something went wrong here. Please try again later.";
    case status::http_version_not_supported: return "This server speaks HTTP/1.0 and HTTP/1.1.";
    default: return boost::beast::http::obsolete_reason(status);
    }
}

bool wants_json(const request& request) noexcept {
    if (accepts(request, "text/html")) return false;
    return accepts(request, "application/json") || accepts(request, "application/problem+json")
           || request.path.starts_with("/api/");
}

}  // namespace

void set_error_renderer(error_renderer new_renderer) {
    renderer() = std::move(new_renderer);
}

void fail(exchange& exchange, status status, std::string_view detail) {
    response& response = exchange.response;
    const bool close = response.close;
    response.clear();
    response.close = close;
    response.status = status;
    response.caching = caching::no_store;

    const auto code = static_cast<unsigned>(status);
    const std::string_view title = boost::beast::http::obsolete_reason(status);
    if (detail.empty() || !is_utf8(detail))
        detail = usual_detail(status);  // JSON is UTF-8, and so is the page
    if (wants_json(exchange.request)) {
        response.content_type = "application/problem+json";
        response.body = boost::json::serialize(boost::json::object{
            {"type", "about:blank"}, {"title", title}, {"status", code}, {"detail", detail}});
    } else {
        renderer()(response.body, code, title, detail);
    }
}

void fail(exchange& exchange, std::exception_ptr exception) {
    const auto log = [&](std::string_view outcome, std::string_view what, severity severity) {
        log_refusal(exchange, {}, "error", outcome, {{"what", what}}, severity);
    };
    try {
        std::rethrow_exception(exception);
    } catch (const overloaded& e) {
        log("overloaded", e.what(), severity::warning);
        fail(exchange, status::service_unavailable, "The server is busy. Please try again in a moment.");
        exchange.response.set("Retry-After", std::to_string(e.retry_after.count()));
    } catch (const unavailable& e) {
        log("unavailable", e.what(), severity::error);
        fail(
            exchange, status::service_unavailable,
            "The server can't answer at present. Please try again later."
        );
        exchange.response.set("Retry-After", std::to_string(e.retry_after.count()));
    } catch (const std::exception& e) {
        log("failed", e.what(), severity::error);
        fail(exchange, status::internal_server_error);
    } catch (...) {
        log("failed", "unknown exception", severity::error);
        fail(exchange, status::internal_server_error);
    }
}

}  // namespace cookieshop::http
