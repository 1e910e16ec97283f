#include "http/framing.hpp"

#include "http/text.hpp"

#include <boost/asio/ip/address_v6.hpp>

#include <algorithm>
#include <charconv>
#include <limits>

namespace cookieshop::http {
namespace {

// RFC 9112, 2.2 asks to ignore "at least one" empty line before the request line; some old clients send them.
constexpr std::size_t empty_lines_max = 4;

constexpr std::string_view not_http = "This is not HTTP.";

header_block refused(status status, std::string_view detail) noexcept {
    header_block block;
    block.verdict = verdict::refused;
    block.refusal = {status, detail};
    return block;
}

std::size_t skip_empty_lines(std::string_view bytes) noexcept {
    std::size_t begin = 0;
    while (begin < 2 * empty_lines_max && bytes.substr(begin).starts_with("\r\n")) begin += 2;
    return begin;
}

// Of what was read, the first thing that is wrong decides, however the bytes are cut into pieces.
header_block too_large(std::string_view read, std::string_view detail, bool in_request_line) noexcept {
    if (!may_become_header(read)) return refused(status::bad_request, not_http);
    return refused(in_request_line ? status::uri_too_long : status::request_header_fields_too_large, detail);
}

bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t';
}

// Between name and value, or behind the value. Precondition: both are views into one header block.
bool has_tab_around_value(const header_line& line) noexcept {
    if (line.value.empty()) return false;
    const char* const name_end = line.name_text.data() + line.name_text.size();
    const char* end = line.value.data() + line.value.size();
    while (*end == ' ') ++end;
    return *end == '\t' || std::find(name_end, line.value.data(), '\t') != line.value.data();
}

}  // namespace

header_block find_header_block(std::string_view bytes, std::size_t bytes_max) noexcept {
    header_block block;
    block.begin = skip_empty_lines(bytes);
    std::size_t lines = 0;
    for (std::size_t line = block.begin;; ++lines) {
        const std::size_t feed = bytes.find('\n', line);
        const std::size_t seen = (feed == std::string_view::npos ? bytes.size() : feed + 1) - block.begin;
        if (seen > bytes_max) {
            const bool in_request_line = lines == 0;
            return too_large(
                bytes.substr(block.begin, bytes_max),
                in_request_line ? "The address is too long." : "The header fields are too large.",
                in_request_line
            );
        }
        if (feed == std::string_view::npos) break;
        if (feed == line || bytes[feed - 1] != '\r')
            return refused(status::bad_request, "A line ends without CR LF.");
        if (feed == line + 1 && lines == 0) return refused(status::bad_request, "There is no request line.");
        if (feed == line + 1) {
            block.verdict = verdict::complete;
            block.end = feed + 1;
            return block;
        }
        if (is_blank(bytes[line])) return refused(status::bad_request, "A line begins with white space.");
        if (lines > header_lines_max) {
            const std::string_view read = bytes.substr(block.begin, feed + 1 - block.begin);
            return too_large(read, "There are too many header fields.", false);
        }
        line = feed + 1;
    }
    if (!may_become_header(bytes.substr(block.begin))) return refused(status::bad_request, not_http);
    return block;
}

bool may_become_header(std::string_view bytes) noexcept {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (bytes[i] == '\r' && i + 1 < bytes.size() && bytes[i + 1] != '\n') return false;
        if (is_control(bytes[i]) && bytes[i] != '\r' && bytes[i] != '\n' && bytes[i] != '\t') return false;
    }
    return bytes.empty() || bytes.front() == '\r' || is_token_char(bytes.front());
}

namespace {

// Collects what the fields say; the first contradiction wins.
class framing_reader {
public:
    explicit framing_reader(request& request) : request_{request} {}

    message_framing read() noexcept {
        for (const header_line& line : request_.headers()) read_line(line);
        check_host();
        check_body();
        framing_.keep_alive = !close_ && (request_.version == 11 || keep_alive_);
        return framing_;
    }

private:
    void read_line(const header_line& line) noexcept {
        switch (line.name) {
        case field::content_length: check_space(line); return read_content_length(line.value);
        case field::transfer_encoding: check_space(line); return read_transfer_encoding(line.value);
        case field::host: return read_host(line.value);
        case field::connection: return read_connection(line.value);
        case field::expect: return read_expect(line.value);
        default: return;
        }
    }

    void refuse(status status, std::string_view detail) noexcept {
        if (framing_.refused) return;
        framing_.refused = true;
        framing_.refusal = {status, detail};
    }

    // A tab is white space like any other (RFC 9110, 5.6.3), but not to every server: some read another value
    // then.
    void check_space(const header_line& line) noexcept {
        if (has_tab_around_value(line))
            refuse(status::bad_request, "A length or a coding stands beside a tab.");
    }

    // Content-Length = 1*DIGIT. RFC 9112, 6.3 lets a server accept equal repetitions; nobody honest sends
    // them.
    void read_content_length(std::string_view value) noexcept {
        if (has_length_) return refuse(status::bad_request, "Content-Length is there twice.");
        has_length_ = true;
        const char* const end = value.data() + value.size();
        const bool digits = !value.empty() && std::ranges::all_of(value, is_digit);
        const auto [stop, error] = std::from_chars(value.data(), end, framing_.content_length);
        if (!digits || stop != end || error != std::errc{}) {
            refuse(status::bad_request, "Content-Length is not a number.");
        }
    }

    // Transfer-Encoding = #transfer-coding (RFC 9112, 6.1). The only value with one reading is a single
    // "chunked".
    void read_transfer_encoding(std::string_view value) noexcept {
        if (has_coding_) return refuse(status::bad_request, "Transfer-Encoding is there twice.");
        has_coding_ = true;
        if (request_.version < 11) return refuse(status::bad_request, "HTTP/1.0 has no Transfer-Encoding.");
        if (iequals(value, "chunked")) {
            framing_.chunked = true;
            return;
        }
        bool unknown = false, chunked_seen = false, ambiguous = value.empty();
        while (!value.empty()) {
            const std::string_view coding = take_part(value, ',');
            const bool chunked = iequals(coding, "chunked");
            ambiguous = ambiguous || chunked_seen || coding.empty() || iequals(coding, "identity");
            chunked_seen = chunked_seen || chunked;
            unknown = unknown || !chunked;
        }
        if (ambiguous || !unknown) return refuse(status::bad_request, "Transfer-Encoding is ambiguous.");
        refuse(status::not_implemented, "No transfer coding but chunked is supported.");
    }

    void read_host(std::string_view value) noexcept {
        if (has_host_) return refuse(status::bad_request, "Host is there twice.");
        has_host_ = true;
        if (!is_authority(value)) return refuse(status::bad_request, "Host is malformed.");
        // The authority of an absolute target overrides it (RFC 9112, 3.2.2).
        if (request_.host.empty()) request_.host = value;
    }

    void read_connection(std::string_view value) noexcept {
        while (!value.empty()) {
            const std::string_view option = take_part(value, ',');
            close_ = close_ || iequals(option, "close");
            keep_alive_ = keep_alive_ || iequals(option, "keep-alive");
        }
    }

    // A request of HTTP/1.0 can't expect anything (RFC 9110, 10.1.1).
    void read_expect(std::string_view value) noexcept {
        if (request_.version < 11) return;
        if (!iequals(value, "100-continue")) return refuse(status::expectation_failed, {});
        framing_.expects_continue = true;
    }

    void check_host() noexcept {
        if (!has_host_ && request_.version >= 11) refuse(status::bad_request, "Host is missing.");
    }

    void check_body() noexcept {
        if (has_length_ && has_coding_) {
            refuse(status::bad_request, "Content-Length and Transfer-Encoding exclude each other.");
        }
        const bool needs_length =
            request_.method == verb::post || request_.method == verb::put || request_.method == verb::patch;
        const bool has_body = framing_.chunked || framing_.content_length > 0;
        framing_.lacks_length = needs_length && !has_length_ && !has_coding_;
        framing_.expects_continue = framing_.expects_continue && has_body;
    }

    request& request_;
    message_framing framing_;
    bool has_length_ = false, has_coding_ = false, has_host_ = false;
    bool close_ = false, keep_alive_ = false;
};

bool is_port(std::string_view text) noexcept {
    if (text.size() > 5) return false;
    unsigned port = 0;
    for (const char c : text) {
        if (!is_digit(c)) return false;
        port = 10 * port + static_cast<unsigned>(c - '0');
    }
    return port <= std::numeric_limits<std::uint16_t>::max();
}

constexpr char_table name_chars = letters_digits_and("-._~");

bool is_name_char(char c) noexcept {
    return name_chars[static_cast<unsigned char>(c)];
}

bool is_ipv6(std::string_view text) noexcept {
    boost::system::error_code error;
    boost::asio::ip::make_address_v6(text, error);
    return !error && text.find('%') == std::string_view::npos;
}

}  // namespace

message_framing read_framing(request& request) noexcept {
    return framing_reader{request}.read();
}

std::string_view host_name(std::string_view authority) noexcept {
    if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
    return authority.substr(0, authority.find(':'));
}

bool is_authority(std::string_view text) noexcept {
    const std::string_view name = host_name(text);
    std::string_view port = text.substr(name.size());
    if (!port.empty() && (port.front() != ':' || !is_port(port.substr(1)))) return false;
    if (name.starts_with('[')) return is_ipv6(name.substr(1, name.size() - 2));
    return !name.empty() && std::ranges::all_of(name, is_name_char);
}

}  // namespace cookieshop::http
