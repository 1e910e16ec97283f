-- Changes of the basket, each of them answered after its commit.
--
--   COOKIES=cookies.txt wrk -t1 -c64 -d5s -s scripts/wrk/basket.lua http://127.0.0.1:8080
--
-- COOKIES is a file with one cookie's value a line, more of them than there are connections. All sessions in
-- turn put a linzer cookie into their baskets, then all in turn take them out again, so that no basket ever
-- has too many.

local report = dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "./") .. "report.lua")

report.expect({303})

local cookies, at
local adding, left = true, nil
local add_head, add_tail, remove_head, remove_tail

function init()
    cookies = report.cookies()
    add_head, add_tail = report.around_cookie("POST", "/basket", "cookie=linzer&quantity=1", report.form)
    remove_head, remove_tail = report.around_cookie("POST", "/basket/remove", "cookie=linzer", report.form)
    at = report.before_first(#cookies)
    left = #cookies + 1
    report.ready()
end

function request()
    at = at % #cookies + 1
    if left == 0 then adding, left = not adding, #cookies end
    left = left - 1
    if adding then return add_head .. cookies[at] .. add_tail end
    return remove_head .. cookies[at] .. remove_tail
end
