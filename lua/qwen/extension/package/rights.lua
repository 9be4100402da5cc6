-- What a package may do beyond its own folder, and which parts of the API each right opens. A part that is on no list is open to the
-- right "all" alone.
local tr = require("qwen.util.translate").tr

local M = {
  ---The rights there are.
  names = { "net", "exec", "files", "all" },
}

local function set(right, names)
  local out = {}
  for name in names:gmatch "%S+" do out[name] = right end
  return out
end

local function joined(...)
  local out = {}
  for _, part in ipairs { ... } do
    for name, right in pairs(part) do out[name] = right end
  end
  return out
end

---The right that a part of `qwen` needs, by its name; false: none.
M.api = joined(set(false, "api version err json message text task wire tr phrase inspect cleanup try"),
  set("net", "http one_shot oauth"), set("exec", "proc"), set("files", "fs"))

---The same for `qwen.x`.
M.x = joined(set(false, "fuzzy_match similar encoding html_markdown patch_text patch_apply jsonc json_schema notebook "
  .. "words args body"), set("net", "client web_page remote_models"), set("exec", "runner"),
  set("files", "files search markdown_resource"))

---Files of these kinds decide where prompts go, so they need a right to be read at all.
M.kinds = { providers = "net", auth = "net", search = "net" }

---Handlers of these events decide, too.
M.events = { request_built = "net", permission_asked = "all" }

---Fields of ctx that every package gets, and what the others need.
M.ctx = joined(set(false, "cwd trusted mode interactive print print_markdown print_diff notice hint ask pick line progress "
  .. "status show background after every idle suggest todos user_agent tell_next listens"), set("net", "transport warm"))

---What each right means, for the question before a package is added.
---@return table<string, string>
function M.words()
  return { net = tr "reach the network, also with what it reads", exec = tr "run programs of this machine, as you",
    files = tr "read and write all of your files", all = tr "use everything inside qwen: keys, settings, approvals" }
end

---Whether a package has a right; "all" holds the others.
---@param package table
---@param right string|false
---@return boolean
function M.has(package, right)
  local may = package.manifest.may
  return not right or may[right] == true or may.all == true
end

---The words of a refusal.
---@param package table
---@param what string
---@param right string
---@return string
function M.refusal(package, what, right)
  return tr("the package %s may not use %s: 'may' of its manifest lacks '%s'", package.name, what, right)
end

return M
