/// A connection to the server, for whatever bytes a test wants to send.

#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cookieshop::test {

using fields = std::vector<std::pair<std::string, std::string>>;

/// A response, and the request that it answers for the message of a test that fails.
struct answer {
    int status = 0;
    std::string reason;
    fields headers;
    std::string body;
    std::string request;  ///< as it was sent

    /// The value of the first header of that name; empty when there is none.
    std::string_view header(std::string_view name) const;
    std::vector<std::string> all(std::string_view name) const;
    bool has(std::string_view name) const { return !all(name).empty(); }
};

std::ostream& operator<<(std::ostream& out, const answer& answer);

/// The server closed the connection before the answer was complete.
struct connection_lost : std::runtime_error {
    using runtime_error::runtime_error;
};

/// Nobody listens: nothing was sent.
struct not_connected : connection_lost {
    using connection_lost::connection_lost;
};

/// Blocks, but never longer than `patience`: then it throws `std::runtime_error`.
class wire {
public:
    explicit wire(std::uint16_t port);
    ~wire();
    wire(const wire&) = delete;
    wire& operator=(const wire&) = delete;

    void send(std::string_view bytes);

    /// Reads one response; an answer to HEAD has no body, whatever its headers say. 1xx is an answer like
    /// others.
    answer receive(bool to_head = false);

    /// True when the server closes without sending a byte more, within `limit`.
    bool is_closed(std::chrono::milliseconds limit);

    /// True when the server has sent anything, or closed, within `limit`. Takes nothing off.
    bool is_readable(std::chrono::milliseconds limit) const;

    /// True when the server resets the connection within `limit`, whatever has not been read of what it sent.
    bool is_reset(std::chrono::milliseconds limit) const;

    /// No more requests will come: closes this side.
    void finish();

    /// Ends the connection as a client does that crashes: RST, not FIN. Nothing else may be called then.
    void reset();

private:
    bool read_more();  // false: the server closed
    std::string take(std::size_t count);
    std::string take_line();
    std::string take_chunks();

    int socket_;
    std::string read_;  // read, but not yet taken
    std::string sent_;  // since the last response
};

}  // namespace cookieshop::test
