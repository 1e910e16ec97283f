#include "support/disk_faults.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string_view>

using cookieshop::test::disk_faults;

namespace {

disk_faults of_this_process;

disk_faults* find_faults() {
    const char* path = std::getenv(cookieshop::test::disk_faults_variable);
    if (path == nullptr) return &of_this_process;
    const int file = ::open(path, O_RDWR | O_CLOEXEC);
    void* shared = ::mmap(nullptr, sizeof(disk_faults), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (shared == MAP_FAILED) std::abort();  // a test must not pass because nothing fails
    ::close(file);
    return static_cast<disk_faults*>(shared);
}

disk_faults& faults() {
    static disk_faults* const found = find_faults();
    return *found;
}

bool is_of_a_database(std::string_view path) {
    for (const char* suffix : {".db", ".db-wal", ".db-shm", ".db-lock"})
        if (path.ends_with(suffix)) return true;
    return false;
}

bool is_of_a_database(int file) {
    std::array<char, 32> link{};
    std::array<char, 4096> path{};
    std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", file);
    const ssize_t size = ::readlink(link.data(), path.data(), path.size());
    return size > 0 && is_of_a_database(std::string_view{path.data(), static_cast<std::size_t>(size)});
}

// True: the call fails.
template <class File>
bool fails(const std::atomic<int>& fault, File file) {
    const int error = fault.load();
    if (error == 0 || !is_of_a_database(file)) return false;
    errno = error;
    return true;
}

template <class Function>
Function* next(Function*, const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

disk_faults* cookieshop::test::own_disk_faults() {
    return &faults();
}

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)
ssize_t pwrite64(int file, const void* data, std::size_t size, off64_t at) {
    static auto* const real = next(&::pwrite64, "pwrite64");
    return fails(faults().write, file) ? -1 : real(file, data, size, at);
}

ssize_t pread64(int file, void* data, std::size_t size, off64_t at) {
    static auto* const real = next(&::pread64, "pread64");
    return at >= faults().read_from && fails(faults().read, file) ? -1 : real(file, data, size, at);
}

int ftruncate64(int file, off64_t size) noexcept {
    static auto* const real = next(&::ftruncate64, "ftruncate64");
    return fails(faults().write, file) ? -1 : real(file, size);
}

int fdatasync(int file) {
    static auto* const real = next(&::fdatasync, "fdatasync");
    return fails(faults().sync, file) ? -1 : real(file);
}

// The system's for SQLite, the other for us, whose way to `faults` leads through it too.
#define INTERPOSE(name)                                                                                      \
    int name(const char* path, int flags, ...) {                                                             \
        static auto* const real = next(&::name, #name);                                                      \
        std::va_list rest;                                                                                   \
        va_start(rest, flags);                                                                               \
        const int mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, int) : 0;                       \
        va_end(rest);                                                                                        \
        const bool concerned =                                                                               \
            (flags & (O_WRONLY | O_RDWR)) != 0 && is_of_a_database(std::string_view{path});                  \
        if (concerned && fails(faults().open, std::string_view{path})) return -1;                            \
        return real(path, flags, mode);                                                                      \
    }
INTERPOSE(open64)
INTERPOSE(open)
#undef INTERPOSE
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
}
