-- A page for somebody without a cookie.
--
--   wrk -t1 -c64 -d5s -s scripts/wrk/guest.lua http://127.0.0.1:8080/basket
--
-- Without a path in the URL it asks for /basket. No Lua runs while it measures.

local report = dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "./") .. "report.lua")

wrk.path = report.path("/basket")
report.expect({200})
