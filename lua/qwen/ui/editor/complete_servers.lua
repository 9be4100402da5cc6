-- Completion of `@SERVER:URI`: tool servers that have texts, the addresses that they list, and the
-- forms of more, up to where something has to be filled in.
local text = require "qwen.util.text"

local M = {}

local MOST = 50

-- The lists of a server, asked for once beside the typing.
local function lists_of(ctx, entry, changed)
  if not entry.uris and not entry.asking then
    entry.asking = true
    ctx.background(function()
      local out = {}
      for _, one in ipairs(entry.client:resources() or {}) do
        out[#out + 1] = { uri = one.uri, about = one.title or one.name }
      end
      for _, one in ipairs(entry.client:templates() or {}) do
        out[#out + 1] = { uri = one.uriTemplate:match "^[^{]*", about = one.title or one.name }
      end
      entry.uris, entry.asking = out, nil
      changed()
    end)
  end
  return entry.uris or {}
end

---What a word behind an @ can become.
---@param ctx Ctx
---@param word string
---@param changed fun() called when more was found later
---@return {text: string, detail: string?, opens: boolean?}[]
function M.items(ctx, word, changed)
  local out, named, begun = {}, word:match "^([%w_.-]+):(.*)$"
  for name, entry in pairs(ctx.servers or {}) do
    local has = entry.client and entry.client.can.resources
    if has and not named and word ~= "" and name:sub(1, #word) == word then
      out[#out + 1] = { text = "@" .. name .. ":", opens = true }
    end
    for _, one in ipairs(has and name == named and lists_of(ctx, entry, changed) or {}) do
      local plain = text.clean(one.uri) == one.uri and not one.uri:find "%s"
      if plain and one.uri:sub(1, #begun) == begun and #out < MOST then
        local about = type(one.about) == "string" and text.clean(one.about:sub(1, 80)) or nil
        out[#out + 1] = { text = ("@%s:%s"):format(name, one.uri), detail = about }
      end
    end
  end
  table.sort(out, function(a, b) return a.text < b.text end)
  return out
end

return M
