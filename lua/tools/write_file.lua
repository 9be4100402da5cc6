-- Writes a whole file. An existing one must have been read, and keeps its BOM and line ends.

local tr = qwen.tr

local T = {
  summary = "Write a whole file, with its folders. Prefer edit for changes to existing files; those must be read first.",
  effect = "edit", editable = "content",
  schema = {
    type = "object",
    properties = {
      file_path = { type = "string", description = "absolute path" },
      content = { type = "string" },
    },
    required = { "file_path", "content" },
  },
}

function T.deferred(ctx) return qwen.x.patches.used(ctx) end

function T.paths(args) return { args.file_path } end

T.verbs = { ask = qwen.phrase "Write", done = qwen.phrase "Wrote" }

function T.label(args) return args.file_path end

-- Lines as an editor counts them.
local function line_count(text)
  local ends = qwen.text.line_ends(text)
  return text == "" and 0 or text:sub(-1) == "\n" and ends or ends + 1
end

local KEPT = " It has %s, as before or as given; edit with replace_all changes line ends (\\r\\n to \\n) and a BOM."
local BOM = "\xef\xbb\xbf"

local function keep_form(before, content)
  if qwen.x.fuzzy_match.line_end(before) == "\r\n" then content = content:gsub("\r\n", "\n"):gsub("\n", "\r\n") end
  if before:sub(1, 3) == BOM and content:sub(1, 3) ~= BOM then content = BOM .. content end
  return content
end

local function plan(ctx, args)
  local path, e = qwen.x.files.resolve(ctx, args.file_path)
  if not path then return nil, e end
  local stat
  stat, e = qwen.x.files.stat(ctx, path)
  if not stat and e.kind ~= "missing" then return nil, e end
  if not stat then return { path = path, before = "", after = args.content, fresh = true, stat = false } end
  if stat.type ~= "file" then return nil, qwen.err("usage", path .. " is not a file. Nothing was written.") end
  local before, encoding
  before, stat, encoding = qwen.x.files.read_text(ctx, path)
  if not before then return nil, stat end
  local ok
  ok, e = qwen.x.files.check_seen(ctx, path, stat, true)
  if not ok then return nil, e end
  return { path = path, before = before, after = keep_form(before, args.content), stat = stat, encoding = encoding }
end

function T.preview(ctx, args)
  local change, e = plan(ctx, args)
  if not change then return nil, e end
  return qwen.text.diff(change.before, change.after, qwen.x.files.relative(ctx, change.path))
end

function T.run(ctx, args)
  local change, e = plan(ctx, args)
  if not change then return nil, e end
  local ok
  ok, e = qwen.x.files.write(ctx, change.path, change.after, change.stat, change)
  if not ok then return nil, e end
  local words = change.fresh and "Successfully created and wrote to new file: %s (%s)."
    or "Successfully overwrote file: %s (%s; it had %d before)."
  local lines, form = line_count(change.after), qwen.x.files.form(change.after, change.encoding)
  local kept = form and not change.fresh and KEPT:format(form) or form and (" It has %s."):format(form) or ""
  return { text = words:format(change.path, qwen.text.count(lines, "line"), line_count(change.before)) .. kept,
    display = tr(lines == 1 and "%d line written" or "%d lines written", lines) }
end

return T
