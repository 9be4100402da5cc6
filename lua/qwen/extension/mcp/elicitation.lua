-- What a tool server asks the user: a form, question by question, or a page to be opened in the
-- user's own browser. A form that asks for a secret is declined, and no page is opened from here.
local http = require "sys.http"
local json = require "sys.json"
local json_schema = require "qwen.util.json_schema"
local text = require "qwen.util.text"
local translate = require "qwen.util.translate"

local tr = translate.tr

local M = {}

local MOST_FIELDS, MOST_ROUNDS, MOST_WORDS, MOST_URL = 20, 3, 2000, 4000
local DECLINED = { action = "decline" }
-- Words in the name of a field whose value is a secret.
local SECRETS = { "passw", "passphrase", "secret", "token", "api[%s_-]?key", "private[%s_-]?key",
  "access[%s_-]?key", "credential", "%f[%a]pin%f[%A]", "%f[%a]cvv", "%f[%a]otp%f[%A]" }

local function string_of(value) return type(value) == "string" and value or nil end

-- Words of a stranger as a block that no Markdown in them can leave.
local function quoted(words)
  words = text.clean(text.utf8(words:sub(1, MOST_WORDS))):gsub("```+", "'''")
  return "````\n" .. words .. "\n````"
end

local function one_line(words) return (text.clean(text.utf8(words)):gsub("%s+", " ")) end

local function is_secret(name, field)
  if field.format == "password" or field.writeOnly == true then return true end
  for _, words in ipairs { name, string_of(field.title) or "" } do
    for _, pattern in ipairs(SECRETS) do
      if words:lower():find(pattern) then return true end
    end
  end
  return false
end

-- The choices of a field: {label, value}; nil where it is free.
local function choices_of(field)
  if field.type == "boolean" then
    return { { label = tr "Yes", value = true }, { label = tr "No", value = false } }
  end
  local source = field.type == "array" and type(field.items) == "table" and field.items or field
  local out, titled = {}, source.oneOf or source.anyOf
  for _, one in ipairs(type(titled) == "table" and titled or {}) do
    if type(one) == "table" and type(one.const) == "string" then
      out[#out + 1] = { label = string_of(one.title) or one.const, value = one.const }
    end
  end
  local names = type(source.enumNames) == "table" and source.enumNames or {}
  for i, value in ipairs(type(source.enum) == "table" and source.enum or {}) do
    if type(value) == "string" then
      out[#out + 1] = { label = string_of(names[i]) or value, value = value }
    end
  end
  return out[1] and out or nil
end

-- The fields of a form in the order of their names, those that must be answered first.
local function fields_of(schema)
  local out, must = {}, {}
  for _, name in ipairs(type(schema.required) == "table" and schema.required or {}) do
    must[name] = true
  end
  for name, field in pairs(type(schema.properties) == "table" and schema.properties or {}) do
    if type(field) == "table" then
      out[#out + 1] = { name = name, field = field, must = must[name], choices = choices_of(field) }
    end
  end
  table.sort(out, function(a, b)
    if a.must ~= b.must then return a.must == true end
    return a.name < b.name
  end)
  return out
end

local function label_of(one) return one_line(string_of(one.field.title) or one.name) end

-- The words of a default, as one of the choices has them.
local function default_words(one)
  local value = one.field.default
  if value == nil or value == json.null then return nil end
  if type(value) == "table" then return nil end
  for _, choice in ipairs(one.choices or {}) do
    if choice.value == value then return choice.label end
  end
  return tostring(value)
end

-- A field as a page of our form.
local function page_of(one, head, problem)
  local options, usual = {}, default_words(one)
  if usual then options[1] = { label = one_line(usual), description = tr "the server's default" } end
  for _, choice in ipairs(one.choices or {}) do
    local label = one_line(choice.label)
    if label ~= "" and choice.label ~= usual then options[#options + 1] = { label = label } end
  end
  local about = string_of(one.field.description)
  local lines = { label_of(one) .. (one.must and "" or " " .. tr "(optional)"), problem }
  lines[#lines + 1] = about and quoted(about) or nil
  lines[#lines + 1] = head
  return { question = table.concat(lines, "\n\n"), header = label_of(one), options = options,
    multiple = one.field.type == "array" }
end

local function value_of(one, words)
  for _, choice in ipairs(one.choices or {}) do
    if one_line(choice.label) == words then return choice.value end
  end
  local kind = one.field.type
  local number = (kind == "number" or kind == "integer") and tonumber(words)
  if number then return kind == "integer" and math.tointeger(number) or number end
  return words
end

local function among(choices, value)
  for _, choice in ipairs(choices) do
    if choice.value == value then return true end
  end
  return false
end

-- What an answer of the form comes to: the value, nil for none, or what is wrong with it.
local function taken(one, answer)
  local value
  if not answer or not answer[1] and one.field.type ~= "array" then
    value = one.field.default
    if value == json.null then value = nil end
  elseif one.field.type == "array" then
    value = json.array {}
    for i, words in ipairs(answer) do value[i] = value_of(one, words) end
  else
    value = value_of(one, answer[1])
  end
  if value == nil then return nil, one.must and tr "An answer is needed." or nil end
  for _, each in ipairs(one.field.type == "array" and value or { value }) do
    if one.choices and not among(one.choices, each) then return nil, tr "Take one of the choices." end
  end
  local fits, problem = json_schema.check(
    { type = "object", properties = { value = one.field } }, { value = value })
  if not fits then return nil, one_line(tostring(problem)) end
  return value
end

local function ask_form(ctx, server, params)
  local schema = type(params.requestedSchema) == "table" and params.requestedSchema or {}
  local fields = fields_of(schema)
  if #fields > MOST_FIELDS then return DECLINED end
  for _, one in ipairs(fields) do
    if is_secret(one.name, one.field) then
      ctx.notice(tr("the tool server %s asked for a secret in a form (%s): declined", server,
        label_of(one)))
      return DECLINED
    end
  end
  local head = tr("The tool server %s asks:", server) .. "\n"
    .. quoted(string_of(params.message) or "")
  if not fields[1] then
    local yes = tr "Accept"
    local answer = ctx.questions { { question = head, header = server,
      options = { { label = yes }, { label = tr "Decline" } } } }
    local accepted = answer and answer[1] and answer[1][1] == yes
    return accepted and { action = "accept", content = {} } or DECLINED
  end
  local content, open, problems = {}, fields, {}
  for _ = 1, MOST_ROUNDS do
    local pages, rest = {}, {}
    for i, one in ipairs(open) do pages[i] = page_of(one, head, problems[one.name]) end
    local answers = ctx.questions(pages)
    if not answers then return DECLINED end
    for i, one in ipairs(open) do
      local value, problem = taken(one, answers[i])
      content[one.name], problems[one.name] = value, problem
      if problem then rest[#rest + 1] = one end
    end
    if not rest[1] then return { action = "accept", content = content } end
    open = rest
  end
  return { action = "cancel" }
end

local function ask_page(ctx, server, params)
  local url = string_of(params.url) or ""
  local parsed = #url <= MOST_URL and not url:find "[%c ]" and http.parse_url(url)
  if not parsed or parsed.scheme ~= "http" and parsed.scheme ~= "https" then return DECLINED end
  local yes = tr "I have opened it and am done"
  local question = tr("The tool server %s wants you to open a page of %s in your browser:", server,
    one_line(parsed.host)) .. "\n" .. quoted(url) .. "\n\n" .. tr "It says:" .. "\n"
    .. quoted(string_of(params.message) or "") .. "\n\n"
    .. tr "qwen does not open it. What you enter there goes to that host, not to qwen."
  local answer = ctx.questions { { question = question, header = server,
    options = { { label = yes }, { label = tr "Decline" } } } }
  return answer and answer[1] and answer[1][1] == yes and { action = "accept" } or DECLINED
end

---Asks the user what a server wants to know. Where nobody can answer it is declined.
---@param ctx Ctx
---@param server string
---@param params table of elicitation/create
---@return {action: "accept"|"decline"|"cancel", content: table?}
function M.ask(ctx, server, params)
  if not ctx.questions then return DECLINED end
  if params.mode == "url" then return ask_page(ctx, server, params) end
  return ask_form(ctx, server, params)
end

return M
