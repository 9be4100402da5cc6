-- A conversation as a document: Markdown, JSON, or one HTML file that needs nothing else. Keys that are in use are taken out.
local json = require "sys.json"
local secret = require "sys.secret"
local text = require "qwen.util.text"

local M = {}

local names = { user = "Prompt", assistant = "Answer", tool = "Results" }

local function when(message)
  return os.date("%Y-%m-%d %H:%M", math.floor(message.time))
end

-- A fence that is longer than any in the text.
local function fenced(words, language)
  local fence = "```"
  for run in words:gmatch "`+" do
    if #run >= #fence then fence = run .. "`" end
  end
  return ("%s%s\n%s\n%s"):format(fence, language or "", text.visible((words:gsub("\n$", ""))), fence)
end

local markdown = {
  text = function(part) return text.clean(part.text) end,
  think = function(part) return "<details><summary>Thinking</summary>\n\n" .. fenced(part.text) .. "\n\n</details>" end,
  call = function(part) return ("**%s**\n\n%s"):format(part.name, fenced(part.args, "json")) end,
  result = function(part)
    return ("<details><summary>%s%s</summary>\n\n%s\n\n</details>"):format(part.name, part.error and " failed" or "", fenced(part.text))
  end,
}

---@param session Session
---@return string
function M.md(session)
  local out = { "# Session " .. session.id }
  for _, m in ipairs(session.messages) do
    out[#out + 1] = ("## %s\n\n%s%s"):format(names[m.role], when(m), m.model and ", " .. m.model or "")
    for _, part in ipairs(m.parts) do
      local write = markdown[part.type]
      out[#out + 1] = write and write(part) or ("[%s, %s]"):format(part.type, part.mime or "")
    end
  end
  return secret.redact(table.concat(out, "\n\n") .. "\n")
end

---@param session Session
---@return string
function M.json(session)
  local messages = json.array {}
  for i, m in ipairs(session.messages) do
    messages[i] = { role = m.role, id = m.id, time = when(m), model = m.model, stop = m.stop, usage = m.usage, parts = json.array(m.parts) }
  end
  return secret.redact(json.encode({ session = session.id, messages = messages }, { indent = 2 }) .. "\n")
end

local escapes = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

local function escaped(words)
  return (text.clean(words):gsub('[&<>"]', escapes))
end

-- Text with its fenced blocks as code.
local function with_code(words)
  local out, code = {}, nil
  for _, line in ipairs(text.lines(words)) do
    if line:find "^%s*```" then
      out[#out + 1] = code and "</code></pre>" or "<pre><code>"
      code = not code
    else
      out[#out + 1] = escaped(line) .. "\n"
    end
  end
  if code then out[#out + 1] = "</code></pre>" end
  return '<div class="text">' .. table.concat(out) .. "</div>"
end

local function folded(title, words)
  return ("<details><summary>%s</summary><pre>%s</pre></details>"):format(escaped(title), escaped(words))
end

local html = {
  text = function(part) return with_code(part.text) end,
  think = function(part) return folded("Thinking", part.text) end,
  call = function(part) return folded(part.name .. " " .. part.args:sub(1, 100), part.args) end,
  result = function(part) return folded(part.name .. (part.error and " failed" or " gave ") .. " " .. #part.text .. " bytes", part.text) end,
  image = function(part) return ('<img alt="image" src="data:%s;base64,%s">'):format(escaped(part.mime), escaped(part.data)) end,
}

local STYLE = [[
body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;background:#fff;color:#1a1a1a}
section{border-left:3px solid #ccc;padding-left:1rem;margin:1.5rem 0}section.user{border-color:#36c}section.assistant{border-color:#393}
h2{font-size:.85rem;color:#666;margin:0}.text{white-space:pre-wrap;overflow-wrap:anywhere}pre{white-space:pre-wrap;overflow-wrap:anywhere;
background:#f4f4f4;padding:.6rem;border-radius:4px}img{max-width:100%}summary{cursor:pointer;color:#555}
@media(prefers-color-scheme:dark){body{background:#161616;color:#ddd}pre{background:#242424}h2,summary{color:#999}}]]

---@param session Session
---@return string
function M.html(session)
  local out = { ('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    .. "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
    .. "<title>Session %s</title><style>%s</style></head><body><h1>Session %s</h1>"):format(session.id, STYLE, session.id) }
  for _, m in ipairs(session.messages) do
    out[#out + 1] = ('<section class="%s"><h2>%s, %s%s</h2>'):format(m.role, names[m.role], when(m), m.model and ", " .. escaped(m.model) or "")
    for _, part in ipairs(m.parts) do
      out[#out + 1] = html[part.type] and html[part.type](part) or "<p>[a file, " .. escaped(part.mime or "") .. "]</p>"
    end
    out[#out + 1] = "</section>"
  end
  out[#out + 1] = "</body></html>\n"
  return secret.redact(table.concat(out, "\n"))
end

return M
