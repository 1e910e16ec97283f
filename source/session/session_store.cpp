#include "cookieshop/session/session_store.hpp"

namespace cookieshop::session {

session_ptr session_store::peek(std::string_view, time_point) noexcept {
    return nullptr;
}

}  // namespace cookieshop::session
