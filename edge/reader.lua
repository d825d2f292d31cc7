-- Looks at every POST as it passes: whose it is, what it asks for, and what the server's answer comes to. It holds nothing
-- back and keeps no more than a few short strings of a call; the counters and the samples read what it leaves in the
-- metadata `edge`. It is given SLOW_MS, CLIENTS, HELD_BYTES and TOKEN_FILE.

local find, sub, byte, lower, match = string.find, string.sub, string.byte, string.lower, string.match

-- How much of a request is read for its method and tool, and of a name for the samples, in bytes.
local READ_BYTES, NAME_BYTES = 65536, 64

local function first_line(path)
  local file = io.open(path)
  local line = file and file:read("*l")
  if file then file:close() end
  return line ~= "" and line or nil
end

local TOKEN = first_line(TOKEN_FILE)

---------------------------------------------------------------------------------------------------------------------
-- JSON, in pieces. Levels count from the JSON-RPC message: 1 is within it, 2 within its `result`, `error` or `params`;
-- a batch adds one array around.

local function message() return { depth = 0, batch = 0, text = "" } end

-- A value that is no object or array, at level 1 or 2.
local function scalar(m, level, text, quoted)
  if level == 1 then
    if m.key1 == "method" and quoted then m.method, m.named = text, true end
    if m.key1 == "id" and (quoted or text ~= "null") then m.numbered = true end
    m.asks = m.asks or m.named and m.numbered
    if m.key1 == "result" then m.answers = true end
    if m.key1 == "error" and (quoted or text ~= "null") then m.answers, m.rpc_error = true, true end
  elseif m.key1 == "result" then
    if m.key2 == "isError" and text == "true" and not quoted then m.tool_error = true end
  elseif m.key1 == "error" then
    if m.key2 == "code" then m.code = tonumber(text) end
  elseif m.key1 == "params" then
    if m.key2 == "name" and quoted then m.tool = text end
  end
end

-- The end of a number, `true`, `false` or `null`, if there is one.
local function literal(m, level)
  local text = match(m.text, "%S+")
  m.text = ""
  if text and (level == 1 or level == 2) then scalar(m, level, text, false) end
end

local function opened(m, bracket)
  local level = m.depth - m.batch
  if level == 1 and (m.key1 == "error" or m.key1 == "result") then
    m.answers = true
    if m.key1 == "error" then m.rpc_error = true end
  end
  if m.depth == 0 and bracket == "[" then m.batch = 1 end
  m.depth = m.depth + 1
  level = m.depth - m.batch
  m.key = bracket == "{"
  if level == 1 then m.object1, m.key1, m.named, m.numbered = m.key, nil, nil, nil end
  if level == 2 then m.object2, m.key2 = m.key, nil end
end

local function closed(m)
  literal(m, m.depth - m.batch)
  m.depth = m.depth - 1
  m.key = false
  if m.depth == 0 then m.whole = true end
end

-- Reads one more piece of a message.
local function scan(m, piece)
  local at, last = 1, #piece
  while at <= last and not m.broken do
    local level = m.depth - m.batch
    local wanted = level == 1 or level == 2
    if m.escaped then
      m.escaped, at = false, at + 1
    elseif m.quoted then
      local stop = find(piece, '["\\]', at)
      if wanted and #m.text < NAME_BYTES then
        m.text = m.text .. sub(piece, at, math.min((stop or last + 1) - 1, at + NAME_BYTES - 1))
      end
      if not stop then return end
      at = stop + 1
      if byte(piece, stop) == 92 then
        m.escaped = true
      else
        m.quoted = false
        if wanted then
          if not m.key then scalar(m, level, m.text, true)
          elseif level == 1 then m.key1 = m.text
          else m.key2 = m.text end
        end
        m.text = ""
      end
    else
      local stop, _, sign = find(piece, wanted and '(["{}%[%],:])' or '(["{}%[%]])', at)
      if m.depth == 0 and not find(sub(piece, at, (stop or last + 1) - 1), "^[%s\239\187\191]*$") then
        m.broken = true
        return
      end
      local from = m.text == "" and find(piece, "%S", at) or at
      if wanted and #m.text < NAME_BYTES then
        m.text = m.text .. sub(piece, from, math.min((stop or last + 1) - 1, from + NAME_BYTES - 1))
      end
      if not stop then return end
      at = stop + 1
      if sign == '"' then
        m.quoted, m.text, m.broken = true, "", m.depth == 0
      elseif sign == "{" or sign == "[" then
        m.broken = m.whole
        opened(m, sign)
      elseif sign == "}" or sign == "]" then
        m.broken = m.depth == 0
        closed(m)
      elseif sign == ":" then
        m.key, m.text = false, ""
      else
        literal(m, level)
        m.key = level == 1 and m.object1 or level == 2 and m.object2
      end
    end
  end
end

---------------------------------------------------------------------------------------------------------------------
-- Answers. An answer is what one response says in all: its messages, in one JSON body or in the events of a stream.

-- Takes a finished message in. `settled` is when the server has answered what it was asked.
local function take(answer, m)
  if not m then return end
  if m.broken or not m.whole then
    answer.unread = answer.unread or m.broken or m.depth > 0
    return
  end
  answer.settled = answer.settled or m.answers
  answer.rpc_error = answer.rpc_error or m.rpc_error
  answer.tool_error = answer.tool_error or m.tool_error
  answer.code = answer.code or m.code
end

local function json()
  local m = message()
  return {
    piece = function(_, text) scan(m, text) end,
    finish = function(answer) take(answer, m) end,
  }
end

-- An event stream: lines end with LF, CR or both, and the last event needs no blank line after it.
local function events()
  local field, rest, data, after_cr, m = "", false, false, false, nil
  local function line(text)
    if not rest then
      field = field .. text
      local colon = find(field, ":", 1, true)
      if not colon then
        rest = #field > NAME_BYTES
        return
      end
      rest, data = true, match(sub(field, 1, colon - 1), "^[\239\187\191]*(.*)$") == "data"
      text = sub(field, colon + 1)
    end
    if data then
      m = m or message()
      scan(m, text)
    end
  end
  local function ended(answer)
    if field == "" then
      take(answer, m)
      m = nil
    elseif data then
      scan(m, " ")
    end
    field, rest, data = "", false, false
  end
  return {
    streams = true,
    piece = function(answer, text)
      local at, last = 1, #text
      while at <= last do
        local stop = find(text, "[\r\n]", at)
        if stop ~= at then
          line(sub(text, at, (stop or last + 1) - 1))
          after_cr = false
        end
        if not stop then return end
        if not (after_cr and byte(text, stop) == 10) then ended(answer) end
        after_cr = byte(text, stop) == 13
        at = stop + 1
      end
    end,
    finish = function(answer) take(answer, m) end,
  }
end

-- What reads a body with these headers; nil where nothing can.
local function reader(headers)
  local encoding = lower(headers:get("content-encoding") or "identity")
  if encoding ~= "identity" then return nil end
  local kind = match(lower(headers:get("content-type") or ""), "^%s*([^;,%s]+)")
  if kind == "text/event-stream" then return events() end
  if kind == "application/json" or (kind and find(kind, "^application/.+%+json$")) then return json() end
  return nil
end

---------------------------------------------------------------------------------------------------------------------
-- Clients. The bucket of one comes from what a client cannot make up: the subject of its token, else its address; an
-- IPv6 network of 64 bits counts as one, since its owner can use all of it.

local function network(address)
  local v6 = match(address, "^%[(.-)%]")
  if not v6 then return match(address, "^[^:]+") or address end
  local left, right = match(v6, "^(.-)::(.*)$")
  local groups = {}
  for group in string.gmatch(left or v6, "%x+") do groups[#groups + 1] = group end
  local tail = {}
  for group in string.gmatch(right or "", "[%x.]+") do tail[#tail + 1] = group end
  while left and #groups + #tail < 8 do groups[#groups + 1] = "0" end
  for _, group in ipairs(tail) do groups[#groups + 1] = group end
  return table.concat(groups, ":", 1, math.min(4, #groups))
end

local PRIME = 2147483647

local function bucket(info)
  local token = info:dynamicMetadata():get("envoy.filters.http.jwt_authn")
  local subject = token and token.edge and token.edge.sub
  local key = type(subject) == "string" and ("sub " .. subject) or network(info:downstreamRemoteAddress())
  local hash = 0
  for at = 1, #key do hash = (hash * 65599 + byte(key, at)) % PRIME end
  for _ = 1, 2 do hash = hash * 48271 % PRIME end -- after one turn neighbours would still share a bucket
  return tostring(math.floor(hash * CLIENTS / PRIME))
end

---------------------------------------------------------------------------------------------------------------------

local function now(handle) return tonumber(handle:timestamp(EnvoyTimestampResolution.MILLISECOND)) end

-- One table at once: each setting of metadata costs as much as reading a short answer.
local function note(handle, what, value) handle:streamInfo():dynamicMetadata():set("edge", what, value) end

local function plain(name) return name and string.gsub(name, "[^%w_./:-]", "?") or "" end

function envoy_on_request(handle)
  local headers = handle:headers()
  if TOKEN and headers:get("x-preview-token") == TOKEN then
    note(handle, "probe", true)
    handle:clearRouteCache()
  end
  if headers:get(":method") ~= "POST" then return end
  local began = now(handle)
  local call = { client = bucket(handle:streamInfo()) }
  local m, read = message(), 0
  for chunk in handle:bodyChunks() do
    local length = math.min(chunk:length(), READ_BYTES - read)
    if length > 0 then
      scan(m, chunk:getBytes(0, length))
      read = read + length
    end
  end
  call.sent = now(handle)
  call.asks = m.asks or false -- a notification or a client's own answer has no answer to wait for
  call.method = plain(m.method)
  call.tool = m.method == "tools/call" and plain(m.tool) or ""
  -- A stream that is asked for, to hear of changes, has no answer to wait for.
  call.listens = m.method == "subscriptions/listen"
  call.slow_after = call.listens and "87600h" or (call.sent - began + SLOW_MS) .. "ms"
  note(handle, "call", call)
end

function envoy_on_response(handle)
  local found = handle:streamInfo():dynamicMetadata():get("edge")
  local call = found and found.call
  if not call then return end
  local headers = handle:headers()
  local answer, parts, length, said = {}, reader(headers), 0, nil
  -- With 202 the answer may come on another stream.
  local due = call.asks and not call.listens and headers:get(":status") ~= "202"
  local function say()
    answer.ms = answer.ms or math.max(0, now(handle) - call.sent)
    local what = answer.rpc_error and "rpc_error" or answer.tool_error and "tool_error"
      or answer.missing and "none" or answer.unread and not answer.settled and "unread" or "read"
    if what == said then return end
    said = what
    local slow = answer.ms >= SLOW_MS and not call.listens and "true" or "false"
    note(handle, "answer", { what = what, slow = slow, ms = answer.ms, rpc_code = answer.code })
  end
  for chunk in handle:bodyChunks() do
    length = length + chunk:length()
    if parts then parts.piece(answer, chunk:getBytes(0, chunk:length())) end
    -- After HELD_BYTES a client that reads slowly holds the server up.
    if answer.settled or length > HELD_BYTES then say() end
  end
  if parts then parts.finish(answer) else answer.unread = length > 0 end
  -- A stream may end without an answer: its client took the call back, or resumes it.
  if due and not answer.settled and not answer.unread then
    answer.unread = parts and parts.streams
    answer.missing = not answer.unread
  end
  say()
end
