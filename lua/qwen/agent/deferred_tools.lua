-- Tools whose definition a model gets only when it asks for it: the first request names them in
-- `tool_search`, and they are offered from the moment on in which they were found or called.
local window = require "qwen.agent.window"

local M = {}

local SEARCH = "tool_search"
local MOST_OF_SERVERS = 20 -- tools of tool servers that are offered at once
local MOST_NAMES = 2000 -- bytes of the names in the words of the search
local OURS = { shipped = true, agents = true, skills = true }
-- Words of a question that say nothing about a tool.
local EMPTY = {}
for word in ("the and for with what which how does can this that from into use tool tools"):gmatch "%a+" do
  EMPTY[word] = true
end
-- What tools.eager says nothing about: tools that are found by nobody, or that people wait for.
local ALWAYS = { tool_search = true, structured_output = true, enter_plan_mode = true,
  exit_plan_mode = true, ask_user_question = true, task_stop = true }

local function set_of(list)
  local set = {}
  for _, name in ipairs(list or {}) do set[name] = true end
  return set
end

local function of_server(entry) return entry.tier:find "^mcp:" ~= nil end

-- What the person's settings say about which tools wait.
local function wishes(ctx, entries)
  local eager, count = ctx.settings:get "tools.eager", 0
  for _, entry in ipairs(entries) do count = count + (of_server(entry) and 1 or 0) end
  return { visible = set_of(ctx.settings:get "tools.visible"), eager = eager and set_of(eager),
    crowd = count > MOST_OF_SERVERS }
end

local function waits(ctx, entry, wish)
  if wish.visible[entry.name] or entry.name == SEARCH then return false end
  if of_server(entry) then return wish.crowd end
  local passed_over = wish.eager and OURS[entry.tier] and not wish.eager[entry.name]
  local deferred = entry.value.deferred
  if type(deferred) == "function" then deferred = deferred(ctx) end
  return deferred == true or passed_over and not ALWAYS[entry.name] or false
end

-- Whether all definitions fit into the part of the window that the person gave to them.
local function fit(ctx, hidden, size)
  local percent = ctx.settings:get "tools.toolSearch.threshold" or 0
  if percent <= 0 or not ctx.model then return false end
  local bytes = 0
  for _, entry in ipairs(hidden) do bytes = bytes + size(entry) end
  return bytes / window.token(ctx) <= window.size(ctx.model) * percent / 100
end

---Divides tools into those that are offered and those that wait to be found.
---@param ctx Ctx
---@param entries {name: string, tier: string, value: Tool}[] all that may be offered
---@param size fun(entry: table): integer bytes of a definition
---@return table[] offered those that were found are the last, in the order in which they were
---@return table[] hidden all that are found by the search, also those that were found
function M.split(ctx, entries, size)
  local offered, hidden, by_name, search = {}, {}, {}, nil
  local wish = wishes(ctx, entries)
  for _, entry in ipairs(entries) do
    if entry.name == SEARCH then search = entry
    elseif waits(ctx, entry, wish) then
      hidden[#hidden + 1] = entry
      by_name[entry.name] = entry
    else offered[#offered + 1] = entry end
  end
  if not hidden[1] then return offered, hidden end
  if not search or ctx.settings:get "tools.toolSearch.enabled" == false or fit(ctx, hidden, size) then
    return table.move(hidden, 1, #hidden, #offered + 1, offered), {}
  end
  offered[#offered + 1] = search
  for _, name in ipairs(ctx.found_tools) do offered[#offered + 1] = by_name[name] end
  return offered, hidden
end

---The words that the model reads about a tool that finds others: its own, and the names of these.
---@param entry {value: Tool}
---@param hidden table[]
---@return string
function M.describe(entry, hidden)
  local names, bytes = {}, 0
  for i, each in ipairs(hidden) do
    bytes = bytes + #each.name + 2
    if bytes > MOST_NAMES then
      names[i] = ("and %d more"):format(#hidden - i + 1)
      break
    end
    names[i] = each.name
  end
  return entry.value.summary .. table.concat(names, ", ")
end

-- How well a tool fits words: a name that has one counts more than what is said of it.
local function score(each, words)
  local name, said, sum = each.name:lower(), each.summary:lower(), 0
  for _, word in ipairs(words) do
    if name == word then sum = sum + 10
    elseif name:find(word, 1, true) then sum = sum + 5
    elseif said:find(word, 1, true) then sum = sum + 1 end
  end
  return sum
end

---Tools that wait, by `select:NAME,NAME` or by words; the best first.
---@param list {name: string, summary: string, schema: table}[] those that wait: view.waiting
---@param query string
---@param most integer
---@return {name: string, summary: string, schema: table}[]
---@return string[] more of `select:`, names of which there is none; else, names that fit less
---@return boolean named whether it was `select:`
function M.find(list, query, most)
  local found, more = {}, {}
  local named = query:lower():match "^%s*select:(.*)$"
  if named then
    for name in named:gmatch "[^,%s]+" do
      local at
      for i, each in ipairs(list) do if each.name:lower() == name then at = i end end
      if at then found[#found + 1] = list[at] else more[#more + 1] = name end
    end
    return found, more, true
  end
  local words, scores = {}, {}
  for word in query:lower():gmatch "[%w_\128-\255]+" do
    if #word > 2 and not EMPTY[word] then words[#words + 1] = word end
  end
  for _, each in ipairs(list) do
    scores[each] = score(each, words)
    if scores[each] > 0 then found[#found + 1] = each end
  end
  table.sort(found, function(a, b)
    if scores[a] ~= scores[b] then return scores[a] > scores[b] end
    return a.name < b.name
  end)
  for i = #found, most + 1, -1 do table.insert(more, 1, (table.remove(found, i)).name) end
  return found, more, false
end

return M
