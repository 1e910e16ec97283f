-- Cookies of the right form, whose MAC is wrong: another one with each request. They must cost little, and
-- never reach the database; the answer is the guest's.
--
--   COOKIE=… wrk -t1 -c64 -d5s -s scripts/wrk/forged.lua http://127.0.0.1:8080/basket
--
-- COOKIE (or the first line of the file COOKIES) is a real session's: the last eight of its characters are
-- changed, so that all but the MAC is right. Without a path in the URL it asks for /basket. Compare with
-- guest.lua.

local report = dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "./") .. "report.lua")

report.expect({200})

local letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
local first_half, last_half = {}, {}
local n = 0

function init()
    local head, tail = report.around_cookie("GET", report.path("/basket"))
    local cookie = report.cookie()
    if #cookie ~= 44 then report.die("a session's cookie has 44 characters, this one " .. #cookie) end
    local begin = head .. cookie:sub(1, -9)
    for i = 0, 4095 do
        local function letter(k) return letters:sub(k % 64 + 1, k % 64 + 1) end
        local four = letter(i) .. letter(math.floor(i / 64)) .. "x" .. letter(thread_number)
        first_half[i] = begin .. four
        last_half[i] = four .. tail
    end
    report.ready()
end

-- 16 million different ones for each thread.
function request()
    n = n + 1
    return first_half[math.floor(n / 4096) % 4096] .. last_half[n % 4096]
end
