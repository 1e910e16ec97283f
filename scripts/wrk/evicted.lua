-- More sessions than the server keeps in memory, in rotation: nearly every request is read from the database.
--
--   COOKIES=cookies.txt wrk -t1 -c64 -d5s -s scripts/wrk/evicted.lua http://127.0.0.1:8080/checkout
--
-- Start the server with a cache that is smaller than the sessions of COOKIES: --session-cache 1MiB for
-- 100,000 of them. It is the server that makes the difference; the requests are those of many_sessions.lua,
-- and so are the inputs.

local here = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"
dofile(here .. "many_sessions.lua")
