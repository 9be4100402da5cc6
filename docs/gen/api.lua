-- Prints docs/api.md, the reference of the Lua API, from the type files. Run by the build: qwen lua docs/gen/api.lua
local reference = qwen.reference

local function cell(text) return (text:gsub("|", "\\|"):gsub("\n", " ")) end

local out = { "# The Lua API", "",
  ("Version %d of the API, made from `lua/meta/` by docs/gen/api.lua. The same page by page: `qwen help lua NAME`."):format(qwen.api) }
for _, name in ipairs(reference.names()) do
  local class = reference.find(name)
  out[#out + 1] = "\n## " .. name .. "\n"
  if class.text ~= "" then out[#out + 1] = class.text .. (class.text:find "[.:]$" and "" or ".") .. "\n" end
  if class.parent then out[#out + 1] = ("All of `%s`, and:\n"):format(class.parent) end
  if #class.fields > 0 then
    out[#out + 1] = "| name | type | |\n| --- | --- | --- |"
    for _, field in ipairs(class.fields) do
      out[#out + 1] = ("| `%s` | `%s` | %s |"):format(field.name, cell(field.type), cell(field.text))
    end
  end
end
print(table.concat(out, "\n"))
