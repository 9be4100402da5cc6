-- NO_COLOR: every kind of block on the screen, and no colour or style among the bytes; what moves the cursor stays.
local t = dofile "tests/check.lua"
local recorder = dofile "tests/recording.lua"

local page = [[
# Heading

Some *words* of **weight**, `code`, ~~gone~~, a [link](http://example.org/x).

> quoted

- item
  1. inner
- [x] done

| a | b |
| - | -: |
| 1 | 2 |

```lua
local x = "text" -- comment
```

```diff
- old
+ new
```

---

The end of it.
]]
local edit = { name = "edit", arguments = { file_path = "f.txt", old_string = "two", new_string = "three" } }
local answers = {
  { think = "Let me think.", text = { page, "more " }, fault = "stall", after = "more " },
  { calls = { { name = "todo_write", arguments = { todos = { { content = "a task", status = "in_progress" }, { content = "another", status = "completed" } } } },
    { name = "read_file", arguments = { file_path = "f.txt" } }, edit } },
  { calls = { { name = "run_shell_command", arguments = { command = "touch made; exit 3", description = "makes a file" } } } },
  { text = "all done" },
  { status = 400, json = { error = { message = "not like this" } } },
}

local function play(env)
  local run <close> = recorder.start(answers, { files = { ["f.txt"] = "one\ntwo\n" }, env = env, rows = 40 })
  local function step(keys, wait) return t.ok(not keys or run.type(keys) ~= false, keys) and t.ok(run.wait(wait), wait) end
  local _ = step(nil, "/help") and step("go\r", "The end of it") and step(nil, "stops") and step("\27t", "thoughts are") and step("\27", "stopped")
    and step("again\r", "or a number") and step("1", "Run this")
    and step(nil, "or a number") and step("1", "all done") and step(nil, " out, ") and step("fail\r", "not like this")
    and step("/mod", "/models") and step("\21/theme\r", "Strong") and step("\27[B", "2.") and step("\r", "ansi") and step("@f", "f.txt") and step("\21\18", "search") and step("\7\21!ls -la /\r", "..")
    and step("/help\r", "/quit")
  run.type "\21/quit\r"
  return run.finish()
end

-- The sequences that choose how text looks, but for the one that ends all of that, when the terminal is given back.
local function looks(bytes)
  local out = {}
  for codes in bytes:gmatch "\27%[([%d;:]+)m" do out[#out + 1] = codes end
  return out
end

local bytes, code = play { NO_COLOR = "1" }
t.eq(code, 0, "it ends")
t.eq(looks(bytes), {}, "no colour, no style")
t.ok(bytes:find "\27%[%d*A" and bytes:find "\27%[%?2004h", "the screen is painted in place")
t.ok(#looks((play {})) > 20, "without it there are colours")

t.done()
