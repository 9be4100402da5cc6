-- `/agents`: the agents in Markdown that the model may give a task to: listed, made, changed and
-- deleted.

local tr, phrase = qwen.tr, qwen.phrase

local C = { shell = true,
  summary = "list, make, change or delete agents, of ~/.qwen/agents and of this project" }

local READING = "read_file, grep_search, glob, list_directory"
local BODY = "You do this for another assistant, which sees nothing but your last answer.\n"
local NO_NAME = phrase "a name has 2 to 50 letters, digits, - and _"

local function usage_error(words) return nil, qwen.err("usage", words) end

local function one_line(words) return (qwen.text.clean(words):gsub("%s+", " ")) end

-- Where an agent is from, in a word.
local function source(ctx, card)
  local project = qwen.paths.project_config(ctx.cwd)
  if not qwen.fs.exists(card.path) then return tr "shipped" end
  return project and card.path:sub(1, #project) == project and tr "project" or tr "yours"
end

-- The folders in which one can be made.
local function places(ctx)
  local out = {}
  local home, project = qwen.paths.qwen_home(), ctx.trusted and qwen.paths.project_config(ctx.cwd)
  if home then out[1] = { folder = home .. "/agents", label = tr "For you, in every project" } end
  if project then
    out[#out + 1] = { folder = project .. "/agents", label = tr "For this project" }
  end
  for _, place in ipairs(out) do place.columns = { qwen.paths.short(place.folder) } end
  return out
end

local function find(ctx, name)
  local names = {}
  for i, card in ipairs((qwen.x.markdown_resource.list(ctx, "agents"))) do
    if card.name == name then return card end
    names[i] = card.name
  end
  local near = qwen.text.nearest(name, names)
  return nil, qwen.err("missing", near
    and tr("there is no agent '%s'; did you mean %s?", name, near)
    or tr("there is no agent '%s'; the list: /agents", name))
end

-- One that is a file of the person or of the project.
local function find_own(ctx, name)
  local card, e = find(ctx, name)
  if card and qwen.fs.exists(card.path) then return card end
  return nil, e or qwen.err("denied",
    tr("%s ships with qwen; make one of your own with that name: /agents create %s", name, name))
end

local function list(ctx)
  return qwen.x.markdown_resource.show(ctx, "agents", tr "no agent; make one: /agents create")
end

local function show(ctx, args)
  local card, e = find(ctx, args[1])
  if not card then return nil, e end
  ctx.print(("%s  (%s)"):format(card.name, qwen.paths.short(card.path)))
  ctx.print("  " .. one_line(card.description))
  for _, field in ipairs { "tools", "disallowedTools", "model", "maxTurns", "approvalMode" } do
    local set = card.fields[field]
    if set then ctx.print(("  %s: %s"):format(field, one_line(set))) end
  end
  for _, line in ipairs(qwen.text.lines(card.body)) do
    ctx.print("  | " .. qwen.text.clean(line), true)
  end
  return 0
end

-- A value of the front matter, in quotes where it could be read as something else.
local function value(words)
  words = one_line(words)
  return words:find "^[%w][%w ,.()/_-]*$" and words or '"' .. words:gsub('"', "'") .. '"'
end

local function file_of(card)
  local tools = {}
  for i, name in ipairs(qwen.x.markdown_resource.words(card.tools) or {}) do
    tools[i] = "  - " .. name .. "\n"
  end
  return ("---\nname: %s\ndescription: %s\n%s---\n\n%s"):format(card.name, value(card.description),
    tools[1] and "tools:\n" .. table.concat(tools) or "", card.body)
end

-- Writes one; what nobody could give a task to is not written.
local function write(ctx, path, text, new)
  if not qwen.x.markdown_resource.parse(text) then
    return usage_error(
      tr "it has no description in its front matter, without which no model can choose it")
  end
  local folder = path:match "^(.*)/"
  local ok, e = qwen.fs.mkdir(folder, 448)
  local around = qwen.fs.realpath(folder:match "^(.*)/") or ""
  if ok and qwen.fs.realpath(folder) ~= around .. "/agents" then
    return nil, qwen.err("denied",
      tr("%s is a link; nothing was written", qwen.paths.short(folder)))
  end
  if ok then ok, e = qwen.fs.write_exact(path, text, { expect = new and false or nil }) end
  if not ok then return nil, e end
  ctx.print(tr("saved: %s", qwen.paths.short(path)))
  return 0
end

-- The tools of a new one: nil where the person leaves, "" for all.
local function ask_tools(ctx)
  local at = ctx.pick(tr "Which tools does it have?", {
    { label = tr "All of them", columns = { "" } },
    { label = tr "Those that only read", columns = { READING } },
    { label = tr "A list of your own", columns = { "" } } })
  if not at or at < 3 then return at and (at == 2 and READING or "") end
  return ctx.line(tr "Tools, with commas between them:")
end

local function taken(folder, name) return qwen.fs.exists(folder .. "/" .. name .. ".md") end

local function ask_name(ctx, given)
  local name = given or ctx.line(tr "Name of the agent:")
  while name and not (name:find "^[%w_-]+$" and #name >= 2 and #name <= 50) do
    if given then return nil, qwen.err("usage", tr(NO_NAME)) end
    ctx.notice(tr(NO_NAME))
    name = ctx.line(tr "Name of the agent:")
  end
  return name
end

local function create(ctx, args)
  if not (ctx.pick and ctx.line) then
    return usage_error(tr "somebody must answer questions; start qwen and type /agents create")
  end
  local name, e = ask_name(ctx, args[1])
  if e then return nil, e end
  if not name then return 0 end
  local description = ctx.line(tr "When should it be used? (the model reads this)")
  if not description or not description:find "%S" then return 0 end
  local tools = ask_tools(ctx)
  local where = places(ctx)
  local at = tools and (#where == 1 and 1 or ctx.pick(tr "Where is it kept?", where))
  if not at then return 0 end
  local path = where[at].folder .. "/" .. name .. ".md"
  if taken(where[at].folder, name) then
    return nil, qwen.err("usage", tr("%s is there already; change it: /agents edit %s",
      qwen.paths.short(path), name))
  end
  local shipped = find(ctx, name)
  local text = file_of { name = name, description = description, tools = tools,
    body = shipped and shipped.body .. "\n" or BODY }
  if ctx.edit then
    text, e = ctx.edit(text, ".md")
    if not text then return nil, e end
  end
  return write(ctx, path, text:gsub("\n?$", "\n"), true)
end

local function edit(ctx, args)
  local card, e = find_own(ctx, args[1])
  if not card then return nil, e end
  if not ctx.edit then
    ctx.print(qwen.paths.short(card.path))
    return 0
  end
  local before, after
  before, e = qwen.fs.read(card.path, 256 * 1024)
  if before then after, e = ctx.edit(before, ".md") end
  if not after then return nil, e end
  after = after:gsub("\n?$", "\n")
  if after == before then
    ctx.print(tr "nothing was changed")
    return 0
  end
  return write(ctx, card.path, after)
end

local function delete(ctx, args)
  local card, e = find_own(ctx, args[1])
  if not card then return nil, e end
  local title = tr("Delete the agent %s, %s?", card.name, qwen.paths.short(card.path))
  if not ctx.pick then
    return usage_error(tr "somebody must answer questions; start qwen and type /agents delete NAME")
  end
  if ctx.pick(title, { tr "No, keep it", tr "Yes, delete the file" }) ~= 2 then return 0 end
  local ok
  ok, e = qwen.fs.remove(card.path)
  if not ok then return nil, e end
  ctx.print(tr("deleted %s", qwen.paths.short(card.path)))
  return 0
end

local function names(own)
  return function(ctx)
    local out = {}
    for _, card in ipairs((qwen.x.markdown_resource.list(ctx, "agents"))) do
      if not own or qwen.fs.exists(card.path) then
        out[#out + 1] = { text = card.name, detail = one_line(card.description) }
      end
    end
    return out
  end
end

C.subcommands = {
  list = { summary = "all of them, and where each is from", run = list },
  show = { summary = "what one is told, and its tools", args = "NAME", run = show,
    complete = names(false) },
  create = { summary = "make one, by a few questions", args = "[NAME]", run = create },
  edit = { summary = "change one in your editor", args = "NAME", run = edit,
    complete = names(true) },
  delete = { summary = "delete one, after a question", args = "NAME", run = delete,
    complete = names(true) },
}

-- What can be done with one, by the person's choice.
local function manage(ctx, card)
  local own = qwen.fs.exists(card.path)
  local rows, verbs = { tr "Show it" }, { show }
  if own then
    rows[2], verbs[2] = tr "Change it in your editor", edit
    rows[3], verbs[3] = tr "Delete it", delete
  else
    rows[2], verbs[2] = tr "Make one of your own in its place", create
  end
  local at = ctx.pick(("%s · %s"):format(card.name, source(ctx, card)), rows)
  if not at then return 0 end
  return verbs[at](ctx, { card.name })
end

function C.run(ctx)
  if not (ctx.pick and ctx.line and ctx.session) then return list(ctx) end
  local cards, problems = qwen.x.markdown_resource.list(ctx, "agents")
  for _, problem in ipairs(problems) do ctx.notice(problem) end
  local rows = {}
  for i, card in ipairs(cards) do
    rows[i] = { label = card.name,
      columns = { source(ctx, card), qwen.text.head(one_line(card.description), 200) } }
  end
  rows[#rows + 1] = { label = tr "Make a new agent", columns = { "", "" } }
  local at = ctx.pick(tr "Agents", rows)
  if not at then return 0 end
  if at == #rows then return create(ctx, {}) end
  return manage(ctx, cards[at])
end

return C
