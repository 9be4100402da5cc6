-- House rule: the rooms of lua/qwen. A file uses its own layer and those before it, whatever way it names a module: by `require`, by the
-- API table, or as a string that is a module's name. No cycles, nothing that nobody reaches. Prints the graph of the folders.
local t = dofile "tests/check.lua"
local tree = dofile "tests/tree.lua"

local layers = { "util", "config", "net", "session", "permission", "extension", "credential", "model", "auth", "usage", "provider",
  "agent", "ui" }
local root = { main = true, ctx = true, run = true, api = true, testing = true } -- these know everybody
local rank = {}
for i, name in ipairs(layers) do rank[name] = i end

-- The layer of a module: a name of the list, "root", or nil for what is no part of lua/qwen.
local function layer_of(module)
  local first, second = module:match "^qwen%.([%w_]+)%.?([%w_.]*)$"
  if not first then return nil end
  return second ~= "" and first or "root"
end

local function rank_of(layer) return layer == "root" and #layers + 1 or rank[layer] end

-- The modules that a text names, but for itself: required, in a string, or through the API table.
local function uses(text, self, modules, api)
  local code, out = tree.lua_code(text), {}
  for name in code:gmatch "[\"']([%w_.]+)[\"']" do
    if modules[name] and name ~= self then out[name] = true end
  end
  for path in code:gmatch "[\"']lua/([%w_/]+)%.lua[\"']" do -- the source of a module, for another interpreter
    local name = path:gsub("/", ".")
    if modules[name] and name ~= self then out[name] = true end
  end
  for name in code:gmatch "%f[%w_.]qwen%.([%w_]+)%f[^%w_]" do
    if api[name] and api[name] ~= self then out[api[name]] = true end
  end
  for name in code:gmatch "%f[%w_.]qwen%.x%.([%w_]+)" do
    if api["x." .. name] and api["x." .. name] ~= self then out[api["x." .. name]] = true end
  end
  return out
end

local function upward(graph)
  local out = {}
  for from, list in pairs(graph) do
    for to in pairs(list) do
      local a, b = layer_of(from), layer_of(to)
      if a and b and rank_of(b) > rank_of(a) then out[#out + 1] = from .. " -> " .. to end
    end
  end
  table.sort(out)
  return out
end

local function sorted(set)
  local out = {}
  for name in pairs(set) do out[#out + 1] = name end
  table.sort(out)
  return out
end

-- Depth first; the first way that comes back to itself.
local function cycle(graph)
  local state = {}
  local function visit(name, way)
    if state[name] == "done" then return end
    way = way .. (way == "" and "" or " -> ") .. name
    if state[name] == "open" then return way end
    state[name] = "open"
    for _, next_one in ipairs(sorted(graph[name] or {})) do
      local found = visit(next_one, way)
      if found then return found end
    end
    state[name] = "done"
  end
  for _, name in ipairs(sorted(graph)) do
    local found = visit(name, "")
    if found then return found end
  end
end

local function reached(graph, start)
  local seen, list = { [start] = true }, { start }
  for _, name in ipairs(list) do
    for next_one in pairs(graph[name] or {}) do
      if not seen[next_one] then
        seen[next_one] = true
        list[#list + 1] = next_one
      end
    end
  end
  return seen
end

-- Each rule catches an offender.
local known = { ["qwen.util.a"] = true, ["qwen.ui.b"] = true }
local told = { files = "qwen.ui.b", ["x.files"] = "qwen.ui.b" }
t.eq(uses('local b = require "qwen.ui.b"', "qwen.util.a", known, {}), { ["qwen.ui.b"] = true }, "a require is seen")
t.eq(uses('forms = { md = { "qwen.ui.b", "command" } }', "qwen.util.a", known, {}), { ["qwen.ui.b"] = true }, "so is a name in a table")
t.eq(uses("return qwen.x.files.walk()", "qwen.util.a", known, told), { ["qwen.ui.b"] = true }, "and a name of the API")
t.eq(uses('-- require "qwen.ui.b"', "qwen.util.a", known, told), {}, "a comment is not")
t.eq(upward { ["qwen.util.a"] = { ["qwen.ui.b"] = true } }, { "qwen.util.a -> qwen.ui.b" }, "an edge upwards is caught")
t.eq(upward { ["qwen.ui.b"] = { ["qwen.util.a"] = true, ["qwen.ui.c"] = true } }, {}, "one downwards is not")
t.eq(cycle { a = { b = true }, b = { c = true }, c = { b = true } }, "a -> b -> c -> b", "a cycle is found")
t.eq(reached({ a = { b = true }, c = { b = true } }, "a").c, nil, "what nobody reaches is not reached")

-- The real graph.
local modules, api = {}, {}
for _, path in ipairs(tree.files "^lua/.*%.lua$") do
  if not path:find "^lua/meta/" then modules[path:match("^lua/(.*)%.lua$"):gsub("/", ".")] = path end
end
local table_text = tree.read "lua/qwen/api.lua"
for list, prefix in pairs { stable = "", experimental = "x." } do
  for name, module in table_text:match("local " .. list .. " = (%b{})"):gmatch '([%w_]+) = "([%w_.]+)"' do api[prefix .. name] = module end
end
t.ok(api.text == "qwen.util.text" and api["x.files"] ~= nil, "the API table is read")

local graph, edges, rooms = {}, {}, {}
for name, path in pairs(modules) do
  local layer = layer_of(name)
  if layer == "root" then t.ok(root[name:match "[^.]*$"], path .. ": it stands at the root, where only those that know everybody stand") end
  if layer then
    t.ok(rank_of(layer), path .. ": " .. layer .. " is no layer")
    rooms[layer] = (rooms[layer] or 0) + 1
    graph[name] = uses(tree.read(path), name, modules, layer == "root" and {} or api)
    for to in pairs(graph[name]) do
      local other = layer_of(to)
      if other and other ~= layer then
        edges[layer] = edges[layer] or {}
        edges[layer][other] = (edges[layer][other] or 0) + 1
      end
    end
  end
end
-- api.lua names every module for others; nothing is used by it.
local called = graph["qwen.api"]
graph["qwen.api"] = nil
t.eq(upward(graph), {}, "no edge points upwards")
t.eq(cycle(graph), nil, "no cycles")

-- From main, with what the API offers to shipped content.
graph["qwen.api"] = called
local seen = reached(graph, "qwen.main")
for name, path in pairs(modules) do
  if layer_of(name) then t.ok(seen[name], path .. ": nothing reaches it from main") end
end

for _, layer in ipairs { "root", table.unpack(layers) } do
  local list = {}
  for other, n in pairs(edges[layer] or {}) do list[#list + 1] = ("%s %d"):format(other, n) end
  table.sort(list)
  print(("%-11s %2d files  %s"):format(layer, rooms[layer] or 0, #list > 0 and "-> " .. table.concat(list, ", ") or ""))
end
t.done()
