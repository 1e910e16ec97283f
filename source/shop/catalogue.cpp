#include "shop/catalogue.hpp"

#include <algorithm>

namespace cookieshop::shop {

const cookie* find_cookie(std::string_view id) noexcept {
    const auto found = std::ranges::find(catalogue, id, &cookie::id);
    return found == catalogue.end() ? nullptr : &*found;
}

}  // namespace cookieshop::shop
