// Files that are part of the program; `cookieshop_embed` in scripts/cmake/embed.cmake writes the definitions.

#pragma once

#include <span>
#include <string_view>

namespace cookieshop {

struct embedded_file {
    std::string_view name, content;
};

std::span<const embedded_file> embedded_views();  // target cookieshop_views: "login.html", "assets/style.css"
std::span<const embedded_file> embedded_breached_passwords(
);                                                 // target cookieshop_breached_passwords: one file
std::span<const embedded_file> embedded_schema();  // target cookieshop_schema: "schema.sql"

}  // namespace cookieshop
