-- What the scripts of this folder share: their inputs, their requests, and the summary that ends a run.
--
-- Not a script for wrk by itself. All scripts read these from the environment:
--
--   COOKIE         the value of a session's cookie, or
--   COOKIES        a file of such values, one a line
--   COOKIE_NAME    the cookie's name; default: session
--   START          the number of the first session to ask with; default: 1
--   CHECK=1        count the answers by their status; costs wrk time, so not while measuring
--
-- The last line that a run prints is a JSON object with the figures, latencies in milliseconds. wrk adds what
-- it thinks that it missed to the latencies (an answer that took longer than twice the usual counts several
-- times).

local report = {}
local threads = {}
local expected

-- wrk goes on when a script fails, without the script: that must not look like a measurement.
function report.die(message)
    io.stderr:write(message, "\n")
    os.exit(2)
end

-- ---- inputs

function report.number(name, default)
    local text = os.getenv(name)
    if not text or text == "" then
        return default or report.die("give " .. name .. " in the environment, a number")
    end
    local number = tonumber(text)
    if not number or number < 1 then report.die(name .. " must be a number from 1, not '" .. text .. "'") end
    return number
end

local function cookie_lines(limit)
    local one, path = os.getenv("COOKIE"), os.getenv("COOKIES")
    if one and one ~= "" then return {one} end
    if not path then report.die("give COOKIE, or COOKIES, a file of one a line, in the environment") end
    local file, problem = io.open(path)
    if not file then report.die("COOKIES: " .. problem) end
    local lines = {}
    for line in file:lines() do
        if line ~= "" then lines[#lines + 1] = line end
        if #lines == limit then break end
    end
    file:close()
    if #lines == 0 then report.die("COOKIES: " .. path .. " is empty") end
    return lines
end

function report.cookie() return cookie_lines(1)[1] end

function report.cookies() return cookie_lines() end

function report.cookie_header(value) return (os.getenv("COOKIE_NAME") or "session") .. "=" .. value end

-- The path of the URL on the command line, or this one where the URL has none.
function report.path(default) return wrk.path ~= "/" and wrk.path or default end

-- How many threads and connections wrk was told to have: it does not say.
function report.option(letter, name, default)
    local file = io.open("/proc/self/cmdline", "rb")
    local words = {}
    for word in file:read("*a"):gmatch("[^%z]+") do words[#words + 1] = word end
    file:close()
    local value = default
    for i, word in ipairs(words) do
        if word == "-" .. letter or word == "--" .. name then value = words[i + 1] end
        value = word:match("^%-" .. letter .. "(%d+)$") or word:match("^%-%-" .. name .. "=(%d+)$") or value
    end
    return tonumber(value)
end

-- ---- requests

-- A request in two parts, between which the value of a cookie goes: put together faster than wrk.format does.
function report.around_cookie(method, path, body, more)
    local place = "@cookie@"
    local headers = {Cookie = report.cookie_header(place)}
    for name, value in pairs(wrk.headers) do headers[name] = value end
    for name, value in pairs(more or {}) do headers[name] = value end
    local text = wrk.format(method, path, headers, body)
    local first, last = text:find(place, 1, true)
    return text:sub(1, first - 1), text:sub(last + 1)
end

-- What a browser sends with a form of the shop's own.
report.form = {["Content-Type"] = "application/x-www-form-urlencoded", ["Sec-Fetch-Site"] = "same-origin"}

-- The number before that of the first item this thread takes: each thread has its own, far from the others'.
-- It is one less because wrk takes one request to look at it before it begins.
function report.before_first(count)
    local offset = math.floor((thread_number - 1) * 0.618 * count)
    return (report.number("START", 1) - 2 + offset) % count
end

-- ---- answers

-- Which statuses are right. They are counted when CHECK is set, or `always`.
function report.expect(statuses, always)
    expected = {}
    for _, status in ipairs(statuses) do expected[status] = true end
    if not always and os.getenv("CHECK") ~= "1" then return end
    status_counts = {}
    function response(status, headers)
        -- A new session, where the one of the cookie should have been found.
        if not always and headers["Set-Cookie"] then status = "Set-Cookie" end
        status_counts[status] = (status_counts[status] or 0) + 1
    end
end

-- Called at the end of an init that took long: the time before it is not the run's.
function report.ready() prepared_cpu = os.clock() end

function setup(thread)
    if not expected then report.die("report.lua is a part of the other scripts, not one by itself") end
    threads[#threads + 1] = thread
    thread:set("thread_number", #threads)
end

local function count_statuses()
    local counts, unexpected, any = {}, 0, false
    for _, thread in ipairs(threads) do
        for status, count in pairs(thread:get("status_counts") or {}) do
            any = true
            counts[status] = (counts[status] or 0) + count
            if not expected[status] then unexpected = unexpected + count end
        end
    end
    return any and counts, unexpected
end

-- {{"name", value}, …} as JSON, in that order; values are numbers, or JSON already.
local function json(fields)
    local parts = {}
    for i, field in ipairs(fields) do
        local value = field[2]
        parts[i] = ('"%s": %s'):format(field[1], type(value) == "number" and ("%.14g"):format(value) or value)
    end
    return "{" .. table.concat(parts, ", ") .. "}"
end

function done(summary, latency)
    local seconds = summary.duration / 1e6
    local rate = summary.requests / seconds
    local size = summary.requests > 0 and summary.bytes / summary.requests or 0
    local errors = summary.errors
    local counts, unexpected = count_statuses()
    local prepared = 0
    for _, thread in ipairs(threads) do prepared = math.max(prepared, thread:get("prepared_cpu") or 0) end
    local times = {}
    for _, percent in ipairs({50, 90, 99, 99.9}) do
        times[#times + 1] = {"p" .. percent, summary.requests > 0 and latency:percentile(percent) / 1000 or 0}
    end
    times[#times + 1] = {"max", summary.requests > 0 and latency.max / 1000 or 0}

    local text = "\n%d answers in %.2f s, %.0f a second, %.0f bytes each"
    print(text:format(summary.requests, seconds, rate, size))
    io.write("  latency        ")
    for _, time in ipairs(times) do io.write(("   %s %.3f ms"):format(time[1], time[2])) end
    print(("\n  not 2xx or 3xx    %d"):format(errors.status))
    print(("  socket errors     connect %d, read %d, write %d, timeout %d"):format(
        errors.connect, errors.read, errors.write, errors.timeout))
    local statuses = {}
    if counts then
        for status, count in pairs(counts) do statuses[#statuses + 1] = {status, count} end
        table.sort(statuses, function(a, b) return tostring(a[1]) < tostring(b[1]) end)
        io.write("  statuses       ")
        for _, status in ipairs(statuses) do io.write(("   %s: %d"):format(status[1], status[2])) end
        print(unexpected > 0 and ("   (%d of them are not what was expected)"):format(unexpected) or "")
    end
    print(json({
        {"requests", summary.requests}, {"seconds", seconds}, {"requests_per_second", rate},
        {"bytes", summary.bytes}, {"latency_ms", json(times)},
        {"errors", json({
            {"status", errors.status}, {"connect", errors.connect}, {"read", errors.read},
            {"write", errors.write}, {"timeout", errors.timeout},
        })},
        {"statuses", counts and json(statuses) or "null"}, {"unexpected", counts and unexpected or "null"},
        {"prepared_cpu_seconds", prepared},
    }))
end

return report
