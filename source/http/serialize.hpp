// From a response to its bytes, by hand: Beast's serializer costs more than the rest of a request together.

#pragma once

#include "cookieshop/http/exchange.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace cookieshop::http {

// One an io thread.
class serializer {
public:
    // Appends the response to `out`: status line, the fields that every response has, its own, the body.
    // Returns what must follow but is not copied: the static body.
    std::string_view append(std::string& out, const exchange& exchange, bool keep_alive);

private:
    std::string_view date_line(time_point now);

    std::chrono::sys_seconds date_{std::chrono::seconds{-1}};
    std::array<char, 64> date_line_{};  // laid out once a second
    std::size_t date_line_size_ = 0;
};

}  // namespace cookieshop::http
