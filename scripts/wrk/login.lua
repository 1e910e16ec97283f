-- Logins: each costs the server one argon2id hash.
--
--   USERS=1000 wrk -t1 -c8 -d5s -s scripts/wrk/login.lua http://127.0.0.1:8080
--
-- The users user1@example.com to user$USERS@example.com in turn, who must be there
-- (build/release/benchmark/seed makes them); PASSWORD, as it stands in a form, is theirs, default:
-- a+reef+of+quiet+otters. With more than 64 connections for each of the server's password workers some are
-- refused with 503. Right is 303.

local report = dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "./") .. "report.lua")

report.expect({303}, true)

local password = os.getenv("PASSWORD") or "a+reef+of+quiet+otters"
local users = report.number("USERS")
local at

function init() at = report.before_first(users) end

function request()
    at = at % users + 1
    local body = ("email=user%d%%40example.com&password=%s"):format(at, password)
    return wrk.format("POST", "/login", report.form, body)
end
