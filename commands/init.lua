-- `/init`: the model looks at the project and writes its instruction file, or mends the one there is.

local C = { summary = "have the model write QWEN.md, the instructions for this project", args = "[WHAT MATTERS]" }

local TASK = [[
%s the file %s: the instructions that a coding assistant needs to work well in this project, and that it cannot see at a glance.

Look first: the README, the build files, the tests, the layout, a few of the central sources, the recent history. Then write, in under 80 lines of Markdown:
- what the project is, in two sentences, and which folder holds what;
- the commands that build it, run it, test it (all of it and one test) and check its style, each tried by you where that is safe;
- conventions that the code really follows and a newcomer would get wrong;
- traps, if you found any.
State only what you saw. No general advice, no secrets, nothing that the files already say better.%s]]

function C.run(ctx, _, rest)
  local names = ctx.settings:get "context.fileName"
  local name = type(names) == "table" and names[1] or names
  local path = ctx.cwd .. "/" .. tostring(name)
  local there = qwen.fs.stat(path) ~= nil
  local more = rest:find "%S" and "\nAbove all: " .. rest or ""
  return { prompt = TASK:format(there and "Read and mend" or "Write", path, more) }
end

return C
