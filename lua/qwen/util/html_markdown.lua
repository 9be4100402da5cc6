-- A web page as Markdown: what a reader sees of it, without scripts, what is hidden, and menus. Follows
-- the tree step by step without recursion, so that deep nesting costs no more than length; what is
-- written is bounded by the caller.
local code = require "qwen.util.html_code"
local html = require "sys.html"
local http = require "sys.http"
local inline = require "qwen.util.html_inline"
local tables = require "qwen.util.html_tables"
local text = require "qwen.util.text"

local M = {}

local DEEPEST = 12 -- of lists and quotes that are shown as such
local DEEPEST_TABLE = 4
local STEPS = 5000 -- between two pauses
local MOST_REFRESH = 4096 -- bytes of what sends a browser on

local function set(words)
  local out = {}
  for word in words:gmatch "%S+" do out[word] = true end
  return out
end

local SKIPPED = set [[script style noscript template iframe object embed canvas svg audio video map
  select button textarea input datalist dialog link meta rp]]
local NOISE = set "nav menu"
local NOISE_ROLES = set "navigation search menu menubar toolbar tablist"
local BLOCKS = set [[address article aside blockquote body center dd details div dl dt fieldset
  figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main ol p pre section
  summary table tr td th caption ul search]]
local LAYOUT = "table pre h1 h2 h3 h4 h5 h6"

-- Writes a block: each line behind what marks the lists and quotes around it. Items of a list stand
-- close.
local function write(page, lines)
  if page.has_main and page.main == 0 then return end -- the page says which part is the main one
  local marked, between, first, rest = false, {}, {}, {}
  for i = 1, math.min(#page.marks, DEEPEST) do
    local mark = page.marks[i]
    first[i], rest[i] = mark.used and mark.rest or mark.first, mark.rest
    if mark.used then between[#between + 1] = mark.rest end
    marked = marked or not mark.used and mark.item
    mark.used = true
  end
  first, rest = table.concat(first), table.concat(rest)
  local out = page.out
  if #out > 0 and not (marked and page.close) then
    out[#out + 1] = text.trim_end(table.concat(between))
    page.size = page.size + #out[#out] + 1
  end
  for i, line in ipairs(lines) do
    out[#out + 1] = text.trim_end((i == 1 and first or rest) .. line)
    page.size = page.size + #out[#out] + 1
  end
  page.close = marked
end

-- Ends the paragraph that is being read.
local function flush(page)
  local words = inline.take(page)
  if words == "" then return end
  page.language = nil
  if page.cell then
    page.cell[#page.cell + 1] = words
  elseif page.heading then
    write(page, { ("#"):rep(page.heading) .. " " .. words:gsub("\n", " ") })
  else
    local lines = {}
    for line in words:gmatch "[^\n]+" do lines[#lines + 1] = text.trim(line) end
    write(page, lines)
  end
end

local function push_mark(page, first, rest, item)
  page.marks[#page.marks + 1] = { first = first, rest = rest, item = item }
end

local function pop_mark(page) page.marks[#page.marks] = nil end

local function end_code(page)
  local lines = code.lines(table.concat(page.code), page.language)
  page.code, page.language = nil, nil
  if lines then write(page, lines) end
end

-- What opens and closes: by tag. Each is called behind the end of the paragraph before it.
local opens, closes = {}, {}

for level = 1, 6 do
  opens["h" .. level] = function(page) page.heading = level end
  closes["h" .. level] = function(page) page.heading = nil end
end

function opens.ul(page) page.lists[#page.lists + 1] = {} end

function opens.ol(page, tree)
  page.lists[#page.lists + 1] = { number = math.tointeger(tonumber(tree:attribute "start")) or 1 }
end

local function end_list(page) page.lists[#page.lists] = nil end
closes.ul, closes.ol = end_list, end_list

function opens.li(page)
  local list = page.lists[#page.lists]
  local sign = "- "
  if list and list.number then
    sign = ("%d. "):format(list.number)
    list.number = list.number + 1
  end
  push_mark(page, sign, (" "):rep(#sign), true)
end
closes.li = pop_mark

function opens.dd(page) push_mark(page, ": ", "  ", true) end
closes.dd = pop_mark

function opens.blockquote(page) push_mark(page, "> ", "> ") end
closes.blockquote = pop_mark

function opens.hr(page)
  if not page.cell then write(page, { "---" }) end
end

function opens.pre(page, tree)
  page.code = {}
  page.language = code.language(tree:attribute "class") or page.language
end
closes.pre = end_code

function opens.div(page, tree)
  page.language = code.language(tree:attribute "class") or page.language
end

function opens.main(page) page.main = page.main + 1 end
function closes.main(page) page.main = page.main - 1 end
function opens.article(page) page.articles = page.articles + 1 end
function closes.article(page) page.articles = page.articles - 1 end

-- A table of data is read by rows; one that only arranges the page is as if it were not there.
function opens.table(page, tree)
  page.tables = page.tables + 1
  local arranges = tree:attribute "role" == "presentation" or page.tables > DEEPEST_TABLE
    or tree:holds(LAYOUT)
  page.table = not arranges and tables.new() or nil
end

function closes.table(page)
  page.tables = page.tables - 1
  for _, block in ipairs(page.table and tables.blocks(page.table) or {}) do write(page, block) end
  page.table = nil
end

function opens.tr(page)
  if page.table then tables.row(page.table) end
end

local function open_cell(page, tree)
  if not page.table then return end
  page.cell = {}
  tables.open_cell(page.table, math.tointeger(tonumber(tree:attribute "colspan")))
end
opens.td, opens.th = open_cell, open_cell

local function close_cell(page)
  if not page.cell then return end
  tables.add(page.table, table.concat(page.cell, " "))
  page.cell = nil
end
closes.td, closes.th = close_cell, close_cell

-- Whether a reader does not see an element, or would pass it over.
local function left_out(page, tree, name)
  if SKIPPED[name] then
    if name == "script" then page.scripts = page.scripts + 1 end
    return true
  end
  if tree:attribute "hidden" or tree:attribute "aria-hidden" == "true" then return true end
  local style = tree:attribute "style"
  if style and #style < 4096 then
    style = style:lower():gsub("%s+", "")
    if style:find("display:none", 1, true) or style:find("visibility:hidden", 1, true) then
      return true
    end
  end
  local class = tree:attribute "class"
  if class and class:find "^lineno" then return true end
  return not page.all and (NOISE[name] or NOISE_ROLES[tree:attribute "role" or ""]
    or name == "footer" and page.articles == 0)
end

-- Where a page sends a browser on to by itself.
local function note_refresh(page, tree)
  local what, content = tree:attribute "http-equiv", tree:attribute "content"
  if not content or #content > MOST_REFRESH or (what or ""):lower() ~= "refresh" then return end
  local _, stop = content:lower():find("url", 1, true)
  local rest = stop and text.trim(content:sub(stop + 1)) or ""
  local href = rest:find "^=" and text.trim(rest:sub(2)):gsub("^[\"']", ""):gsub("[\"'].*$", "")
  local url = href and http.join(page.base, href)
  if url and url:find "^https?:" and url ~= page.base then page.refresh = page.refresh or url end
end

local function open(page, tree, name)
  if name == "meta" then note_refresh(page, tree) end
  if name == "base" and not page.based then
    page.base, page.based = http.join(page.base, tree:attribute "href" or "") or page.base, true
  end
  if name == "title" then
    if page.title then tree:skip() else page.title = {} end
    return
  end
  if left_out(page, tree, name) then
    tree:skip()
    page.skipped = page.skipped + 1
    return
  end
  if page.code then
    page.language = page.language or name == "code" and code.language(tree:attribute "class") or nil
    page.nested = page.nested + (name == "pre" and 1 or 0)
    if name == "br" then page.code[#page.code + 1] = "\n" end
    return
  end
  if BLOCKS[name] then flush(page) end
  local fn = opens[name]
  if fn then fn(page, tree, name) else inline.open(page, tree, name) end
end

local function close(page, name)
  if name == "title" then
    page.titled = true
    return
  end
  if page.skipped > 0 then -- the end of what was left out follows its beginning
    page.skipped = page.skipped - 1
    return
  end
  if page.code then
    if name == "pre" and page.nested == 0 then end_code(page) end
    page.nested = math.max(0, page.nested - (name == "pre" and 1 or 0))
    return
  end
  if BLOCKS[name] then flush(page) end
  local fn = closes[name]
  if fn then fn(page) else inline.close(page, name) end
end

local function add_text(page, words)
  if page.title and not page.titled then
    page.title[#page.title + 1] = words
  elseif page.code then
    page.code[#page.code + 1] = words
  else
    inline.text(page, words)
  end
end

local function read(source, options, all)
  local tree, e = html.parse(source)
  if not tree then return nil, e end
  local page = { out = {}, size = 0, marks = {}, lists = {}, tables = 0, main = 0, articles = 0,
    nested = 0, skipped = 0, scripts = 0, base = options.url, all = all }
  inline.begin(page)
  page.has_main = not all and tree:next() ~= nil and tree:holds "main"
  local steps, kind = 0
  repeat
    local what
    kind, what = tree:next()
    if kind == "open" then
      open(page, tree, what)
    elseif kind == "close" then
      close(page, what)
    elseif kind then
      add_text(page, what)
    end
    steps = steps + 1
    if options.pause and steps % STEPS == 0 then options.pause() end
  until not kind or page.size > options.most
  flush(page)
  return page, nil, kind ~= nil
end

---A page as Markdown.
---@param source string UTF-8
---@param options {url: string, most: integer, pause: function?} its address; bytes after which the rest
---is left out; called now and then
---@return {text: string, title: string, scripts: integer, cut: boolean, refresh: string?}? page refresh: the
---address that it sends a browser on to by itself
---@return Err?
function M.convert(source, options)
  local page, e, cut = read(source, options, false)
  if page and #page.out == 0 then -- a page that is all menus
    page, e, cut = read(source, options, true)
  end
  if not page then return nil, e end
  local title = text.trim((table.concat(page.title or {}):gsub("%s+", " ")))
  return { text = table.concat(page.out, "\n"), title = title, scripts = page.scripts, cut = cut,
    refresh = page.refresh }
end

return M
