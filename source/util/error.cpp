#include "cookieshop/util/error.hpp"

namespace cookieshop {
namespace {

// NOLINTNEXTLINE(cppcoreguidelines-virtual-class-destructor): final, and never deleted through its base
class category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "cookieshop"; }

    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
        case errc::gone: return "the session has ended";
        case errc::conflict: return "it was changed meanwhile";
        case errc::exists: return "it exists already";
        case errc::too_large: return "it is over a limit";
        case errc::out_of_range: return "the value is not allowed";
        case errc::too_many: return "it was done too often";
        }
        return "unknown error";
    }
};

}  // namespace

const boost::system::error_category& cookieshop_category() noexcept {
    static const category instance;
    return instance;
}

}  // namespace cookieshop
