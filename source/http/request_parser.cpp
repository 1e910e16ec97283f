#include "http/request_parser.hpp"

#include "http/text.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <limits>
#include <optional>

namespace cookieshop::http {
namespace {

namespace beast = boost::beast;

using beast_error = beast::error_code;

// Beast's parser, given one whole header block: it calls back with views into it, which are kept instead of
// copied. It never sees a body: those are read by `body_reader`.
class field_recorder final : public beast::http::basic_parser<true> {
public:
    explicit field_recorder(request& request) : request_{request} {
        body_limit(boost::none);
        header_limit(std::numeric_limits<std::uint32_t>::max());  // find_header_block has seen to it
    }

private:
    void
    on_request_impl(verb method, beast::string_view method_text, beast::string_view target, int version, beast_error&)
        override {
        request_.method = method;
        request_.method_text = method_text;
        request_.target = target;
        request_.version = static_cast<unsigned>(version);
    }

    void on_field_impl(field name, beast::string_view text, beast::string_view value, beast_error& error)
        override {
        if (!request_.add({name, text, value})) error = beast::http::error::header_limit;
    }

    void on_response_impl(int, beast::string_view, int, beast_error&) override {}
    void on_header_impl(beast_error&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, beast_error&) override {}
    std::size_t on_body_impl(beast::string_view body, beast_error&) override { return body.size(); }
    void on_chunk_header_impl(std::uint64_t, beast::string_view, beast_error&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, beast_error&) override {
        return body.size();
    }
    void on_finish_impl(beast_error&) override {}

    request& request_;
};

// Whether the request line has three parts, the last of which is "HTTP/d.d", and the rest may be a header:
// then the client means another version, else it means nothing.
bool names_a_version(std::string_view block) noexcept {
    const std::string_view line = block.substr(0, block.find("\r\n"));
    const std::string_view text = line.substr(line.rfind(' ') + 1);
    return std::ranges::count(line, ' ') == 2 && text.size() == 8 && text.starts_with("HTTP/")
           && is_digit(text[5]) && text[6] == '.' && is_digit(text[7]) && may_become_header(block);
}

std::optional<refusal> read_fields(std::string_view block, request& request) {
    field_recorder recorder{request};
    beast_error error;
    recorder.put({block.data(), block.size()}, error);
    if (!error) return std::nullopt;
    if (error == beast::http::error::bad_version && names_a_version(block)) {
        return refusal{status::http_version_not_supported, {}};
    }
    return refusal{status::bad_request, "The request is malformed."};
}

// absolute-form = ( "http" / "https" ) "://" authority path-abempty [ "?" query ] (RFC 9112, 3.2.2): takes
// the authority off the target, and puts the slash that it may leave out into `room`. False when it is
// neither this nor origin-form.
bool to_origin_form(request& request, std::string& room) {
    std::string_view target = request.target;
    if (target.starts_with('/')) return true;
    const std::size_t colon = target.find("://");
    const std::string_view scheme = target.substr(0, colon);
    if (!iequals(scheme, "http") && !iequals(scheme, "https")) return false;
    target.remove_prefix(std::min(scheme.size() + 3, target.size()));
    const std::size_t end = std::min(target.find_first_of("/?"), target.size());
    request.host = target.substr(0, end);
    request.target = target.substr(end);
    if (!request.target.starts_with('/')) {
        room = '/';
        room += request.target;
        request.target = room;
    }
    return is_authority(request.host);
}

constexpr refusal malformed_target{status::bad_request, "The address is malformed."};

// Splits the target into path and query, and decodes the path. A control character in a path serves nobody
// honest. An encoded slash is no separator (RFC 3986, 2.2) and no segment of ours has one: a decoded one
// would lead past what guards a path in front of this server.
std::optional<refusal> read_path(request& request, std::string& decoded_path) {
    const std::string_view target = request.target;
    const std::size_t mark = std::min(target.find('?'), target.size());
    request.path = target.substr(0, mark);
    request.query = target.substr(std::min(mark + 1, target.size()));
    if (request.path.find('%') != std::string_view::npos) {
        decoded_path.clear();
        if (!percent_decode(decoded_path, request.path, false)) return malformed_target;
        if (std::ranges::count(decoded_path, '/') != std::ranges::count(request.path, '/'))
            return refusal{status::not_found, {}};
        request.path = decoded_path;
    }
    if (std::ranges::any_of(request.path, is_control) || !is_utf8(request.path)) return malformed_target;
    return std::nullopt;
}

// A path like most: a slash, and nothing that has to be split off, decoded or refused.
bool is_simple_path(std::string_view target) noexcept {
    static constexpr char_table simple = letters_digits_and("/-.");
    return target.starts_with('/')
           && std::ranges::all_of(target, [](char c) { return simple[static_cast<unsigned char>(c)]; });
}

// Visible ASCII; a fragment is never sent (RFC 9112, 3.2).
bool may_be_in_target(char c) noexcept {
    return c > ' ' && c < '\x7f' && c != '#';
}

std::optional<refusal> read_target(request& request, std::string& decoded_path) {
    if (request.method == verb::unknown || request.method == verb::connect) {
        return refusal{status::not_implemented, "This method is not supported."};
    }
    if (is_simple_path(request.target)) {
        request.path = request.target;
        return std::nullopt;
    }
    if (request.target == "*" && request.method == verb::options) {
        request.path = request.target;
        return std::nullopt;
    }
    if (!std::ranges::all_of(request.target, may_be_in_target) || !to_origin_form(request, decoded_path))
        return malformed_target;
    return read_path(request, decoded_path);
}

std::optional<refusal> check_limits(
    const request& request, const request_head& head, const parser_limits& limits
) {
    const auto same = [name = host_name(request.host)](const std::string& host) {
        return iequals(host, name);
    };
    if (!limits.allowed_hosts.empty() && std::ranges::none_of(limits.allowed_hosts, same)) {
        return refusal{status::misdirected_request, {}};
    }
    if (head.content_length > limits.body_bytes_max) return refusal{status::payload_too_large, {}};
    return std::nullopt;
}

request_head refused(const refusal& refusal) {
    request_head head;
    head.verdict = verdict::refused;
    head.refusal = refusal;
    return head;
}

}  // namespace

void salvage(std::string_view block, request& request) noexcept {
    request.clear();
    if (block.starts_with("HEAD ")) request.method = verb::head;
    while (!block.empty()) {
        const std::size_t end = std::min(block.find("\r\n"), block.size());
        const std::string_view line = block.substr(0, end);
        block.remove_prefix(std::min(end + 2, block.size()));
        constexpr std::string_view name = "Accept:";
        if (!iequals(line.substr(0, name.size()), name)) continue;
        request.add({field::accept, line.substr(0, name.size() - 1), trim(line.substr(name.size()))});
    }
}

request_head read_head(
    std::string_view bytes, const parser_limits& limits, request& request, std::string& decoded_path
) {
    request.clear();
    const header_block block = find_header_block(bytes, limits.header_bytes_max);
    if (block.verdict == verdict::refused) {
        salvage(bytes.substr(block.begin), request);
        return refused(block.refusal);
    }
    if (block.verdict == verdict::incomplete) return {};

    const std::string_view text = bytes.substr(block.begin, block.end - block.begin);
    if (const auto r = read_fields(text, request)) {
        salvage(text, request);
        return refused(*r);
    }
    if (const auto r = read_target(request, decoded_path)) return refused(*r);
    const message_framing framing = read_framing(request);
    if (framing.refused) return refused(framing.refusal);

    request_head head;
    head.verdict = verdict::complete;
    head.size = block.end;
    head.chunked = framing.chunked;
    head.content_length = framing.content_length;
    head.lacks_length = framing.lacks_length;
    head.expects_continue = framing.expects_continue;
    head.keep_alive = framing.keep_alive;
    if (const auto r = check_limits(request, head, limits)) return refused(*r);
    return head;
}

}  // namespace cookieshop::http
