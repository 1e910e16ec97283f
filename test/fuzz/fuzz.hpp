// What the fuzz targets share.
//
// A target is a function of any bytes at all that demands what must hold for them. libFuzzer looks for bytes
// for which it does not hold (`scripts/fuzz`); `replay.cpp` runs the target over those that are kept in
// `seeds/` and `found/`.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace cookieshop::fuzz {

// Ends the process where something does not hold: the fuzzer then keeps the input.
inline void demand(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

// Takes an input apart into texts, so that seeds can be written and read by people.
class input {
public:
    input(const std::uint8_t* data, std::size_t size) : rest_{reinterpret_cast<const char*>(data), size} {}

    bool empty() const noexcept { return rest_.empty(); }

    // Up to the next separator, which is dropped, or to the end.
    std::string_view take(std::string_view separator) noexcept {
        const std::size_t end = std::min(rest_.find(separator), rest_.size());
        const std::string_view taken = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + separator.size(), rest_.size()));
        return taken;
    }

    std::string_view line() noexcept { return take("\n"); }

    // Lines, up to a line "---".
    std::string_view part() noexcept {
        constexpr std::string_view end = "---\n";
        if (!rest_.starts_with(end)) return take("\n---\n");
        rest_.remove_prefix(end.size());
        return {};
    }

    // The next byte, or 0 at the end.
    unsigned char byte() noexcept {
        if (rest_.empty()) return 0;
        const auto taken = static_cast<unsigned char>(rest_.front());
        rest_.remove_prefix(1);
        return taken;
    }

    std::string_view rest() const noexcept { return rest_; }

private:
    std::string_view rest_;
};

}  // namespace cookieshop::fuzz
