-- What the commands are about: the order in which `/` and `/help` show them. Those of nobody's
-- group, such as a person's own, come last.
local translate = require "qwen.util.translate"
local phrase, tr = translate.phrase, translate.tr

local M = {}

---@type {title: Phrase, names: string}[]
M.list = {
  { title = phrase "Conversation", names = "new clear resume sessions branch rename rewind compact "
    .. "context recap export copy btw quit exit" },
  { title = phrase "Changes", names = "diff undo review tasks goal loop init" },
  { title = phrase "Model", names = "model models effort advisor auth provider limits usage stats" },
  { title = phrase "Permission", names = "mode plan permissions sandbox trust directory cd project privacy" },
  { title = phrase "Tools", names = "tools mcp lsp agents skills hooks memory package extensions" },
  { title = phrase "Screen", names = "theme keys vim settings language output-style editor" },
  { title = phrase "Lua", names = "lua reload eject explain config test" },
  { title = phrase "Program", names = "help about bug doctor demo" },
}

local places = {} -- by name: group and place in it
for at, group in ipairs(M.list) do
  local n = 0
  for name in group.names:gmatch "%S+" do
    n = n + 1
    places[name] = { at, n }
  end
end

---Where a command stands.
---@param name string
---@return integer group of `list`; one more than there are for the others
---@return integer place in it; 0 for the others
function M.place(name)
  local place = places[name]
  if place then return place[1], place[2] end
  return #M.list + 1, 0
end

---The title of a group, in the user's language.
---@param at integer
---@return string
function M.title(at)
  return M.list[at] and tr(M.list[at].title) or tr "Others"
end

return M
