-- What `?` on an empty line shows: the keys that are needed most, in columns, until the next key.
local KeyReader = require "qwen.ui.editor.key_reader"
local style = require "qwen.ui.render.style"
local task = require "sys.task"
local term = require "sys.term"
local text = require "qwen.util.text"
local translate = require "qwen.util.translate"
local wrap = require "qwen.ui.render.wrap"

local tr, phrase = translate.tr, translate.phrase

local M = {}

local WIDTH = 38 -- columns of one hint

-- The text that begins something, or the action whose key counts; and what it does.
local list = {
  { key = "/", does = phrase "commands" }, { key = "@", does = phrase "files and folders" },
  { key = "!", does = phrase "a line for the shell" },
  { key = "#", does = phrase "a line to remember" },
  { action = "newline", does = phrase "a new line" },
  { action = "next_mode", does = phrase "the next approval mode" },
  { action = "cancel", does = phrase "stop; twice: an earlier prompt" },
  { action = "search_history", does = phrase "search what was typed before" },
  { action = "transcript", does = phrase "everything, nothing folded" },
  { action = "open_editor", does = phrase "write in your editor" },
  { action = "paste_image", does = phrase "attach an image" },
  { action = "stash", does = phrase "put the text aside" },
  { key = "/keys", does = phrase "all keys" },
}

local function key_of(hint) return hint.key or (KeyReader.labels(hint.action)) end

-- Of what nobody finds by chance, each session tells one.
local tips = {
  { key = "@", does = phrase "%s names a file" }, { key = "!", does = phrase "%s runs a line in the shell" },
  { action = "transcript", does = phrase "%s shows everything" },
  { action = "search_history", does = phrase "%s searches what was typed" },
  { action = "next_mode", does = phrase "%s changes the mode" },
  { key = "/undo", does = phrase "%s takes changes back" },
  { action = "to_background", does = phrase "%s moves a command to the background" },
  { key = "/rewind", does = phrase "%s goes back to an earlier prompt" },
}

---A hint that is another one each time.
---@return string
function M.tip()
  local tip = tips[math.floor(task.time()) % #tips + 1]
  return tr(tip.does.template, key_of(tip))
end

---@param columns integer
---@return string[]
function M.rows(columns)
  local per = math.max((columns - 2) // WIDTH, 1)
  local rows = {}
  for i, hint in ipairs(list) do
    local key = key_of(hint)
    local lead = key .. (" "):rep(math.max(14 - term.width(key), 1))
    local said, width = wrap.cut(lead .. tr(hint.does), math.min(WIDTH - 2, columns - 3))
    local at = (i - 1) // per + 1
    local cell = style.paint("accent", said:sub(1, #lead)) .. style.paint("dim", said:sub(#lead + 1))
    rows[at] = (rows[at] or "  ") .. cell .. (" "):rep(WIDTH - width)
  end
  for i, row in ipairs(rows) do rows[i] = text.trim_end(row) end
  return rows
end

return M
