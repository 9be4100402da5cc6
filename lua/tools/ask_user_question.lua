-- Questions of the model to the user, answered on the screen: from a list or in own words.

local phrase, tr = qwen.phrase, qwen.tr

local text = { type = "string", minLength = 1 }

local T = {
  summary = "Ask the user 1 to 4 questions that only they can decide, with 2 to 4 options each, the "
    .. "best first. Own words are always possible. Not for approval of a plan.",
  effect = "none",
  asks = true,
  serial = true,
  deferred = true,
  schema = {
    type = "object",
    properties = { questions = {
      type = "array",
      minItems = 1,
      maxItems = 4,
      items = {
        type = "object",
        properties = {
          question = text,
          header = { type = "string", description = "one word or two" },
          options = { type = "array", items = {
            type = "object",
            properties = { label = text, description = { type = "string" } },
            required = { "label" },
          } },
          multiSelect = { type = "boolean" },
        },
        required = { "question", "options" },
      },
    } },
    required = { "questions" },
  },
}

T.verbs = { ask = phrase "Ask", done = phrase "Asked" }

local ANSWERS = "User has provided the following answers:\n\n"
local DECLINED = "User declined to answer the questions. Decide yourself and say what you assumed, "
  .. "or ask in words and end there."
local NOBODY = "Nobody can answer in this run: decide, and say in your last answer what you "
  .. "assumed."
local MOST_OPTIONS = 50

function T.offered(ctx) return (ctx.interactive or ctx.decide) and not ctx.agent end

local function header_of(one, i)
  local header = qwen.text.clean(one.header or ""):gsub("%s+", " ")
  return header:find "%S" and header or ("Question %d"):format(i)
end

function T.label(args)
  local headers = {}
  for i, one in ipairs(args.questions) do headers[i] = header_of(one, i) end
  return table.concat(headers, ", ")
end

-- The options of a question; those that are there twice or say nothing are left out.
local function options_of(one)
  local out, seen = {}, {}
  for _, option in ipairs(one.options) do
    local label, said = qwen.text.trim(option.label), option.description
    if said and not said:find "%S" then said = nil end
    if label ~= "" and not seen[label] then out[#out + 1] = { label = label, description = said } end
    seen[label] = true
  end
  return out
end

-- The questions as the screen takes them; nil and what is wrong with one.
local function questions_of(list)
  local out = {}
  for i, one in ipairs(list) do
    local options = options_of(one)
    local wrong = not one.question:find "%S" and "is empty" or #options > MOST_OPTIONS
      and ("has %d options; 4 are enough"):format(#options)
    if wrong then return nil, ("Question %d %s. Nothing was asked."):format(i, wrong) end
    out[i] = { question = one.question, header = header_of(one, i), options = options,
      multiple = one.multiSelect == true }
  end
  return out
end

local function words_of(answer)
  if not answer then return "(no answer)" end
  return answer[1] and table.concat(answer, ", ") or "(none of the options)"
end

-- The answers of a program that leads the session: `answers` by the number of a question from 0 on,
-- or by its text. nil where it declines.
local function asked_program(ctx, args, list, id)
  local allowed, _, changed = ctx.decide({ name = "ask_user_question", id = id }, T, args)
  if not allowed and not changed then return nil end
  local given = changed and type(changed.answers) == "table" and changed.answers or {}
  local out = {}
  for i, one in ipairs(list) do
    local answer = given[tostring(i - 1)] or given[i] or given[one.question]
    if type(answer) == "string" then answer = { answer } end
    out[i] = type(answer) == "table" and answer or nil
  end
  return out
end

function T.run(ctx, args, id)
  if not (ctx.questions or ctx.decide) then return { text = NOBODY, error = true } end
  local list, wrong = questions_of(args.questions)
  if not list then return { text = wrong, error = true } end
  local answers
  if ctx.decide then answers = asked_program(ctx, args, list, id) else answers = ctx.questions(list) end
  if not answers then return { text = DECLINED, display = tr "declined" } end
  local lines = {}
  for i, one in ipairs(list) do
    lines[i] = ("**%s**: %s"):format(one.header, words_of(answers[i]))
  end
  return { text = ANSWERS .. table.concat(lines, "\n"), display = "" }
end

---The answers, below the line of the call.
function T.shown(_, result)
  local lines = result and result:sub(1, #ANSWERS) == ANSWERS and result:sub(#ANSWERS + 1)
  return lines and lines:gsub("%f[^\n\0]%*%*", "- **") or nil
end

return T
