-- The web server of the tests (web.py), and the tool web_fetch with as much of a ctx as it needs.
local http = require "sys.http"
local proc = require "sys.proc"
local registry = require "qwen.extension.registry"

local M = {}

---Starts the server; it ends with its handle.
---@param ... string what it listens at beside a port of 127.0.0.1
---@return table process
---@return string ports
function M.serve(...)
  local server = assert(proc.open { argv = { "python3", "tests/fake/web.py", ... }, stdin = "pipe", stderr = "inherit" })
  local said = ""
  while not said:find "\n" do said = said .. assert(server:read(), "the server did not start") end
  return server, said
end

---@param name string of its folder
---@return Tool
---@return table ctx its `set` are the settings
---@return string[] spilled
function M.tool(name)
  local _, ctx, spilled = dofile "tests/tool_ctx.lua"(name)
  ctx.transport, ctx.user_agent, ctx.set = http.open, "qwen/test", {}
  ctx.settings = { get = function(_, key) return ctx.set[key] end }
  return assert(registry.get("tools", "web_fetch")), ctx, spilled
end

---@return table result with `err`
---@return Err?
function M.fetch(tool, ctx, url, args)
  args = args or {}
  args.url = url
  local result, e = tool.run(ctx, args)
  return result or { text = "", err = e }, e
end

---What stands between the two lines that are alike; nil where there are none.
---@param result table
---@return string?
function M.inner(result)
  local mark, words = result.text:match "\n(=== %x+)\n(.*)$"
  return words and words:sub(-#mark - 1) == "\n" .. mark and words:sub(1, -#mark - 2) or nil
end

return M
