-- The page of one session at a given rate, to see how long an answer takes below saturation.
--
--   RATE=20000 COOKIE=… wrk -t1 -c256 -d5s -s scripts/wrk/paced.lua http://127.0.0.1:8080/checkout
--
-- RATE is in requests a second, of all threads and connections together; COOKIE is the value of a logged-in
-- session's cookie, or COOKIES a file, whose first line counts. Without a path in the URL it asks for
-- /checkout.
--
-- Requests come at times that are fixed beforehand, whatever the server does, with gaps of random length; the
-- connection that is free next takes the next one. wrk's timers have steps of a millisecond: what is due
-- within one is sent in one go, and is a short queue in front of the server. Latency counts from the sending.

local report = dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "./") .. "report.lua")
local ffi = require("ffi")

ffi.cdef("typedef struct { long seconds, nanoseconds; } moment; int clock_gettime(int clock, moment *now);")
local moment = ffi.new("moment")
local monotonic = 1

local function milliseconds()
    ffi.C.clock_gettime(monotonic, moment)
    return tonumber(moment.seconds) * 1e3 + tonumber(moment.nanoseconds) / 1e6
end

wrk.path = report.path("/checkout")
wrk.headers["Cookie"] = report.cookie_header(report.cookie())
report.expect({200})

function init() math.randomseed(thread_number) end

local gap = 1000 * report.option("t", "threads", 2) / report.number("RATE")
local due

-- How long the connection that asks shall wait, in milliseconds. The schedule belongs to the whole thread.
function delay()
    local now = milliseconds()
    due = (due or now) + gap * 2 * math.random()
    if due < now - 1000 then due = now end -- it can't be kept; the rate that was reached tells
    return math.max(0, math.floor(due - now + math.random()))
end
