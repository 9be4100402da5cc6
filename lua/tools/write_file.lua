-- Writes a whole file. An existing one must have been read, and keeps its BOM and line ends.

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

function T.paths(args) return { args.file_path } end

function T.label(args) return args.file_path end

local BOM = "\xef\xbb\xbf"

local function keep_form(before, content)
  if qwen.x.fuzzy_match.line_end(before) == "\r\n" then content = content:gsub("\r\n", "\n"):gsub("\n", "\r\n") end
  if before:sub(1, 3) == BOM and content:sub(1, 3) ~= BOM then content = BOM .. content end
  return content
end

local function plan(ctx, args)
  local path, e = qwen.x.files.resolve(ctx, args.file_path)
  if not path then return nil, e end
  local stat = qwen.fs.stat(path)
  if not stat then return { path = path, before = "", after = args.content, fresh = true } end
  if stat.type ~= "file" then return nil, qwen.err("usage", path .. " is not a file. Nothing was written.") end
  local ok
  ok, e = qwen.x.files.check_seen(ctx, path)
  if not ok then return nil, e end
  local before
  before, e = qwen.fs.read(path)
  if not before then return nil, e end
  return { path = path, before = before, after = keep_form(before, args.content) }
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
  if change.fresh then
    ok, e = qwen.fs.mkdir(change.path:match "^(.*)/" .. "/")
    if not ok then return nil, e end
  end
  ok, e = qwen.fs.write(change.path, change.after, { mode = 420 })
  if not ok then return nil, e end
  qwen.x.files.mark_seen(ctx, change.path)
  local words = change.fresh and "Successfully created and wrote to new file: %s." or "Successfully overwrote file: %s."
  local _, lines = args.content:gsub("\n", "")
  return { text = words:format(change.path), display = qwen.text.count(lines, "line") .. " written" }
end

return T
