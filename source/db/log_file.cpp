#include "db/log_file.hpp"

#include "db/dialect.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <span>
#include <thread>
#include <vector>

namespace cookieshop::db {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t header_size = 32, frame_header_size = 24;
constexpr std::uint32_t magic = 0x377f0682;  // its last bit: the byte order of what is summed up
constexpr off_t user_version_at = 60;        // in a database

using bytes = std::span<const unsigned char>;

std::uint32_t big_endian(bytes at, std::size_t offset) noexcept {
    std::uint32_t value = 0;
    for (const unsigned char byte : at.subspan(offset, 4)) value = value << 8U | byte;
    return value;
}

std::optional<std::uint32_t> read_number(const fs::path& file, off_t at) noexcept {
    std::array<unsigned char, 4> number{};
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return std::nullopt;
    const ssize_t size = ::pread(descriptor, number.data(), number.size(), at);
    ::close(descriptor);
    if (size != static_cast<ssize_t>(number.size())) return std::nullopt;
    return big_endian(number, 0);
}

struct checksum {
    std::uint32_t a = 0, b = 0;
    bool operator==(const checksum&) const = default;

    // Of whole pairs of 32-bit words.
    void add(bytes data, bool is_big_endian) noexcept {
        const auto word = [&](std::size_t at) {
            const std::uint32_t value = big_endian(data, at);
            return is_big_endian ? value : __builtin_bswap32(value);
        };
        for (std::size_t at = 0; at < data.size(); at += 8) {
            a += word(at) + b;
            b += word(at + 4) + a;
        }
    }
};

checksum stored(bytes at, std::size_t offset) noexcept {
    return {big_endian(at, offset), big_endian(at, offset + 4)};
}

struct salts {
    std::uint32_t serial = 0, random = 0;
    bool operator==(const salts&) const = default;

    // The first number rises by one from generation to generation.
    bool older_than(const salts& other) const noexcept {
        constexpr std::uint32_t generations = 1U << 16U;
        return other.serial - serial - 1 < generations;
    }
};

salts salts_at(bytes at, std::size_t offset) noexcept {
    return {big_endian(at, offset), big_endian(at, offset + 4)};
}

log_generation number(connection& c, std::string_view pragma) {
    long long value = 0;
    c.run(pragma, in(), out(value));
    return static_cast<log_generation>(value);
}

void set(connection& c, const char* pragma, log_generation value) {
    c.sql() << pragma << static_cast<std::int32_t>(value);
}

}  // namespace

std::optional<log_generation> generation_of(const fs::path& log) noexcept {
    return read_number(log, 20);
}

log_generation noted_generation(const fs::path& database) noexcept {
    return read_number(database, user_version_at).value_or(0);
}

// A note's own commit may be the one that begins the log anew. Then another is due, and what the database's file
// has by then can't be said: no generation (0) is noted as the one before.
void note_generation(connection& c, const fs::path& log, log_note& note) {
    for (auto now = generation_of(log); now && *now != note.generation; now = generation_of(log)) {
        c.run(begin_writing(c.dialect()));
        const log_generation noted = number(c, "PRAGMA user_version");
        if (noted != *now) {
            set(c, "PRAGMA application_id = ", note.unfinished ? 0 : noted);
            set(c, "PRAGMA user_version = ", *now);
        }
        note.unfinished = true;
        c.run("COMMIT");
        note.generation = *now;
    }
    note.unfinished = false;
}

log_owner owner_of_log(connection& c, const fs::path& log, log_generation noted) {
    const auto generation = generation_of(log);
    if (generation != number(c, "PRAGMA user_version")) return log_owner::unknown;
    if (noted == *generation) return log_owner::this_database;
    const log_generation before = number(c, "PRAGMA application_id");
    return before == 0 || noted == before ? log_owner::unknown : log_owner::another;
}

namespace {

struct look {
    log_end end = log_end::torn;
    salts generation;
    std::size_t frames = 0;  // that SQLite plays back
    bool operator==(const look&) const = default;
};

look look_at(const fs::path& log) {
    std::ifstream file{log, std::ios::binary};
    std::vector<unsigned char> buffer(header_size);
    const auto read = [&](std::size_t size) {
        buffer.resize(size);
        return bool{file.read(reinterpret_cast<char*>(buffer.data()), static_cast<std::streamsize>(size))};
    };
    look found;
    if (!read(header_size)) {
        if (file.gcount() == 0) found.end = log_end::whole;
        return found;
    }
    const bytes header{buffer};
    const bool is_big_endian = (header[3] & 1U) != 0;
    const std::size_t page_size = big_endian(header, 8);
    found.generation = salts_at(header, 16);
    checksum sum;
    sum.add(header.first(24), is_big_endian);
    const bool is_log = (big_endian(header, 0) | 1U) == (magic | 1U) && sum == stored(header, 24)
                        && page_size >= 512 && page_size <= 65536 && page_size % 8 == 0;
    if (!is_log) return found;

    bool is_broken = false, follows_commit = false;
    while (read(frame_header_size + page_size)) {
        const bytes frame{buffer};
        const bool is_of_generation = salts_at(frame, 8) == found.generation;
        sum.add(frame.first(8), is_big_endian);
        sum.add(frame.subspan(frame_header_size), is_big_endian);
        const bool continues = is_of_generation && stored(frame, 16) == sum;
        if (!is_broken && continues) {
            ++found.frames;
            continue;
        }
        if (!is_broken && salts_at(frame, 8).older_than(found.generation)) {
            found.end = log_end::whole;
            return found;
        }
        if (is_broken && continues && follows_commit) {
            found.end = log_end::damaged;
            return found;
        }
        is_broken = true;
        follows_commit = is_of_generation && big_endian(frame, 4) != 0;
        sum = stored(frame, 16);
    }
    if (!is_broken && file.gcount() == 0) found.end = log_end::whole;
    return found;
}

}  // namespace

log_end end_of_log(const fs::path& log) {
    constexpr int looks_max = 10;
    look last = look_at(log);
    for (int looks = 1; last.end == log_end::damaged && looks < looks_max; ++looks) {
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
        const look again = look_at(log);
        if (again == last) return again.end;
        last = again;
    }
    return last.end;
}

}  // namespace cookieshop::db
