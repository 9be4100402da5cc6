-- The words of a paragraph of a web page with what stands around some of them: links, emphasis, code.
-- Of spans in spans of the same kind the outermost counts, so that the work stays linear.
local http = require "sys.http"
local text = require "qwen.util.text"

local M = {}

local MOST_ALT, MOST_LINK = 200, 2000

local SPANS = { a = "link", strong = "strong", b = "strong", em = "em", i = "em", code = "code",
  kbd = "code", samp = "code", tt = "code", del = "del", s = "del", strike = "del" }
local SIGNS = { strong = "**", em = "*", del = "~~" }
-- Signs that stand for a link to the heading itself.
local ANCHORS = { ["¶"] = true, ["#"] = true, ["§"] = true, ["🔗"] = true, ["\u{F0C1}"] = true }
-- Characters that nobody sees.
local UNSEEN = { "\u{AD}", "\u{200B}", "\u{2060}", "\u{FEFF}" }

---@param page table
function M.begin(page)
  page.line, page.spans, page.within = {}, {}, {}
end

local function append(page, words)
  if words ~= "" then page.line[#page.line + 1] = words end
end

-- Whether what follows would begin a line.
local function at_start(page)
  local last = page.line[#page.line]
  return not last or last:find "[ \n]$" ~= nil
end

---@param page table
---@param words string
function M.text(page, words)
  words = words:gsub("\u{A0}", " "):gsub("[ \t\r\n\f\v]+", " "):gsub("[\0-\8\14-\31\127]", "")
  if words:find "[\xc2\xe2\xef\xf3]" then
    for _, unseen in ipairs(UNSEEN) do words = words:gsub(unseen, "") end
    words = words:gsub("\xf3\xa0[\x80\x81][\x80-\xbf]", "") -- tag characters
  end
  if at_start(page) then words = words:gsub("^ ", "") end
  append(page, words)
end

-- The address of a link; nil where it leads nowhere that could be fetched.
local function target(page, href)
  if not href or #href > MOST_LINK then return nil end
  href = text.trim(href)
  if href:find "^mailto:" then return href end
  local other = href:find "^%a[%w+.-]*:" and not href:lower():find "^https?:"
  if href == "" or href:find "^#" or other then return nil end
  return http.join(page.base, href)
end

---@param page table
---@param tree HtmlTree
---@param name string
function M.open(page, tree, name)
  local kind = SPANS[name]
  if kind then
    local outer = (page.within[kind] or 0) == 0 and (page.within.code or 0) == 0
    page.within[kind] = (page.within[kind] or 0) + 1
    page.spans[#page.spans + 1] = { kind = kind, at = #page.line, counts = outer,
      url = kind == "link" and outer and target(page, tree:attribute "href") or nil }
  elseif name == "br" then
    if not at_start(page) then append(page, "\n") end
  elseif name == "img" then
    local alt = (tree:attribute "alt" or ""):gsub("%s+", " ")
    if alt:find "[%w\x80-\xff]" then
      append(page, "[image: " .. text.head(alt, MOST_ALT) .. "]")
    end
  elseif name == "q" then
    append(page, '"')
  end
end

local function around(span, words)
  if span.kind == "link" then
    if ANCHORS[words] then return "" end
    local url = span.url and span.url:gsub("[()]", { ["("] = "%28", [")"] = "%29" })
    return url and ("[%s](%s)"):format(words:gsub("\n", " "), url) or words
  elseif span.kind == "code" then
    words = words:gsub("\n", " ")
    return words:find("`", 1, true) and "`` " .. words .. " ``" or "`" .. words .. "`"
  end
  local sign = SIGNS[span.kind]
  return sign .. words .. sign
end

-- Puts the signs of a span around what was read since it began.
local function wrap(page, span)
  if not span.counts or span.done then return end
  local all = table.concat(page.line, "", span.at + 1)
  for i = #page.line, span.at + 1, -1 do page.line[i] = nil end
  local words, before, behind = text.trim(all), all:match "^%s*", all:match "%s?$"
  if words ~= "" then words = around(span, words) end
  span.done = words ~= ""
  append(page, before)
  append(page, words)
  append(page, behind)
end

---@param page table
---@param name string
function M.close(page, name)
  local kind = SPANS[name]
  if kind and page.spans[1] then
    local span = table.remove(page.spans)
    page.within[span.kind] = page.within[span.kind] - 1
    wrap(page, span)
  elseif name == "q" then
    append(page, '"')
  end
end

---The paragraph so far, which ends here: open spans go on in the next one; a link stands in the first
---that has words.
---@param page table
---@return string
function M.take(page)
  if not page.line[1] then return "" end
  for i = #page.spans, 1, -1 do
    local span = page.spans[i]
    if span.counts and span.kind == "link" then wrap(page, span) end
    span.counts = span.counts and span.kind == "link"
  end
  for _, span in ipairs(page.spans) do span.at = 0 end
  local words = text.trim(table.concat(page.line))
  page.line = {}
  return words
end

return M
