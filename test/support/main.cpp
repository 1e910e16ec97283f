#include "support/source_folder.hpp"

#include <boost/test/unit_test.hpp>

std::filesystem::path cookieshop::test::source_folder() {
    return COOKIESHOP_SOURCE_FOLDER;
}

int main(int argc, char** argv) {
    const auto nothing_to_register = [] { return true; };
    return boost::unit_test::unit_test_main(nothing_to_register, argc, argv);
}
