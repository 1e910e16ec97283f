/// Text that must not outlive its use: a password, a key. Wiped when it dies, and nothing prints it.

#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace cookieshop {

class secret {
public:
    secret() = default;
    explicit secret(std::string_view text) : text_{text} {}
    secret(const secret&) = default;
    secret& operator=(const secret& other) {
        if (this != &other) {
            wipe();
            text_ = other.text_;
        }
        return *this;
    }
    // A short string lives inside the object: it is copied, and the source is wiped.
    // NOLINTNEXTLINE(performance-move-constructor-init)
    secret(secret&& other) noexcept : text_{other.text_} { other.wipe(); }
    secret& operator=(secret&& other) noexcept {
        if (this != &other) {
            wipe();
            text_.swap(other.text_);
        }
        return *this;
    }
    ~secret() { wipe(); }

    std::string_view reveal() const noexcept { return text_; }
    bool empty() const noexcept { return text_.empty(); }

private:
    void wipe() noexcept;

    std::string text_;
};

}  // namespace cookieshop
