-- Judges a call that reaches the web, by the host that it reaches: each is asked about by itself, in
-- plan mode, too, since an address alone can carry away what the model has read. A host that is by its
-- own name or number of this machine or a private network needs the person's word for exactly that
-- host; what other names lead to is checked where the connection is made (`outside` of a request).
local http = require "sys.http"
local phrase = require("qwen.util.translate").phrase
local rules = require "qwen.permission.rules"
local sandbox = require "qwen.permission.sandbox"
local texts = require "qwen.util.text"
local tool_names = require "qwen.permission.tool_names"

local M = {}

local REACHES = phrase "it reaches a host that you have not allowed yet"

local function bare(host) return (host:lower():gsub("%.$", ""):gsub("^%[(.*)%]$", "%1")) end

local PREFIXES = { domain = true, host = true, hostname = true, url = true }

-- What a rule names, as addresses name it: a host in other characters by the name that is looked up.
local function named(spec)
  local prefix, rest = texts.trim(spec):match "^(%a+):(.*)$"
  local wanted = prefix and PREFIXES[prefix:lower()] and texts.trim(rest) or texts.trim(spec)
  wanted = wanted:gsub("^%a+://", ""):gsub("/.*$", "")
  if not wanted:find "^%[" then wanted = wanted:gsub("^([^:]*):%d+$", "%1") end
  local stars, host = wanted:match "^([*.]*)(.*)$"
  local place = host:find "[\x80-\xff]" and not host:find "*" and http.parse_url("http://" .. host .. "/")
  stars = stars:gsub("^%.+", "") -- `.example.org` is example.org and what lies below it
  return bare(stars .. (place and place.host or host))
end

---Whether the text of a rule means a host: itself and what lies below it; `*.example.org` only what
---lies below; `*` elsewhere is any text.
---@param spec string "domain:example.org"
---@param host string
---@param exact boolean? only itself
---@return boolean
function M.matches(spec, host, exact)
  local wanted = named(spec)
  host = bare(host)
  if wanted == host then return wanted ~= "" end
  if exact or wanted == "" then return false end
  local pattern = wanted:gsub("^%*%.", ""):gsub("[%^%$%(%)%%%.%[%]%+%-%?]", "%%%0")
    :gsub("%*+", ".*")
  if not wanted:find "^%*%." and host:find("^" .. pattern .. "$") then return true end
  return host:find("^.*%." .. pattern .. "$") ~= nil
end

-- Whether a rule speaks of a part of a host, which it then does not allow as a whole.
local function is_partial(spec)
  local wanted = spec:gsub("^domain:", ""):gsub("^%a+://", "")
  return wanted:find "/[^*]" ~= nil or wanted:find "[^:%]]:%d+" ~= nil
end

-- Whether a rule allows a host; `exact` where it must name that very one.
local function allows(rule, host, exact)
  if not rule.spec then return not exact end
  return not is_partial(rule.spec) and M.matches(rule.spec, host, exact)
end

-- Whether a host is one of the internet as far as its name or number says.
local function is_public(host)
  local place = http.parse_url("http://" .. host .. "/")
  return place ~= nil and place.public
end

---Whether a host that is not public by itself may be reached after all: the settings name it, for
---names that lead into a private network.
---@param ctx Ctx
---@param host string
---@return boolean
function M.inside(ctx, host)
  if not is_public(host) then return true end -- the person was asked about exactly this one
  for _, name in ipairs(ctx.settings:get "tools.webFetch.privateHosts" or {}) do
    if type(name) == "string" and M.matches(name, host) then return true end
  end
  return false
end

-- The reason to ask about a host even where nothing is asked; nil for none.
local function grave(ctx, host, chosen)
  if not chosen and not is_public(host) then
    return phrase("%s is an address of this machine or of a private network", host)
  end
  local state = sandbox.state(ctx)
  if state.backend ~= "none" and state.network ~= "open" then
    return phrase "the sandbox keeps commands from the network, and this call would reach it"
  end
end

---Judges a call by the host that it reaches.
---@param ctx Ctx
---@param set table of rules.of
---@param name string
---@param tool Tool
---@param args table
---@return "allow"|"ask"|"deny" verdict
---@return Phrase reason
---@return string? rule that would allow it
---@return boolean? firm no approval mode takes the question away
---@return string? kind of what asks, as of policy.judge
function M.judge(ctx, set, name, tool, args)
  local host, chosen = tool.domain(args, ctx)
  local function first(list)
    return rules.first(list, name, function(spec) return host ~= nil and M.matches(spec, host) end)
  end
  local rule = first(set.deny)
  if rule then return "deny", rules.words(rule) end
  if not host then return "allow", phrase "it reaches no host" end -- the tool says what is wrong
  rule = first(set.ask)
  if rule then return "ask", rules.words(rule), nil, true, "ask" end
  local reason = grave(ctx, host, chosen)
  for _, each in ipairs(set.allow) do
    if rules.names_tool(each, name) and allows(each, host, reason ~= nil) then
      return "allow", rules.words(each)
    end
  end
  if ctx.mode == "yolo" then
    if reason then return "deny", reason end
    return "allow", phrase("mode %s", "yolo")
  end
  local alias = tool_names.others[name] and tool_names.others[name][1] or name
  local kind = reason and "beyond" or "mode"
  return "ask", reason or REACHES, ("%s(domain:%s)"):format(alias, host), nil, kind
end

return M
