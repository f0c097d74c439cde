-- The deny list inside nginx: who is refused, whose running transfer is cut.
--
-- One shared dict holds everything, so that all workers see a stop at once and no reload is on
-- the way of one. Keys: 20-byte digests of kind, host and path ("e" exact, "p" prefix). A value
-- is the public block reference; its user flag is the list generation it belongs to. A whole
-- load writes all entries under the next generation and then turns the current one: while it
-- runs both lists deny, so nothing denied ever comes free in between.
--
-- The list is a file the agent writes (edge/store.py): "chuku-deny 1", then batches of lines, each
-- closed by "end <lines> <mark> <prefixes in force>"; the first batch is whole, later ones are
-- changes. nginx loads it by itself at every start, so that denied stays denied when nothing else
-- of ours runs.

local dict = ngx.shared.chuku_deny
local sha1, find, sub, format = ngx.sha1_bin, string.find, string.sub, string.format

local M = {}
local list_file, public_url, page

-- (kind, host, path) -> key. The separators cannot occur in a host name.
local function key(kind, host, path)
    return sha1(kind .. "\0" .. host .. "\0" .. path)
end

local function unescape(text)
    return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- Lines: "+|-<TAB>e|p<TAB>ref<TAB>host<TAB>path", path with control bytes, blanks and % escaped.
local function apply_line(line, generation)
    local sign, kind, ref, host, path = line:match("^([+-])\t([ep])\t([%w_-]+)\t(%S+)\t(/?%S*)$")
    if not sign then
        return nil, "malformed line"
    end
    local k = key(kind, host, unescape(path))
    if sign == "-" then
        dict:delete(k)
        return true
    end
    -- safe_set: a full zone must refuse and alarm, never forget an older stop
    local ok, err = dict:safe_set(k, ref, 0, generation)
    if not ok then
        return nil, err
    end
    return true
end

local function current()
    return dict:get("generation") or 0
end

-- Never dict:set: when the zone is full it would push out an older stop to make room.
local function put(name, value)
    local ok, err = dict:safe_set(name, value)
    if not ok then
        ngx.log(ngx.ERR, "chuku: zone chuku_deny: ", err)
    end
end

-- Running transfers look again whenever the version changes.
local function changed(mark, prefixes)
    put("prefixes", prefixes)
    put("mark", mark)
    dict:incr("version", 1, 0)
end

local function expect_prefixes(n)
    put("prefixes", math.max(tonumber(n), dict:get("prefixes") or 0))
end

local function forget_older(generation)
    for _, k in ipairs(dict:get_keys(0)) do
        if #k == 20 then
            local _, flags = dict:get(k)
            if flags and flags < generation then
                dict:delete(k)
            end
        end
    end
end

-- Loads the whole file; returns the number of lines. `pause` lets other requests run between.
local function load_list(pause)
    local file, err = io.open(list_file, "rb")
    if not file then
        return nil, err
    end
    if file:read("*l") ~= "chuku-deny 1" then
        file:close()
        return nil, "not a deny list"
    end
    local generation, total, n, failed = current() + 1, 0, 0, nil
    local mark, prefixes
    put("prefixes", 2 ^ 30) -- look for prefixes until it is known how many there are
    for line in file:lines() do
        local count, its_mark, its_prefixes = line:match("^end (%d+) (%S+) (%d+)$")
        if not count then
            local ok, why = apply_line(line, generation)
            n, failed = n + 1, failed or (not ok and why) or nil
        elseif tonumber(count) ~= n then
            failed = failed or "lines are missing"
            break
        else
            mark, prefixes, total, n = its_mark, tonumber(its_prefixes), total + n, 0
        end
        if pause and n % 2000 == 1999 then
            pause()
        end
    end
    file:close()
    if failed or not mark then
        -- the old list stays beside what could be read: more denied, never less
        put("mark", "")
        dict:incr("version", 1, 0)
        return nil, failed or "the list is cut short"
    end
    local had_older = current() > 0
    put("generation", generation)
    changed(mark, n == 0 and prefixes or 2 ^ 30)
    if had_older then
        forget_older(generation)
    end
    return total
end

local function lookup(kind, host, path)
    local ref, flags = dict:get(key(kind, host, path))
    if ref and (flags or 0) >= current() then
        return ref
    end
end

local function denied_at(host, path)
    local ref = lookup("e", host, path)
    if ref then
        return ref
    end
    -- a folder's address and its index page are one page
    local other
    if sub(path, -1) == "/" then
        other = path .. "index.html"
    elseif sub(path, -11) == "/index.html" then
        other = sub(path, 1, -11)
    end
    ref = other and lookup("e", host, other)
    if ref then
        return ref
    end
    if (dict:get("prefixes") or 0) == 0 then
        return nil
    end
    -- a prefix covers itself and whole segments below it: /a covers /a/b, never /ab
    local stop = 1
    while stop do
        ref = lookup("p", host, sub(path, 1, stop - 1))
        if ref then
            return ref
        end
        stop = find(path, "/", stop + 1, true)
    end
    return lookup("p", host, path)
end

-- The block reference when (host, path) is denied. ngx.var.uri is what nginx serves: decoded
-- once, dot segments and double slashes removed, query gone. chuku_host (a map in the
-- configuration) is the host in lower case without port; a host that is not in the host map is
-- served as the default host and therefore judged as it.
local function denied_now()
    return denied_at(ngx.var.chuku_host, ngx.var.uri)
end

-- init_by_lua: before the first request of every (re)start.
function M.init(options)
    list_file, public_url = options.list, options.public
    local file = assert(io.open(options.page, "rb"))
    page = file:read("*a")
    file:close()
    dict:incr("version", 1, 0)
    put("instance", format("%d.%d", ngx.now() * 1000, ngx.worker.pid()))
    local n, err = load_list()
    if n then
        ngx.log(ngx.NOTICE, "chuku: deny list loaded, entries: ", n)
    else
        ngx.log(ngx.WARN, "chuku: deny list not loaded whole (", err, ")")
    end
end

-- init_worker_by_lua: a worker whose master was killed would hold the port and the sockets for
-- ever, deaf to the agent of the nginx that is to follow; it leaves instead.
function M.init_worker()
    local ffi = require("ffi")
    ffi.cdef("int getppid(void); int getpid(void); int kill(int pid, int sig);")
    local master = ffi.C.getppid()
    ngx.timer.every(0.25, function(premature)
        if not premature and ffi.C.getppid() ~= master then
            ffi.C.kill(ffi.C.getpid(), 15)
        end
    end)
end

-- access_by_lua: refuse.
function M.access()
    -- read before the look-up: a change in between is then seen by the body filter
    local version = dict:get("version") or 0
    local ref = denied_now()
    if not ref then
        ngx.ctx.chuku_version = version
        return
    end
    local link = public_url .. "/blocked/" .. ref
    local body = page:gsub("@LINK@", (link:gsub("%%", "%%%%"))):gsub("@REF@", ref)
    ngx.status = 451
    local header = ngx.header
    header["Content-Type"] = "text/html; charset=utf-8"
    header["Content-Length"] = #body
    header["Content-Language"] = "zh-Hans, en"
    header["Link"] = "<" .. link .. '>; rel="blocked-by"'
    header["X-Block-Ref"] = ref
    header["Cache-Control"] = "no-store"
    header["Content-Security-Policy"] =
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    header["X-Content-Type-Options"] = "nosniff"
    header["Referrer-Policy"] = "no-referrer"
    ngx.print(body)
    return ngx.exit(ngx.HTTP_OK)
end

-- body_filter_by_lua: cut a running transfer of what was denied meanwhile, and only that.
function M.body()
    local seen = ngx.ctx.chuku_version
    if not seen then
        return
    end
    local version = dict:get("version") or 0
    if version == seen then
        return
    end
    if denied_now() then
        ngx.log(ngx.NOTICE, "chuku: running transfer cut")
        return ngx.ERROR
    end
    ngx.ctx.chuku_version = version
end

local function answer(status, fields)
    ngx.status = status
    ngx.header["Content-Type"] = "application/json"
    local out = {}
    for name, value in pairs(fields) do
        local text = type(value) == "number" and tostring(value)
            or '"' .. tostring(value):gsub('[%c"\\]', "?") .. '"'
        out[#out + 1] = '"' .. name .. '":' .. text
    end
    ngx.say("{" .. table.concat(out, ",") .. "}")
    return ngx.exit(ngx.HTTP_OK)
end

local function state(extra)
    extra = extra or {}
    extra.instance, extra.mark = dict:get("instance") or "", dict:get("mark") or ""
    extra.generation, extra.free = current(), dict:free_space()
    return extra
end

-- The agent's private socket. GET: who are you and what do you hold; PUT: take the list file;
-- POST: take these changes, if you hold what they start from.
function M.control()
    local method = ngx.req.get_method()
    if method == "GET" then
        return answer(200, state())
    end
    if method == "PUT" then
        local n, err = load_list(function() ngx.sleep(0) end)
        if not n then
            return answer(500, state({ error = err }))
        end
        return answer(200, state({ count = n }))
    end
    local headers = ngx.req.get_headers()
    if headers["x-mark-from"] ~= dict:get("mark") then
        return answer(409, state({ error = "another starting point" }))
    end
    ngx.req.read_body()
    local body, generation, failed = ngx.req.get_body_data(), current(), nil
    if not body or not tonumber(headers["x-prefixes"]) then
        return answer(400, state({ error = "no changes could be read" }))
    end
    expect_prefixes(headers["x-prefixes"])
    for line in body:gmatch("[^\n]+") do
        local ok, err = apply_line(line, generation)
        failed = failed or (not ok and err) or nil
    end
    if failed then
        put("mark", "")
        dict:incr("version", 1, 0)
        return answer(500, state({ error = failed }))
    end
    changed(headers["x-mark"], tonumber(headers["x-prefixes"]))
    return answer(200, state())
end

return M
