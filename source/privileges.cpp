#include "privileges.hpp"

#include <cap-ng.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace cookieshop::config {
namespace {

/// Of these, those that it has: a container may have taken some.
void choose(std::initializer_list<unsigned> wanted) {
    constexpr auto sets = static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED);
    std::vector<unsigned> kept;
    for (const unsigned capability : wanted) {
        if (capng_have_capability(CAPNG_PERMITTED, capability) != 0) kept.push_back(capability);
    }
    capng_clear(CAPNG_SELECT_CAPS);
    for (const unsigned capability : kept) capng_update(CAPNG_ADD, sets, capability);
}

void become(const passwd& user) {
    choose({CAP_NET_BIND_SERVICE});
    const int failed =
        capng_change_id(static_cast<int>(user.pw_uid), static_cast<int>(user.pw_gid), CAPNG_DROP_SUPP_GRP);
    if (failed != 0) throw std::runtime_error{std::string{"--run-as: can't become "} + user.pw_name};
}

/// Asked for by nobody, so that what forbids it forbids no start.
void stay_root() {
    choose({CAP_NET_BIND_SERVICE, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_CHOWN});
    capng_apply(CAPNG_SELECT_CAPS);
}

}  // namespace

void drop_privileges(const std::string& run_as) {
    const bool root = geteuid() == 0;
    const passwd* user = run_as.empty() ? nullptr : getpwnam(run_as.c_str());
    if (!run_as.empty() && user == nullptr) throw std::runtime_error{"--run-as: there is no user " + run_as};
    if (root && user != nullptr && user->pw_uid != 0)
        become(*user);
    else if (root)
        stay_root();
    else if (user != nullptr && user->pw_uid != geteuid())
        throw std::runtime_error{"--run-as: only root can become " + run_as};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        throw std::system_error{errno, std::system_category(), "no_new_privs"};
}

bool is_user(const std::string& name) {
    return getpwnam(name.c_str()) != nullptr;
}

}  // namespace cookieshop::config
