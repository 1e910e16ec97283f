/// Counts every operator new of the program that links test/support/allocations.cpp.

#pragma once

#include <cstddef>

namespace cookieshop::test {

void count_allocations(bool on);

/// Since the last call.
std::size_t take_allocation_count();

}  // namespace cookieshop::test
