/// Whether a request that changes something comes from this site (OWASP CSRF cheat sheet, ASVS 3.5.1).
///
/// First `Sec-Fetch-Site`: "same-origin" and "none" pass, anything else does not. Where it is absent,
/// `Origin` against `Host`; "null" is another site. Where both are absent, a form post that carries a session
/// needs its `csrf_token`.

#pragma once

#include "cookieshop/http/exchange.hpp"
#include "cookieshop/http/form.hpp"
#include "cookieshop/session/session.hpp"

namespace cookieshop::auth {

enum class origin {
    same,     ///< the browser says so
    other,    ///< refuse with 403
    unknown,  ///< neither header: no browser of today
};

origin origin_of(const http::request& request) noexcept;

/// The same for a link that was followed, or an image: where `origin_of` knows nothing, `Referer` decides.
/// Browsers send it on plain HTTP, too, unless the page that has the link forbids it.
origin origin_of_link(const http::request& request) noexcept;

/// Both layers. Constant time in the token.
bool from_this_site(
    const http::exchange& exchange, const session::session& session, const http::form& form
) noexcept;

}  // namespace cookieshop::auth
