#include "db/migrations.hpp"

#include <stdexcept>
#include <utility>

namespace cookieshop::db {

namespace {

constexpr std::string_view header = "-- migration ";
constexpr std::string_view blanks = " \t\r";

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string_view take_line(std::string_view& text) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

struct schema_line {
    std::string_view sql, comment;

    explicit schema_line(std::string_view line) {
        const auto start = line.find("--");
        sql = trim(line.substr(0, start));
        if (start != std::string_view::npos) comment = trim(line.substr(start + 2));
    }

    bool is_for(dialect dialect) const noexcept {
        if (comment == "sqlite") return dialect == dialect::sqlite;
        if (comment == "postgresql") return dialect == dialect::postgresql;
        return true;
    }
};

void require_end(const std::string& statement) {
    if (!statement.empty()) throw std::invalid_argument{"schema: a statement without its ';': " + statement};
}

}  // namespace

std::vector<migration> read_migrations(std::string_view schema, dialect dialect) {
    std::vector<migration> migrations;
    std::string statement;
    while (!schema.empty()) {
        const std::string_view text = take_line(schema);
        if (text.starts_with(header)) {
            require_end(statement);
            migrations.emplace_back();
            const std::string number = std::to_string(migrations.size());
            if (!text.substr(header.size()).starts_with(number + ':'))
                throw std::invalid_argument{"schema: migration " + number + " is missing"};
        }
        const schema_line line{text};
        if (line.sql.empty() || !line.is_for(dialect)) continue;
        if (migrations.empty()) throw std::invalid_argument{"schema: SQL before the first migration"};
        statement.append(line.sql).push_back('\n');
        if (line.sql.ends_with(';')) migrations.back().push_back(std::exchange(statement, {}));
    }
    require_end(statement);
    return migrations;
}

}  // namespace cookieshop::db
