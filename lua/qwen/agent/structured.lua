-- An answer that fits a JSON Schema of the user's (--json-schema): the tool that takes it, a text that is taken as well, and asking once
-- more where neither fits.
local err = require "qwen.util.err"
local fs = require "sys.fs"
local json = require "sys.json"
local json_schema = require "qwen.util.json_schema"
local message = require "qwen.session.message"
local paths = require "qwen.util.paths"
local registry = require "qwen.extension.registry"
local schema_check = require "qwen.util.schema_check"
local texts = require "qwen.util.text"
local translate = require "qwen.util.translate"

local tr, phrase = translate.tr, translate.phrase

local M = {}

local NAME, MOST, TRIES = "structured_output", 4 * 1024 * 1024, 2

local SUMMARY = "Give the final answer of this run: the arguments are the answer. Call it once, alone, when all else is done."
local ORDER = "\n\nThe answer of this run is read by a program: give it by calling " .. NAME .. ", when all else is done."
local AGAIN = "The answer must fit the JSON Schema of " .. NAME .. ", and does not: %s. Call " .. NAME .. " with an answer that fits."

local function usage(words) return nil, err("usage", words) end

-- The schema of a flag: {...} as it stands, else a file, also with the @ of Qwen Code.
local function read(given)
  local text = given
  if not given:find "^%s*{" then
    local path = given:gsub("^@", ""):gsub("^~/", (paths.home() or "~") .. "/")
    local stat = fs.stat(path)
    if stat and stat.type ~= "file" then return usage(tr("--json-schema: %s is no file", path)) end
    local e
    text, e = fs.read(path, MOST)
    if not text then return usage(tr("--json-schema: %s", e.message)) end
  end
  local schema = json.decode((text:gsub("^\xef\xbb\xbf", "")), false, true)
  if type(schema) == "table" and schema_check.type_of(schema) ~= "array" then return schema end
  return usage(tr("--json-schema: %s is no JSON object", given:find "^%s*{" and tr "the text" or given))
end

local function problem_of(schema)
  if schema.type ~= nil and not schema_check.wants(schema, "object") then
    return tr 'tools take objects: put it in one, {"type": "object", "properties": {"answer": ...}, "required": ["answer"]}'
  end
  return require("qwen.util.schema_problems").of(schema)
end

---Reads the schema and offers the tool.
---@param ctx Ctx
---@param given string
---@return boolean?, Err?
function M.attach(ctx, given)
  if ctx.interactive then return usage(tr "--json-schema is for runs without a screen: give a prompt, with -p or on standard input") end
  local schema, e = read(given)
  if not schema then return nil, e end
  local problem = problem_of(schema)
  if problem then return usage(tr("--json-schema: %s", problem)) end
  schema.type = schema.type or "object" -- what services want of a tool
  ctx.structured = { schema = schema, failed = 0, order = ORDER }
  registry.provide("tools", NAME, {
    summary = SUMMARY, effect = "none", serial = true, schema = schema,
    offered = function(asking) return not asking.agent end,
    run = function(asking, args)
      if asking.agent then return { text = "Only the main conversation gives this answer.", error = true } end
      ctx.structured.value = args
      return { text = "The answer was taken.", display = tr "answered" }
    end,
  }, "--json-schema")
  return true
end

-- What a text holds that may be the answer: the whole, what is in ``` blocks, the last first, and from the first { to the last }.
local function candidates(text)
  local out, blocks = { text }, {}
  local block
  for _, line in ipairs(texts.lines(text)) do
    local fence = line:find "^%s*```" ~= nil
    if fence and block then table.insert(blocks, 1, table.concat(block, "\n")) end
    if fence then block = not block and {} or nil elseif block then block[#block + 1] = line end
  end
  table.move(blocks, 1, #blocks, 2, out)
  local first, behind = text:find("{", 1, true), text:reverse():find("}", 1, true)
  if first and behind then out[#out + 1] = text:sub(first, #text - behind + 1) end
  return out
end

-- The object in a text that fits; nil and why there is none.
local function answer_in(schema, text)
  local problem
  for _, piece in ipairs(candidates(text)) do
    local value = json.decode(piece, false, true)
    if type(value) == "table" then
      value = json_schema.typed(schema, value)
      local wrong = schema_check.wrong(schema, value)
      if not wrong then return value end
      problem = problem or wrong
    end
  end
  return nil, problem or phrase "there is no JSON in it"
end

-- One more answer that does not fit: what the model is told, or the end.
local function failed(state, problem)
  state.failed = state.failed + 1
  if state.failed < TRIES then return AGAIN:format(tostring(problem)) end
  return nil, err("protocol", tr("the answer does not fit the schema (--json-schema): %s", problem), { budget = "schema" })
end

---Takes the answer out of a text; without one that fits the model is asked once more.
---@param ctx Ctx
---@param answer Message
---@return string? told what the model is to be told
---@return Err? why the run ends
function M.take_text(ctx, answer)
  local state = ctx.structured
  if state.value or answer.stop == "error" then return nil end
  local problem = phrase("the answer was cut: %s", answer.stop)
  if answer.stop == "end" then
    state.value, problem = answer_in(state.schema, message.text_of(answer))
    if state.value then return nil end
  end
  return failed(state, problem)
end

---After the calls of a turn: whether the answer was among them.
---@param ctx Ctx
---@param results Message
---@return boolean answered
---@return Err? why the run ends: it did not fit again
function M.take_call(ctx, results)
  local state = ctx.structured
  if state.value then return true end
  for _, part in ipairs(results.parts) do
    if part.name == NAME and part.error then
      local _, e = failed(state, part.display or part.text)
      if e then return false, e end
    end
  end
  return false
end

return M
