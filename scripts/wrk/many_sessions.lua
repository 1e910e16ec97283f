-- The page of many sessions in rotation, each request with the next one's cookie.
--
--   COOKIES=cookies.txt wrk -t1 -c64 -d5s -s scripts/wrk/many_sessions.lua http://127.0.0.1:8080/checkout
--
-- COOKIES is a file with one cookie's value a line, as this makes one, for a server on that database:
--
--   build/release/benchmark/seed --database sqlite3://shop.db --sessions 100000 >cookies.txt
--
-- (scripts/bench builds it.) START is the line to begin with. Each thread of wrk begins at a place of its own. Without a path in the URL it asks for
-- /checkout. Requests are put together before the run: 150 bytes a session and thread.

local report = dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "./") .. "report.lua")

report.expect({200})

local requests = {}
local count, at

function init()
    local head, tail = report.around_cookie("GET", report.path("/checkout"))
    for i, cookie in ipairs(report.cookies()) do requests[i] = head .. cookie .. tail end
    count = #requests
    at = report.before_first(count)
    report.ready()
end

function request()
    at = at % count + 1
    return requests[at]
end
