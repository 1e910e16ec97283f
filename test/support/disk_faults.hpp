/// A disk that fails on demand, for everybody and everywhere: no privilege is needed.
///
/// `disk_faults.cpp` is a library that stands between a program and the system's calls, preloaded or linked,
/// and makes those fail that concern the files of a database. What it does is told it through memory that is
/// shared.

#pragma once

#include <atomic>

namespace cookieshop::test {

/// The `errno` with which calls fail; 0: they don't.
struct disk_faults {
    std::atomic<int> write, sync, read, open;
    std::atomic<long> read_from;  // reads of what lies before that in the file work

    void mend() { write = sync = read = open = 0, read_from = 0; }
};

/// Of this process, which is linked with the library.
extern "C" disk_faults* own_disk_faults();

/// The file that the faults of a process are read from, which has the library preloaded.
inline constexpr auto disk_faults_variable = "DISK_FAULTS";

}  // namespace cookieshop::test
