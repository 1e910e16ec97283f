#include "secret_key.hpp"

#include "cookieshop/util/random.hpp"
#include "units.hpp"

#include <fcntl.h>
#include <sodium/utils.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

namespace cookieshop::config {

namespace {

constexpr mode_t owner_only = S_IRUSR | S_IWUSR;
constexpr std::size_t file_size_max = 4096;

[[noreturn]] void fail(const std::string& what, const std::filesystem::path& path) {
    throw std::system_error{errno, std::generic_category(), "can't " + what + " " + path.string()};
}

class file {
public:
    file(const std::filesystem::path& path, int flags)
        : path_{path}, descriptor_{::open(path.c_str(), flags | O_CLOEXEC, owner_only)} {}
    file(const file&) = delete;
    file& operator=(const file&) = delete;
    ~file() {
        if (is_open()) ::close(descriptor_);
    }

    bool is_open() const { return descriptor_ >= 0; }

    void take_from_others() const {
        struct stat status {};
        if (::fstat(descriptor_, &status) != 0) fail("examine", path_);
        if ((status.st_mode & (S_IRWXG | S_IRWXO)) == 0) return;
        if (::fchmod(descriptor_, owner_only) != 0) fail("take the permissions of others from", path_);
    }

    std::size_t read(std::array<char, file_size_max>& into) const {
        std::size_t size = 0;
        while (size < into.size()) {
            const auto count = ::read(descriptor_, into.data() + size, into.size() - size);
            if (count < 0) fail("read", path_);
            if (count == 0) break;
            size += static_cast<std::size_t>(count);
        }
        return size;
    }

    void write(std::string_view text) const {
        while (!text.empty()) {
            const auto count = ::write(descriptor_, text.data(), text.size());
            if (count < 0) fail("write", path_);
            text.remove_prefix(static_cast<std::size_t>(count));
        }
    }

    void flush() const {
        if (::fsync(descriptor_) != 0) fail("flush", path_);
    }

private:
    std::filesystem::path path_;
    int descriptor_;
};

/// None: there is no such file.
std::optional<std::vector<secret>> load(const std::filesystem::path& path) {
    const file source{path, O_RDONLY};
    if (!source.is_open()) {
        if (errno == ENOENT) return std::nullopt;
        fail("open", path);
    }
    source.take_from_others();
    std::array<char, file_size_max> buffer;
    std::string_view text{buffer.data(), source.read(buffer)};
    if (text.size() == buffer.size())
        throw std::invalid_argument{
            path.string() + ": must be shorter than " + std::to_string(buffer.size()) + " bytes"};
    text = text.substr(0, text.find_last_not_of("\r\n") + 1);
    auto keys = parse_secret_keys(text);
    sodium_memzero(buffer.data(), buffer.size());
    if (!keys) {
        throw std::invalid_argument{
            path.string() + ": must be keys of at least " + std::to_string(secret_key_size_min)
            + " characters each, on one line, separated by commas"};
    }
    return keys;
}

struct removal {
    const std::string& path;
    ~removal() { ::unlink(path.c_str()); }
};

/// Written beside it first and then linked: no one ever sees half a key, and a file that is there stays.
void create(const std::filesystem::path& path) {
    const auto unfinished = path.string() + "." + std::string{random_token::generate().view()};
    const file target{unfinished, O_WRONLY | O_CREAT | O_EXCL};
    if (!target.is_open()) fail("create", unfinished);
    const removal afterwards{unfinished};
    target.write(random_token::generate().view());
    target.write(random_token::generate().view());
    target.write("\n");
    target.flush();
    if (::link(unfinished.c_str(), path.c_str()) != 0 && errno != EEXIST) fail("create", path);
}

void flush_directory(const std::filesystem::path& directory) {
    const file opened{directory, O_RDONLY | O_DIRECTORY};
    if (!opened.is_open()) fail("open", directory);
    opened.flush();
}

}  // namespace

std::optional<std::vector<secret>> parse_secret_keys(std::string_view text) {
    constexpr auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
    std::vector<secret> keys;
    for (const std::string_view key : split_list(text)) {
        if (key.size() < secret_key_size_min || std::ranges::any_of(key, is_control)) return std::nullopt;
        keys.emplace_back(key);
    }
    if (keys.empty()) return std::nullopt;
    return keys;
}

std::filesystem::path secret_key_file(const std::filesystem::path& directory) {
    return directory / "secret.key";
}

std::vector<secret> load_or_create_secret_keys(const std::filesystem::path& directory) {
    const auto folder = directory.empty() ? std::filesystem::path{"."} : directory;
    const auto path = secret_key_file(folder);
    if (auto keys = load(path)) return std::move(*keys);
    create(path);
    flush_directory(folder);
    if (auto keys = load(path)) return std::move(*keys);
    throw std::system_error{ENOENT, std::generic_category(), "can't keep " + path.string()};
}

}  // namespace cookieshop::config
