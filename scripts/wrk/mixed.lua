-- What a shop sees: of a hundred requests 99 look at a page, and one changes a basket, each with the next
-- session's cookie.
--
--   COOKIES=cookies.txt wrk -t1 -c64 -d5s -s scripts/wrk/mixed.lua http://127.0.0.1:8080/checkout
--
-- COOKIES is a file with one cookie's value a line. Without a path in the URL it looks at /checkout. The
-- looks are those of many_sessions.lua, the changes those of basket.lua.

local here = debug.getinfo(1, "S").source:match("^@(.*/)") or "./"
dofile(here .. "basket.lua")
local init_changes, change = init, request
dofile(here .. "many_sessions.lua")
local init_looks, look = init, request
local report = dofile(here .. "report.lua")

report.expect({200, 303})

function init()
    init_changes()
    init_looks()
end

local n = 0

function request()
    n = n + 1
    if n % 100 == 0 then return change() end
    return look()
end
