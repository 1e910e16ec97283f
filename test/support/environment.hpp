/// What whoever runs a test tells it.

#pragma once

#include <concepts>
#include <cstdlib>
#include <string>

namespace cookieshop::test {

template <std::unsigned_integral Number>
Number number_from_environment(const char* variable, Number otherwise) {
    const char* text = std::getenv(variable);
    return text == nullptr ? otherwise : static_cast<Number>(std::stoull(text));
}

}  // namespace cookieshop::test
