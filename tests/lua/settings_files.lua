-- 200 settings files as people write them: what signing in changes is changed, and every other line, comment and order stays.
local t = dofile "tests/check.lua"
local jsonc, jsonedit = require "qwen.util.jsonc", require "qwen.util.json_edit"

-- Pieces of real files; each is a member at the top, with comments on some lines.
local members = {
  { '"$version": 4' }, { '"theme": "Qwen Dark"', "// looks" }, { '"ui": {', '  "theme": "auto", // by the terminal', '  "hideTips": true', "}" },
  { '"modelProviders": {', '  "openai": [', '    {"id": "own", "envKey": "OWN_KEY", "baseUrl": "https://own.example/v1"}', "  ]", "}" },
  { '"mcpServers": {', '  "files": {', '    "command": "npx", /* node */', '    "args": ["-y", "@scope/server", "/data"]', "  }", "}" },
  { '"env": {', '  "OTHER_KEY": "sk-other", // mine', '  "HTTP_NOTE": "a \\"quoted\\" // not a comment"', "}" },
  { '"security": {', '  "auth": {', '    "selectedType": "gemini"', "  },", '  "folderTrust": {"enabled": true}', "}" },
  { '"model": { "name": "old-model", "maxSessionTurns": 50 }' }, { '"tools": {', '  "allowed": [', '    "Bash(git *)",', '    "edit"', "  ]", "}" },
  { '"context": {"fileName": ["QWEN.md", "Ä.md"]}' }, { '"privacy": {', "  // nothing leaves", '  "usageStatisticsEnabled": false', "}" }, { '"": null' }, { '"a.b": {"c.d": 1.50, "e": 1e3}' },
}

local changes = {
  { { "env", "BAILIAN_CODING_PLAN_API_KEY" }, "sk-sp-x" }, { { "security", "auth", "selectedType" }, "openai" }, { { "model", "name" }, "qwen3.5-plus" },
  { { "codingPlan", "region" }, "china" },
}

-- A file by its number: which members, their order, and how it is written.
local function file(number)
  local seed = number
  local function pick(n)
    seed = (seed * 1103515245 + 12345) % 2147483648
    return seed // 65536 % n
  end
  local unit, eol = ({ "  ", "    ", "\t", "" })[pick(4) + 1], pick(4) == 0 and "\r\n" or "\n"
  local chosen, order = {}, {}
  for i = 1, #members do order[i] = i end
  for i = #order, 2, -1 do
    local k = pick(i) + 1
    order[i], order[k] = order[k], order[i]
  end
  for i = 1, pick(#members) + 1 do chosen[i] = members[order[i]] end
  local out = {}
  if pick(3) == 0 then out[#out + 1] = "// settings of " .. number end
  out[#out + 1] = "{"
  local trailing = pick(3) == 0
  for i, member in ipairs(chosen) do
    local comment = member[2] and member[2]:find "^//" and " " .. member[2] or ""
    local lines = comment ~= "" and { member[1] } or member
    for k, line in ipairs(lines) do
      local indent, rest = line:match "^( *)(.*)$"
      local comma = k == #lines and (i < #chosen or trailing) and "," or ""
      out[#out + 1] = unit .. unit:rep(#indent // 2) .. rest .. comma .. (k == #lines and comment or "")
    end
    if pick(5) == 0 then out[#out + 1] = pick(2) == 0 and "" or unit .. "/* between */" end
  end
  out[#out + 1] = "}"
  return (pick(10) == 0 and "\xef\xbb\xbf" or "") .. table.concat(out, eol) .. (pick(4) == 0 and "" or eol), eol
end

local function set(value, path, new)
  for i = 1, #path - 1 do
    if type(value[path[i]]) ~= "table" then value[path[i]] = {} end
    value = value[path[i]]
  end
  value[path[#path]] = new
end

-- A line without what an edit may add to it: a comma at its end, or the new value of a member.
local function bare(line)
  return (line:gsub("\r$", ""):gsub(",(%s*)$", "%1"):gsub(",(%s*//.*)$", "%1"):gsub(",(%s*/%*.*)$", "%1"))
end

local seen = {}
for number = 1, 200 do
  local text, eol = file(number)
  local name = "file " .. number
  seen[text] = true
  local want = assert(jsonc.parse(text), name)
  local edited = text
  for _, change in ipairs(changes) do
    set(want, change[1], change[2])
    edited = assert(jsonedit.edit(edited, change[1], change[2]))
  end
  t.eq(jsonc.parse(edited), want, name .. ": what it says")
  local kept, at = {}, 1
  for line in (edited .. "\n"):gmatch "([^\n]*)\n" do kept[#kept + 1] = bare(line) end
  local lost
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    local plain, from = bare(line), at
    local changed = plain:find "selectedType" or plain:find "old%-model"
    while not changed and kept[at] and kept[at] ~= plain do at = at + 1 end
    if not changed and not kept[at] then
      lost, at = lost or plain, from
    end
  end
  t.eq(lost, nil, name .. ": every other line, in its order")
  local _, ends = edited:gsub("\n", "")
  local _, dos = edited:gsub("\r\n", "")
  t.eq(dos, eol == "\r\n" and ends or 0, name .. ": line ends")
  t.eq(edited:sub(1, 3) == "\xef\xbb\xbf", text:sub(1, 3) == "\xef\xbb\xbf", name .. ": byte order mark")
  for _, change in ipairs(changes) do edited = jsonedit.edit(edited, change[1], change[2]) end
  local again = edited
  for _, change in ipairs(changes) do again = jsonedit.edit(again, change[1], change[2]) end
  t.eq(again, edited, name .. ": the same change again changes nothing")
end
local count = 0
for _ in pairs(seen) do count = count + 1 end
t.ok(count >= 195, "different files: " .. count)
t.done()
