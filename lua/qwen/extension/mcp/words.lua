-- The words behind `mcp add`: options as other programs have them, and the server that they describe.
local err = require "qwen.util.err"
local json = require "sys.json"
local text = require "qwen.util.text"
local tr = require("qwen.util.translate").tr

local M = {}

-- Options of `mcp add`, as Qwen Code and Claude Code write them: the field of the server's entry, and how the value is read.
local options = {
  ["--transport"] = { field = "transport", choices = { "stdio", "http", "sse" } }, ["-t"] = "--transport",
  ["--scope"] = { field = "scope", choices = { "user", "local", "project" } }, ["-s"] = "--scope",
  ["--env"] = { field = "env", pair = "^([%a_][%w_]*)=(.*)$", form = "NAME=VALUE" }, ["-e"] = "--env",
  ["--header"] = { field = "headers", pair = "^([%w_-]+):%s*(.+)$", form = "'NAME: VALUE'" }, ["-H"] = "--header",
  ["--timeout"] = { field = "timeout", number = true }, ["--description"] = { field = "description" },
  ["--include-tools"] = { field = "includeTools", list = true }, ["--exclude-tools"] = { field = "excludeTools", list = true },
  ["--trust"] = { field = "trust", switch = true },
  ["--oauth-client-id"] = { oauth = "clientId" }, ["--oauth-client-secret"] = { oauth = "clientSecret" },
  ["--oauth-redirect-uri"] = { oauth = "redirectUri" }, ["--oauth-token-url"] = { oauth = "tokenUrl" },
  ["--oauth-authorization-url"] = { oauth = "authorizationUrl" },
  ["--oauth-scopes"] = { oauth = "scopes", list = true },
}

local function usage(words) return nil, err("usage", words) end

-- Takes the value of an option into `out`; true, or nil and what is wrong.
local function take(out, name, option, value)
  if option.oauth then
    out.oauth = out.oauth or { enabled = true }
    return take(out.oauth, name, { field = option.oauth, list = option.list }, value)
  elseif option.switch then
    out[option.field] = true
  elseif value == nil then
    return usage(tr("%s wants a value", name))
  elseif option.pair then
    local key, words = value:match(option.pair)
    if not key then return usage(tr("%s wants %s, not '%s'", name, option.form, value)) end
    out[option.field] = out[option.field] or {}
    out[option.field][key] = words
  elseif option.number then
    out[option.field] = math.tointeger(tonumber(value))
    if not out[option.field] then return usage(tr("%s wants a whole number, not '%s'", name, value)) end
  elseif option.list then
    out[option.field] = json.array {}
    for item in value:gmatch "[^,%s]+" do table.insert(out[option.field], item) end
  else
    local fits = not option.choices
    for _, choice in ipairs(option.choices or {}) do fits = fits or choice == value end
    if not fits then return usage(tr("%s must be one of %s, not '%s'", name, table.concat(option.choices, ", "), value)) end
    out[option.field] = value
  end
  return true
end

local function is_address(word) return word:find "^https?://" ~= nil end

---The words of `mcp add`: what the options say, and the other words. Behind a command all words are
---the command's; `--` ends the options.
---@param words string[]
---@return table? said
---@return string[]|Err words the others, the name first
function M.read(words)
  local out, plain, i = {}, {}, 1
  while words[i] do
    local word = words[i]
    local name, value = word:match "^(%-%-[%w-]+)=(.*)$"
    name = name or word
    local option = options[name]
    if type(option) == "string" then option = options[option] end
    local of_command = plain[2] and not is_address(plain[2])
    if word == "--" and not of_command then
      table.move(words, i + 1, #words, #plain + 1, plain)
      break
    elseif of_command or word:sub(1, 1) ~= "-" then
      -- Claude Code takes several variables behind one --env.
      local more = not of_command and out.env and word:find(options["--env"].pair)
      if more then
        local ok, e = take(out, "--env", options["--env"], word)
        if not ok then return nil, e end
      end
      if not more then plain[#plain + 1] = word end
    elseif not option then
      local names = {}
      for known in pairs(options) do names[#names + 1] = known end
      local near = text.nearest(name, names)
      return usage(tr("unknown option %s%s", name, near and tr("; did you mean %s?", near) or tr "; put -- before the command"))
    else
      if not value and not option.switch then
        i = i + 1
        value = words[i]
      end
      local ok, e = take(out, name, option, value)
      if not ok then return nil, e end
    end
    i = i + 1
  end
  return out, plain
end

---The entry of a server from the words behind its name; false when there are none.
---@param said table
---@param words string[]
---@return table|false|nil config
---@return Err?
function M.entry(said, words)
  local target, kind = words[1], said.transport
  if not target then return false end
  local address = is_address(target)
  if kind == "stdio" and address then return usage(tr("%s is an address; use --transport http or sse", target)) end
  if kind and kind ~= "stdio" and not address then return usage(tr("--transport %s wants an address, not '%s'", kind, target)) end
  if address and words[2] then return usage(tr("'%s' behind the address is nothing that a server takes", words[2])) end
  if address and said.env then return usage(tr("--env is for a command, not for an address")) end
  if not address and said.oauth then return usage(tr("--oauth-... is for an address, not for a command")) end
  if not address and said.headers then return usage(tr("--header is for an address, not for a command")) end
  local config = { timeout = said.timeout, description = said.description, includeTools = said.includeTools,
    excludeTools = said.excludeTools, trust = said.trust, env = said.env, headers = said.headers,
    oauth = said.oauth }
  if address then
    config[kind == "sse" and "url" or "httpUrl"] = target
  else
    config.command, config.args = target, json.array(table.move(words, 2, #words, 1, {}))
  end
  return config
end

return M
