-- What the decoders of all protocols share: events as JSON, errors in every form, answers that are no stream, and how a stream ends. Runs
-- of events that differ in one text are read without decoding each.
local Answer = require "qwen.provider.answer"
local err = require "qwen.util.err"
local json = require "sys.json"
local redact = require("sys.secret").redact
local phrase = require("qwen.util.translate").phrase

local M = {}

local integer = Answer.integer

-- What an event has in the place of an error, in whatever form.
local function error_in(event, name)
  local e, base = event.error, event.base_resp
  if e == true then return event end
  if e and e ~= json.null and e ~= "" and (type(e) ~= "table" or next(e)) then return e end
  if name == "error" or event.type == "error" or event.object == "error" then return event end
  if type(base) == "table" and integer(base.status_code) and base.status_code ~= 0 then return event end -- MiniMax
end

-- Whether JSON ends in the middle: in a string, or with brackets that are open.
local function is_cut(data)
  if not data:find "^%s*[{%[]" then return false end
  local bare = data:gsub("\\.", ""):gsub('"[^"]*"', "")
  local _, opened = bare:gsub("[{%[]", "")
  local _, closed = bare:gsub("[}%]]", "")
  return opened > closed or bare:find('"', 1, true) ~= nil
end

-- Text that stands where JSON is expected. An event that is cut is the last of a stream that was.
local function not_json(answer, data, name, problem)
  if name == "error" then return answer:fail(data) end
  if is_cut(data) then
    if answer.reason then return end
    local why = phrase "the answer ended before the service said that it was complete"
    return answer:fail(err("network", why))
  end
  if problem and problem.kind == "too_long" then return answer:fail(err("protocol", problem.message)) end
  answer:fail(err("protocol", phrase("the service sent an event that is not JSON: %s", data:sub(1, 120))))
end

-- One event of the answer.
local function read_event(answer, event, name, read)
  local e = error_in(event, name)
  if e then answer:fail(e) end
  read(answer, event, name)
end

-- An answer that is JSON and no stream: an event, a list of them, or one a line.
local function read_whole(answer, data, read)
  local value, problem = json.decode(data, true, true)
  local events = {}
  if type(value) == "table" then
    events = value[1] and value or { value }
  elseif problem and problem.kind == "too_long" then
    return answer:fail(err("protocol", problem.message))
  else
    for line in data:gmatch "[^\r\n]+" do events[#events + 1] = json.decode(line, true, true) or line end
  end
  for _, event in ipairs(events) do
    if type(event) == "table" then
      if not answer.failed then read_event(answer, event, "whole", read) end
    elseif not answer.failed then
      not_json(answer, tostring(event), "whole")
    end
  end
  if not answer.failed and not answer.reason and answer.calls == 0 and not answer.spoke then
    local model, found = answer.model, require("qwen.provider.error_body").of(events[1])
    if found.text then return answer:fail(events[1]) end
    answer:fail(err("protocol", phrase("%s sent JSON instead of an event stream; check the base URL and the model. It begins: %s",
      tostring(model.base_url or model.id), redact(data:sub(1, 120)))))
  end
  answer:over()
end

---A provider's `decoder`. An event is JSON; its `error` is a failure, `[DONE]` an end without a reason, and a stream that ends without
---either was cut. One delta serves a run of texts: it is good until the next event.
---@param provider table whose `failure` reads errors
---@param read fun(answer: Answer, event: table, name: string?) tells the answer what an event means; name: of the event, where the stream has
---them, and "whole" for an answer that did not come as a stream
---@param steps {begin: (fun(answer: Answer, model: Model, view: View?))?, finish: (fun(answer: Answer))?}? before the first event; after the
---last one of a stream that did not fail
---@return fun(model: Model, view: View?): fun(data: string?, name: string?, out: Delta[]), {template: JsonTemplate, delta: Delta?, over: boolean?,
---whole: boolean?} while there is a delta, an event that fits the template is this delta with another text; over: nothing of what follows
---counts; whole: an end was told
function M.decoder(provider, read, steps)
  if type(provider) ~= "table" or type(read) ~= "function" then error("a decoder is made of (P, function(answer, event) ... end)", 2) end
  local begin, last = steps and steps.begin, steps and steps.finish
  return function(model, view)
    local template, learnt, kind = json.template(), nil, nil -- the name and the kind of text of what the template was learnt from
    local known, run = template.read, { template = template }
    local answer = Answer.new(provider, model, run)
    local pieces, used = answer.pieces, answer.used
    if begin then begin(answer, model, view) end

    -- The delta for texts that need not be looked at, but for the bytes that the template excludes.
    local function free_delta()
      if answer.half or kind == "text" and (not answer.spoke or answer.split and not answer.free) then return nil end
      return pieces[kind]
    end

    local function decode(data, name, out)
      local text = data and name == learnt and known(template, data)
      if text then
        local one = run.delta
        if one then
          one.text = text
          out[#out + 1] = one
          return
        end
        answer.out, answer.count = out, 0
        answer[kind](answer, text)
        run.delta = free_delta()
        return
      end
      answer.out = out
      if data == nil then return answer:finish(last) end
      if run.over or not data:find "%S" then return end
      if data:find "^%s*%[DONE%]%s*$" then return answer:over() end
      answer.count, answer.key, answer.tell = 0, nil, false
      local event, problem = nil, nil
      if name ~= "whole" then event, problem = json.decode(data, true, true) end
      if name == "whole" then
        read_whole(answer, data, read)
      elseif type(event) == "table" then
        read_event(answer, event, name, read)
      else
        return not_json(answer, data, name, problem)
      end
      if answer.key and answer.count == 1 and not answer.reason then
        learnt, kind = name, answer.kind
        template:learn(data, answer.key, answer.said, name, kind == "text" and answer.split and answer.free or nil)
      end
      run.delta, run.whole = learnt and free_delta(), answer.reason ~= nil
      if answer.tell then out[#out + 1] = used end
    end
    return decode, run
  end
end

return M
