-- The page of one session, again and again: what the server does at its fastest.
--
--   COOKIE=… wrk -t1 -c64 -d5s -s scripts/wrk/one_session.lua http://127.0.0.1:8080/checkout
--
-- COOKIE is the value of a logged-in session's cookie, which a browser's developer tools show; or COOKIES a
-- file, whose first line counts. Without a path in the URL it asks for /checkout. No Lua runs while it measures.

local report = dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "./") .. "report.lua")

wrk.path = report.path("/checkout")
wrk.headers["Cookie"] = report.cookie_header(report.cookie())
report.expect({200})
