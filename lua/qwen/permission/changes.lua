-- What has changed in a repository against a base, file by file and bounded, for somebody who is
-- to look at it. git runs without anything that the repository's configuration would start; what
-- is kept back from the model is not in it.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local git_looks = require "qwen.permission.git_looks"
local hidden_files = require "qwen.permission.hidden"
local phrase = require("qwen.util.translate").phrase
local text = require "qwen.util.text"

local M = {}

local MOST_DIFF = 16 * 1024 * 1024 -- bytes that are read of git
local MOST_FILE, MOST_ALL = 40 * 1000, 200 * 1000 -- bytes that are shown of a file, and of all
local MOST_NEW, MOST_LIST = 500, 1024 * 1024 -- files that git does not know; bytes of their names
local DEFAULT_BRANCHES = { "origin/main", "origin/master", "main", "master" }

-- The folder with .git that a folder belongs to.
local function top_of(folder)
  while folder ~= "" do
    if fs.stat(folder .. "/.git") then return folder end
    folder = folder:match "^(.*)/[^/]*$"
  end
end

local function runner(ctx, top)
  return function(name, words, limit)
    return git_looks.run(top, not ctx.trusted, name, words, limit)
  end
end

local function commit(git, name)
  local out = git("rev-parse", { "--verify", "--quiet", "--end-of-options", name .. "^{commit}" })
  return out and text.trim(out)
end

-- The default branch, as the remote says or by its usual names.
local function default_branch(git)
  local out = git("symbolic-ref", { "--quiet", "refs/remotes/origin/HEAD" })
  local named = out and text.trim(out):match "^refs/remotes/(.+)$"
  for _, name in ipairs { named or DEFAULT_BRANCHES[1], table.unpack(DEFAULT_BRANCHES) } do
    if commit(git, name) then return name end
  end
end

-- What is compared with: a commit or the empty tree, and its name for people.
local function base_of(git, wanted)
  local head = commit(git, "HEAD")
  local name = wanted or head and default_branch(git)
  local at = name and commit(git, name)
  if wanted and not at then
    return nil, err("usage", phrase("there is no branch, tag or commit '%s'", wanted))
  end
  if not head then
    local out, e = git("hash-object", { "-t", "tree", "/dev/null" })
    return out and text.trim(out), out and phrase "nothing: there is no commit yet" or e
  end
  if not at then return head, phrase "the last commit" end
  local out = git("merge-base", { head, at })
  local shared = out and text.trim(out) or at
  return shared, shared == head and phrase "the last commit" or phrase("where %s began", name)
end

local ESCAPES = { a = "\a", b = "\b", t = "\t", n = "\n", v = "\v", f = "\f", r = "\r", ['"'] = '"',
  ["\\"] = "\\" }

-- A name as git writes it: one with special or other than ASCII characters stands in quotes.
local function plain(name)
  local quoted = name and name:match '^"(.*)"$'
  if not quoted then return name end
  return (quoted:gsub("\\(.)(%d?%d?)", function(letter, digits)
    local byte = tonumber(letter .. digits, 8)
    return byte and byte < 256 and string.char(byte) or (ESCAPES[letter] or letter) .. digits
  end))
end

-- The name in `diff --git a/NAME b/NAME`, which may have blanks.
local function name_of_both(line)
  local half = (#line - 1) // 2
  local name = line:sub(1, half):match "^a/(.+)$"
  if name and line:sub(half + 1) == " b/" .. name then return name end
  local last = plain(line:match '("[^"]*")$' or line:match "^.* (b/.+)$" or line:match "^.*%s(%S+)$")
  return last and (last:gsub("^b/", ""))
end

-- The path of a file's part of a diff: the new one, of a deleted file the old one.
local function path_of(part)
  local head = part:match "^(.-)\n@@" or part
  local renamed = head:match "\nrename to ([^\n]+)" or head:match "\ncopy to ([^\n]+)"
  if renamed then return plain(renamed) end
  for _, mark in ipairs { "%+%+%+ ", "%-%-%- " } do
    local name = plain(("\n" .. head):match("\n" .. mark .. "([^\n\t]+)"))
    if name and name ~= "/dev/null" then return (name:gsub("^[ab]/", "")) end
  end
  local both = head:match "^diff %-%-git ([^\n]+)"
  return both and name_of_both(both)
end

-- What the part of a file begins with: the line of git, in a diff of another program the names.
local OF_GIT, OTHERS = "\ndiff %-%-git ", "\n%-%-%- [^\n]+\n%+%+%+ [^\n]+\n@@ "

local function parts_of(diff)
  diff = "\n" .. diff
  local begins = diff:find(OF_GIT) and OF_GIT or OTHERS
  local out, at = {}, diff:find(begins)
  while at do
    local following = diff:find(begins, at + 1)
    local part = diff:sub(at + 1, following or -1)
    out[#out + 1] = { path = path_of(part), diff = part }
    at = following
  end
  return out
end

-- A file that git does not know, as a diff; nil for what is no text.
local function new_file(path, shown)
  local stat = fs.stat(path, false)
  if not stat or stat.type ~= "file" then return nil end
  local source = fs.read(path, MOST_FILE * 2)
  if not source then return ("new file %s, %d bytes, not shown\n"):format(shown, stat.size) end
  if source:find("\0", 1, true) then
    return ("new file %s, binary, %d bytes\n"):format(shown, stat.size)
  end
  local lines = text.lines(source)
  local head = "diff --git a/%s b/%s\nnew file\n--- /dev/null\n+++ b/%s\n@@ -0,0 +1,%d @@\n+"
  return head:format(shown, shown, shown, #lines) .. table.concat(lines, "\n+") .. "\n"
end

local function unknown_files(git, top, below, spec, out)
  local words = { "--others", "--exclude-standard", "-z", "--", spec }
  local listed, e = git("ls-files", words, MOST_LIST)
  if not listed then return nil, e end
  local count = 0
  for path in listed:gmatch "[^%z]+" do
    count = count + 1
    local shown = path:sub(#below + 1)
    local diff = count <= MOST_NEW and new_file(top .. "/" .. path, shown)
      or ("new %s, not shown\n"):format(shown)
    out[#out + 1] = { path = shown, diff = diff }
  end
  return true
end

-- The files within the bounds; `left_out` says of the others why.
local function bounded(ctx, files, room)
  local hidden, out, left_out, used = hidden_files(ctx), {}, {}, 0
  for _, file in ipairs(files) do
    local full = ctx.cwd .. "/" .. tostring(file.path)
    if not file.path or hidden(full) then
      left_out[#left_out + 1] = { path = file.path or "?",
        why = phrase "it is kept back from the model" }
    elseif used >= room then
      left_out[#left_out + 1] = { path = file.path, why = phrase "the change is too long" }
    else
      local most = math.min(MOST_FILE, room - used)
      local cut = #file.diff > most
      if cut then
        left_out[#left_out + 1] = { path = file.path,
          why = phrase("only the first %d bytes are shown", most) }
      end
      used = used + math.min(#file.diff, most)
      local diff = text.utf8(cut and text.head(file.diff, most) or file.diff)
      out[#out + 1] = { path = file.path, diff = diff, cut = cut or nil }
    end
  end
  return out, left_out
end

---The parts of a diff within the bounds, without what is kept back.
---@param ctx Ctx
---@param diff string
---@param room integer? bytes of all
---@return {path: string, diff: string, cut: boolean?}[]? files
---@return {path: string, why: Phrase}[]|Err left_out
function M.of_diff(ctx, diff, room)
  local parts = parts_of(diff)
  if not parts[1] and diff:find "%S" then
    return nil, err("usage", phrase "what is to be reviewed is no diff; give one as git diff prints it")
  end
  return bounded(ctx, parts, math.min(room or MOST_ALL, MOST_ALL))
end

---What has changed below the project folder: committed since the base, or not committed, or new.
---@param ctx Ctx
---@param base string? a commit, by any name; without one where the default branch was left
---@param room integer? bytes of all
---@param path string? only what is there, from the project folder on
---@return {base: string, since: Phrase, files: {path: string, diff: string, cut: boolean?}[], left_out: {path: string, why: Phrase}[]}?
---@return Err?
function M.of(ctx, base, room, path)
  local top = top_of(ctx.cwd)
  if not top then return nil, err("usage", phrase("%s is in no git repository", ctx.cwd)) end
  local git = runner(ctx, top)
  local _, e = git("rev-parse", { "--git-dir" })
  if e then return nil, e end
  local at, since = base_of(git, base)
  if not at then return nil, since end
  local below = ctx.cwd == top and "" or ctx.cwd:sub(#top + 2) .. "/"
  local spec = below .. (path or "")
  spec = spec == "" and "." or ":(literal)" .. spec
  local diff
  local words = { "--no-color", "--find-renames", "--src-prefix=a/", "--dst-prefix=b/", at, "--", spec }
  if below ~= "" then table.insert(words, 1, "--relative=" .. below) end
  diff, e = git("diff", words, MOST_DIFF)
  if not diff then return nil, e end
  local files = parts_of(diff)
  local known
  known, e = unknown_files(git, top, below, spec, files)
  if not known then return nil, e end
  local shown, left_out = bounded(ctx, files, math.min(room or MOST_ALL, MOST_ALL))
  return { base = at, since = since, files = shown, left_out = left_out }
end

return M
