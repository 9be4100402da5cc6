-- Changes one cell of a Jupyter notebook; all other bytes of the file stay. The outputs of a code cell
-- that is changed go.

local tr = qwen.tr

local T = {
  summary = "Change a cell of a Jupyter notebook that you have read: replace its source, insert a cell, or delete one. "
    .. "The ids of cells are those that read_file shows.",
  effect = "edit", editable = "new_source", deferred = true,
  schema = {
    type = "object",
    properties = {
      notebook_path = { type = "string", description = "absolute path" },
      cell_id = { type = "string", description = "for insert: the cell before; without it the new cell is the first" },
      new_source = { type = "string" },
      cell_type = { type = "string", enum = { "code", "markdown" } },
      edit_mode = { type = "string", enum = { "replace", "insert", "delete" }, description = "default: replace" },
    },
    required = { "notebook_path" },
  },
}

-- Only after a notebook was read: nobody else needs it.
function T.offered(ctx)
  for path in pairs(ctx.seen) do
    if path:find "%.ipynb$" then return true end
  end
  return false
end

function T.paths(args) return { args.notebook_path } end

T.verbs = { ask = qwen.phrase "Edit", done = qwen.phrase "Edited" }

function T.label(args) return args.notebook_path .. (args.cell_id and " " .. args.cell_id or "") end

local function refused(words, ...)
  return nil, qwen.err("usage", words:format(...) .. " Nothing was written.")
end

-- The place of the cell that is meant; 0 before the first.
local function place_of(notebook, path, args, mode)
  if not args.cell_id and mode == "insert" then return 0 end
  if not args.cell_id then return refused("cell_id is needed to %s a cell.", mode) end
  local place, several = qwen.x.notebook.find(notebook, args.cell_id)
  if place then return place end
  if several then return refused("%s names two cells of %s.", args.cell_id, path) end
  local names = {}
  for i = 1, math.min(#notebook.cells, 20) do names[i] = qwen.x.notebook.cell(notebook, i).name end
  return refused("%s has no cell %s. Its cells: %s%s.", path, args.cell_id, table.concat(names, ", "), #notebook.cells > 20 and ", ..." or "")
end

-- What would come of the file; nothing is written.
local function plan(ctx, args)
  local mode = args.edit_mode or "replace"
  if mode ~= "delete" and not args.new_source then return refused("new_source is needed to %s a cell.", mode) end
  local path, e = qwen.x.files.resolve(ctx, args.notebook_path)
  if not path then return nil, e end
  if not path:lower():find "%.ipynb$" then return refused("%s is no notebook (.ipynb): use edit.", path) end
  local before, stat, encoding = qwen.x.files.read_text(ctx, path)
  if not before then return nil, stat.kind == "missing" and qwen.x.files.missing(ctx, path) or stat end
  local ok
  ok, e = qwen.x.files.check_seen(ctx, path, stat)
  if not ok then return nil, e end
  local notebook = qwen.x.notebook.parse(before)
  if not notebook then return refused("%s is not JSON with cells.", path) end
  local place
  place, e = place_of(notebook, path, args, mode)
  if not place then return nil, e end
  local cell = mode ~= "insert" and qwen.x.notebook.cell(notebook, place) or { source = "" }
  local after, name = qwen.x.notebook.edit(before, notebook, { mode = mode, place = place, source = args.new_source, kind = args.cell_type })
  if after == before then return refused("the cell %s is so already.", name) end
  return { path = path, before = before, after = after, stat = stat, encoding = encoding, name = name, mode = mode,
    old = cell.source, new = mode == "delete" and "" or args.new_source, numbered = mode ~= "replace" and notebook.cells[1] and not notebook.cells[1].id,
    part = qwen.x.patch_apply.part(before, after) }
end

local function whole_lines(text) return text == "" and "" or (text:gsub("\n?$", "\n", 1)) end

function T.preview(ctx, args)
  local change, e = plan(ctx, args)
  if not change then return nil, e end
  local diff = qwen.text.diff(whole_lines(change.old), whole_lines(change.new), qwen.x.files.relative(ctx, change.path))
  return diff ~= "" and diff or ("%s: %s"):format(change.name, args.cell_type or change.mode)
end

function T.run(ctx, args)
  local change, e = plan(ctx, args)
  if not change then return nil, e end
  local ok
  ok, e = qwen.x.files.write(ctx, change.path, change.after, change.stat, { encoding = change.encoding, part = change.part })
  if not ok then return nil, e end
  local text = ("Notebook %s has been updated. %s cell %s."):format(change.path, change.mode, change.name)
  if change.numbered then text = text .. " Its cells have no ids and are numbered anew: read it again before the next edit." end
  if change.mode ~= "delete" then text = text .. "\n\nUpdated source:\n\n---\n\n" .. change.new end
  return { text = text, display = tr "changed" }
end

return T
