#include "cookieshop/util/secret.hpp"

#include <sodium/utils.h>

namespace cookieshop {

void secret::wipe() noexcept {
    sodium_memzero(text_.data(), text_.size());
    text_.clear();
}

}  // namespace cookieshop
