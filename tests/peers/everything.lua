-- A tool server in Lua that has what the official conformance suite asks servers for: its tools,
-- resources, templates, prompts. Texts and addresses that the suite compares are facts of the suite.

local PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
local WAV = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAAAAA=="

local list = qwen.json.array
local function text(words) return { type = "text", text = words } end
local function content(...) return { content = list { ... } } end
local image = { type = "image", data = PNG, mimeType = "image/png" }

local function resource(uri, mime, words)
  return { type = "resource", resource = { uri = uri, mimeType = mime, text = words } }
end

-- Asks the person behind the client, and tells what came.
local function elicit(request, lead, message, schema)
  local result, e = request:ask("elicitation/create", { message = message, requestedSchema = schema })
  if not result then return nil, e end
  return content(text(lead:format(tostring(result.action), qwen.json.encode(result.content or {}))))
end

local function options(...)
  local out = list {}
  for i, title in ipairs { ... } do out[i] = { const = "value" .. i, title = title } end
  return out
end

local function sampling(words)
  return { maxTokens = 100, messages = list { { role = "user", content = text(words) } } }
end

local function form(message, field, kind)
  return { message = message, requestedSchema = { type = "object",
    properties = { [field] = { type = kind or "string" } }, required = list { field } } }
end

-- Asks for several things at once; what came as text.
local function ask_all(request, questions, lead)
  local answers, e = request:ask_all(questions)
  if not answers then return nil, e end
  return content(text(lead .. qwen.json.encode(answers)))
end

local function asks(method, params) return { method = method, params = params } end

local calls = {}

function calls.test_simple_text() return content(text "This is a simple text response for testing.") end
function calls.test_image_content() return content(image) end
function calls.test_audio_content() return content { type = "audio", data = WAV, mimeType = "audio/wav" } end

function calls.test_embedded_resource()
  return content(resource("test://embedded-resource", "text/plain", "This is an embedded resource content."))
end

function calls.test_multiple_content_types()
  return content(text "Multiple content types test:", image,
    resource("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'))
end

function calls.test_tool_with_logging(_, request)
  for _, words in ipairs { "started", "goes on", "ended" } do
    request:log("info", words, "everything")
    qwen.task.sleep(0.02)
  end
  return content(text "logged")
end

function calls.test_error_handling()
  return nil, qwen.err("broken", "This tool intentionally returns an error for testing")
end

function calls.test_tool_with_progress(_, request)
  for _, done in ipairs { 0, 50, 100 } do
    request:progress(done, 100)
    qwen.task.sleep(0.02)
  end
  return content(text "done")
end

function calls.test_sampling(args, request)
  local result, e = request:ask("sampling/createMessage", sampling(args.prompt))
  if not result then return nil, e end
  return content(text("LLM response: " .. tostring(result.content.text)))
end

function calls.test_elicitation(args, request)
  local one = { type = "string" }
  return elicit(request, "User response: action: %s, content: %s", args.message, { type = "object",
    properties = { username = one, email = one }, required = list { "username", "email" } })
end

function calls.test_elicitation_sep1034_defaults(_, request)
  return elicit(request, "Elicitation completed: action=%s, content=%s", "Look through it", { type = "object",
    properties = { name = { type = "string", default = "John Doe" }, age = { type = "integer", default = 30 },
      score = { type = "number", default = 95.5 }, verified = { type = "boolean", default = true },
      status = { type = "string", enum = list { "active", "inactive", "pending" }, default = "active" } } })
end

function calls.test_elicitation_sep1330_enums(_, request)
  local three = list { "option1", "option2", "option3" }
  return elicit(request, "Elicitation completed: action=%s, content=%s", "Choose", { type = "object", properties = {
    untitledSingle = { type = "string", enum = three },
    titledSingle = { type = "string", oneOf = options("First Option", "Second Option", "Third Option") },
    legacyEnum = { type = "string", enum = list { "opt1", "opt2", "opt3" },
      enumNames = list { "Option One", "Option Two", "Option Three" } },
    untitledMulti = { type = "array", items = { type = "string", enum = three } },
    titledMulti = { type = "array", items = { anyOf = options("First Choice", "Second Choice", "Third Choice") } },
  } })
end

local your_name = { user_name = asks("elicitation/create", form("What is your name?", "name")) }

function calls.test_input_required_result_elicitation(_, request) return ask_all(request, your_name, "Hello, ") end
function calls.test_input_required_result_tampered_state(_, request) return ask_all(request, your_name, "") end

function calls.test_input_required_result_sampling(_, request)
  return ask_all(request, { capital_question = asks("sampling/createMessage",
    sampling "What is the capital of France?") }, "")
end

function calls.test_input_required_result_list_roots(_, request)
  return ask_all(request, { client_roots = asks("roots/list", {}) }, "")
end

function calls.test_input_required_result_request_state(_, request)
  return ask_all(request, { confirm = asks("elicitation/create", form("Please confirm", "ok", "boolean")) }, "state-ok ")
end

function calls.test_input_required_result_multiple_inputs(_, request)
  return ask_all(request, { user_name = your_name.user_name, client_roots = asks("roots/list", {}),
    greeting = asks("sampling/createMessage", sampling "Generate a greeting") }, "")
end

function calls.test_input_required_result_multi_round(_, request)
  local first, e = request:ask_all { step1 = asks("elicitation/create", form("Your name?", "name")) }
  if not first then return nil, e end
  return ask_all(request, { step2 = asks("elicitation/create", form("Your favorite color?", "color")) }, "")
end

-- Asks for what the client can be asked for.
function calls.test_input_required_result_capabilities(_, request)
  local questions = {}
  if request:can "elicitation" then questions.name = your_name.user_name end
  if request:can "sampling" then questions.greeting = asks("sampling/createMessage", sampling "Greet") end
  return ask_all(request, questions, "")
end

function calls.test_missing_capability(_, request)
  return ask_all(request, { greeting = asks("sampling/createMessage", sampling "Greet") }, "")
end

function calls.test_streaming_elicitation(_, request)
  request:progress(1)
  return ask_all(request, your_name, "")
end

function calls.test_logging_tool(_, request)
  request:log("warning", "logged")
  return content(text "logged")
end

-- Lists that others listen to.
function calls.test_trigger_tool_change(_, request)
  request.server:changed "tools"
  return content(text "told")
end

function calls.test_trigger_prompt_change(_, request)
  request.server:changed "prompts"
  return content(text "told")
end

function calls.json_schema_2020_12_tool(args) return content(text(qwen.json.encode(args))) end

local schemas = {
  test_sampling = { properties = { prompt = { type = "string" } }, required = list { "prompt" } },
  test_elicitation = { properties = { message = { type = "string" } }, required = list { "message" } },
  json_schema_2020_12_tool = { ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
    ["$defs"] = { address = { ["$anchor"] = "addressDef", type = "object",
      properties = { street = { type = "string" }, city = { type = "string" } } } },
    properties = { name = { type = "string" }, address = { ["$ref"] = "#/$defs/address" },
      contactMethod = { type = "string", enum = list { "phone", "email" } },
      phone = { type = "string" }, email = { type = "string" } },
    allOf = list { { anyOf = list { { required = list { "phone" } }, { required = list { "email" } } } } },
    ["if"] = { properties = { contactMethod = { const = "phone" } }, required = list { "contactMethod" } },
    ["then"] = { required = list { "phone" } }, ["else"] = { required = list { "email" } },
    additionalProperties = false },
}

local function tools()
  local out = {}
  for name in pairs(calls) do
    local schema = schemas[name] or { properties = {} }
    schema.type = "object"
    out[#out + 1] = { name = name, description = name:gsub("_", " "), inputSchema = schema }
  end
  table.sort(out, function(a, b) return a.name < b.name end)
  return out
end

local resources = {
  ["test://static-text"] = { name = "text", mimeType = "text/plain",
    text = "This is the content of the static text resource." },
  ["test://static-binary"] = { name = "binary", mimeType = "image/png", blob = PNG },
  ["test://watched-resource"] = { name = "watched", mimeType = "text/plain", text = "It may change." },
}

local function listed()
  local out = {}
  for uri, each in pairs(resources) do
    out[#out + 1] = { uri = uri, name = each.name, description = each.name, mimeType = each.mimeType }
  end
  table.sort(out, function(a, b) return a.uri < b.uri end)
  return out
end

local function read(uri)
  local found, id = resources[uri], uri:match "^test://template/([^/]+)/data$"
  if found then return { { uri = uri, mimeType = found.mimeType, text = found.text, blob = found.blob } } end
  if not id then return nil end
  return { { uri = uri, mimeType = "application/json", text = qwen.json.encode {
    id = id, templateTest = true, data = "Data for ID: " .. id } } }
end

local function said(...)
  local out = list {}
  for i, one in ipairs { ... } do out[i] = { role = "user", content = one } end
  return { messages = out }
end

local prompts = {
  test_simple_prompt = function() return said(text "This is a simple prompt for testing.") end,
  test_prompt_with_arguments = function(args)
    return said(text(("Prompt with arguments: arg1='%s', arg2='%s'"):format(args.arg1, args.arg2)))
  end,
  test_prompt_with_embedded_resource = function(args)
    return said(resource(args.resourceUri, "text/plain", "Embedded resource content for testing."),
      text "Please process the embedded resource above.")
  end,
  test_input_required_result_prompt = function(_, request)
    local answers, e = request:ask_all { user_context = asks("elicitation/create",
      form("What context should the prompt use?", "context")) }
    if not answers then return nil, e end
    return said(text(qwen.json.encode(answers)))
  end,
  test_prompt_with_image = function() return said(image, text "Please analyze the image above.") end,
}
local wanted = { test_prompt_with_arguments = { "arg1", "arg2" },
  test_prompt_with_embedded_resource = { "resourceUri" } }

local function prompt_list()
  local out = {}
  for name in pairs(prompts) do
    local arguments = list {}
    for i, argument in ipairs(wanted[name] or {}) do
      arguments[i] = { name = argument, description = argument, required = true }
    end
    out[#out + 1] = { name = name, description = name:gsub("_", " "), arguments = arguments }
  end
  table.sort(out, function(a, b) return a.name < b.name end)
  return out
end

return {
  summary = "serve what the conformance suite asks for",
  shell = true,
  run = function(ctx)
    qwen.x.mcp_server.serve(ctx, { name = "everything", logs = true, changes = true, tools = tools,
      call = function(name, args, request) return calls[name](args, request) end,
      prompts = prompt_list, prompt = function(name, args, request) return prompts[name](args, request) end,
      resources = listed, read = read, templates = function()
        return { { uriTemplate = "test://template/{id}/data", name = "template", mimeType = "application/json" } }
      end,
      complete = function(_, argument)
        local out = {}
        for _, word in ipairs { "paris", "park", "party" } do
          if word:find(argument.value, 1, true) == 1 then out[#out + 1] = word end
        end
        return out
      end })
    return 0
  end,
}
