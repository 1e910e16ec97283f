/// Many clients at once, each of which sends what it has to send and reads until the server closes.

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

namespace cookieshop::test {

/// A TCP port of this machine, or a Unix socket.
using endpoint = std::variant<std::uint16_t, std::filesystem::path>;

struct dialogue {
    endpoint server;
    std::string bytes;
    std::size_t piece;          ///< as many bytes are sent at once
    bool half_close;            ///< this side closes behind the last of them
    std::string received = {};  ///< filled in
};

/// All clients send a piece in turn, so that a server has the time of a whole round to read each of them.
/// Throws when nothing moves for `patience`.
void converse(std::vector<dialogue>& dialogues);

/// What a server made of a connection.
struct outcome {
    std::vector<int> answers;  ///< their statuses; 0 for one that is not whole or not HTTP/1.1
    bool interim = false;      ///< 1xx came before one of them
    bool next = false;         ///< the last answer is that to the request that followed
};

/// Takes apart what was received. `head`: the first answer has no content, whatever it says.
outcome read_answers(std::string_view received, bool head);

/// "200 404 next", "200 x 100 next"; "-" for none.
std::string describe(const outcome& outcome);

/// None of what it was sent is answered but by an error at the end, and then the connection is closed.
bool refused(const outcome& outcome);

}  // namespace cookieshop::test
