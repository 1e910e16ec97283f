#include <boost/test/unit_test.hpp>

int main(int argc, char** argv) {
    const auto nothing_to_register = [] { return true; };
    return boost::unit_test::unit_test_main(nothing_to_register, argc, argv);
}
