/// Enough of HTML to read a page as its user does: its text, its forms, its links.

#pragma once

#include "support/wire.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cookieshop::test {

struct element {
    std::string name;                               ///< lower case; "/form" is an end tag
    std::map<std::string, std::string> attributes;  ///< unescaped
    std::string text;                               ///< up to the next tag, unescaped
};

/// Every tag of the page in its order; comments and the doctype are left out.
std::vector<element> elements(std::string_view html);

struct form {
    std::string action;
    std::string method;  ///< upper case
    fields values;       ///< what a browser would send of it untouched, buttons left out
    fields buttons;      ///< name and value
    std::vector<element> controls;
};

std::vector<form> forms(std::string_view html);

/// The first form that leads to that path, whatever its query, and in which `wanted` is among the values or
/// buttons.
std::optional<form> find_form(std::string_view html, std::string_view action, const fields& wanted = {});

/// The text that is seen, runs of white space as one space.
std::string text_of(std::string_view html);

std::string title_of(std::string_view html);
std::string heading_of(std::string_view html);

/// Where its links lead.
std::vector<std::string> links(std::string_view html);

}  // namespace cookieshop::test
