-- Which commands only look: judged argument by argument from lists of what is allowed, never of what is forbidden by name alone.
-- Interpreters, pagers, editors, wrappers, network programs and git (a repository can make it run programs) are not here on purpose.
local files = require "qwen.files"

local M = {}

-- `refuse`: Lua patterns of options that write or run; `positional`: most non-option arguments; `names`: arguments are not paths.
local programs = {
  basename = { names = true }, dirname = { names = true }, echo = { names = true }, pwd = {}, whoami = {}, id = {}, uname = {}, which = { names = true },
  cat = {}, head = {}, tail = { refuse = { "^%-[fF]", "^%-%-follow", "^%-%-retry" } }, wc = { refuse = { "^%-%-files0" } }, nl = {}, tac = {}, rev = {},
  ls = {}, stat = {}, du = { refuse = { "^%-%-files0", "^%-X", "^%-%-exclude%-from" } }, df = {}, cut = {}, tr = { names = true }, comm = {}, cmp = {},
  diff = {}, md5sum = {}, sha1sum = {}, sha256sum = {}, realpath = {}, readlink = {}, seq = { names = true }, ["true"] = {}, ["false"] = {},
  column = {}, printf = { names = true, refuse = { "^%-v" } }, test = {}, ["["] = {},
  grep = { refuse = { "^%-f", "^%-%-file", "^%-[%a]*f" } }, egrep = { refuse = { "^%-%-file", "^%-[%a]*f" } },
  fgrep = { refuse = { "^%-%-file", "^%-[%a]*f" } },
  rg = { refuse = { "^%-%-pre", "^%-%-hostname", "^%-%-search%-zip", "^%-[%a]*z", "^%-f", "^%-%-file$", "^%-%-file=", "^%-%-ignore%-file" } },
  sort = { refuse = { "^%-[%a]*o", "^%-%-o", "^%-%-comp", "^%-T", "^%-%-temp", "^%-%-files0", "^%-S", "^%-%-random%-source" } },
  uniq = { positional = 1 },
  tree = { refuse = { "^%-o", "^%-%-output", "^%-R", "^%-%-fromfile" } },
  ps = {},
  find = { refuse = { "^%-exec", "^%-ok", "^%-delete", "^%-fprint", "^%-fls", "^%-files0" } },
}

-- Places in an argument that could be a path: the whole, what follows "=", what follows a short option.
local function candidates(word)
  local out = { word }
  out[#out + 1] = word:match "^%-%-?[%w-]+=(.*)$"
  if word:match "^%-%a./" then out[#out + 1] = word:sub(3) end
  return out
end

-- A path that leads out of the project, or that cannot be told.
local function leads_out(ctx, word)
  for _, path in ipairs(candidates(word)) do
    if path:sub(1, 1) == "~" then return true end
    if path ~= "" and path:sub(1, 1) ~= "-" then
      local full = path:sub(1, 1) == "/" and path or ctx.cwd .. "/" .. path
      if not full:find "[*?%[]" then
        if not files.inside(ctx, full) then return true end
      elseif path:sub(1, 1) == "/" or path:find("..", 1, true) then
        return true
      end
    end
  end
  return false
end

---Whether one part of a command only looks, and only inside the project.
---@param ctx Ctx
---@param part table as shell.parse gives it
---@return boolean
---@return string? why not
function M.check(ctx, part)
  local name = part.argv[1]
  local program = name and programs[name]
  if not name or #part.assigns > 0 then return false, "it sets variables" end
  if not program then return false, ("'%s' is not known to only read"):format(name) end
  if part.split and not program.names then return false, "a variable without quotes can become several arguments" end
  local positional, only_operands = 0, false
  for i = 2, #part.argv do
    local word = part.argv[i]
    if word:find("$", 1, true) and not program.names then return false, "the value of a variable is not known here" end
    if word == "--" then only_operands = true end
    if word:sub(1, 1) == "-" and #word > 1 and not only_operands then
      for _, pattern in ipairs(program.refuse or {}) do
        if word:find(pattern) then return false, ("the option %s of %s can do more than read"):format(word, name) end
      end
    else
      positional = positional + 1
    end
    if not program.names and leads_out(ctx, word) then return false, ("%s is outside the project"):format(word) end
  end
  if program.positional and positional > program.positional then return false, ("%s would write to its last argument"):format(name) end
  return true
end

return M
