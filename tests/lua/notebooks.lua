-- Notebooks: read as cells, and one cell changed while every other byte stays.
local t = dofile "tests/check.lua"
local fake = dofile "tests/fake/fake.lua"
local program = dofile "tests/program.lua"
local fs, json = require "sys.fs", require "sys.json"
local notebook = require "qwen.util.notebook"

local BOOK = [[
{
 "cells": [
  {
   "cell_type": "markdown",
   "id": "intro",
   "metadata": {},
   "source": [
    "# Title\n",
    "ünïcode {\"]\" \\ }"
   ]
  },
  {
   "cell_type": "code",
   "execution_count": 3,
   "id": "calc",
   "metadata": {
    "tags": []
   },
   "outputs": [
    {
     "name": "stdout",
     "output_type": "stream",
     "text": [
      "\u001b[31mred\u001b[0m\n"
     ]
    },
    {
     "data": {
      "image/png": "iVBORw0KGgo=",
      "text/plain": [
       "<Figure>"
      ]
     },
     "metadata": {},
     "output_type": "display_data"
    }
   ],
   "source": [
    "x = 1\n",
    "x"
   ]
  }
 ],
 "metadata": {
  "kernelspec": {
   "language": "python"
  }
 },
 "nbformat": 4,
 "nbformat_minor": 5
}
]]
-- A cell of text keeps pictures that one of code cannot have.
local PICTURE = (BOOK:gsub('"cell_type": "markdown",', '"attachments": {},\n   "cell_type": "markdown",', 1))
t.eq(notebook.parse((notebook.edit(PICTURE, notebook.parse(PICTURE), { mode = "replace", place = 1, source = "", kind = "code" }))).cells[1].attachments, nil,
  "pictures of a cell go with its kind")
local TEXT = [[{"cells": [{"cell_type": "raw", "metadata": {}, "source": "a"}, {"cell_type": "code", "metadata": {}, "execution_count": 1, "outputs": [1], "source": "b\nc"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 2}]]
local EMPTY = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'

t.eq(notebook.render(notebook.parse(BOOK)), [[
Jupyter notebook (python, 2 cells); notebook_edit changes a cell

--- Markdown cell intro ---
# Title
ünïcode {"]" \ }

--- Code cell calc [3] ---
```python
x = 1
x
```
Output:
red
<Figure>
[image/png, 12 B]
]], "cells, ids and outputs")
t.match(notebook.render(notebook.parse(TEXT)), "%-%-%- Raw cell cell%-0 %-%-%-\na\n\n%-%-%- Code cell cell%-1 %[1%] %-%-%-", "without ids")
for _, text in ipairs { "", "[]", "{}", '{"cells":1}', '{"cells":[1]}', '{"cells":[{}]}', "not json", '{"cells":null}' } do
  t.eq(notebook.parse(text), nil, text .. " is none")
end

local function put(text, from, to)
  local first, last = text:find(from, 1, true)
  return text:sub(1, assert(first, from) - 1) .. to .. text:sub(last + 1)
end
local OUTPUTS = BOOK:match '"outputs": (%[.-\n   %]),\n   "source"'
-- The file, the change, the file after it.
local rows = {
  { BOOK, { mode = "replace", place = 1, source = "# Two" }, put(BOOK, '    "# Title\\n",\n    "ünïcode {\\"]\\" \\\\ }"', '    "# Two"') },
  { BOOK, { mode = "replace", place = 2, source = "y = 2\nprint(y)\n" },
    put(put(put(BOOK, '    "x = 1\\n",\n    "x"', '    "y = 2\\n",\n    "print(y)\\n"'), OUTPUTS, "[]"), '"execution_count": 3', '"execution_count": null') },
  { BOOK, { mode = "replace", place = 2, source = "", kind = "markdown" },
    put(put(put(put(BOOK, '[\n    "x = 1\\n",\n    "x"\n   ]', "[]"), '   "outputs": ' .. OUTPUTS .. ",\n", ""), '   "execution_count": 3,\n', ""),
      '"cell_type": "code"', '"cell_type": "markdown"') },
  { BOOK, { mode = "delete", place = 1 }, put(BOOK, BOOK:match '\n(  {\n   "cell_type": "markdown".-\n  },\n)', "") },
  { TEXT, { mode = "replace", place = 2, source = "d" }, put(put(put(TEXT, '"b\\nc"', '"d"'), "[1]", "[]"), '"execution_count": 1', '"execution_count": null') },
  { TEXT, { mode = "delete", place = 2 }, [[{"cells": [{"cell_type": "raw", "metadata": {}, "source": "a"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 2}]] },
  { TEXT, { mode = "insert", place = 1, source = "n" }, put(TEXT, '"source": "a"}', '"source": "a"}, {"cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [], "source": "n"}') },
  { (BOOK:gsub("\n", "\r\n")), { mode = "replace", place = 1, source = "a\nb" },
    (put(BOOK, '    "# Title\\n",\n    "ünïcode {\\"]\\" \\\\ }"', '    "a\\n",\n    "b"'):gsub("\n", "\r\n")) },
}
for i, row in ipairs(rows) do
  t.eq((notebook.edit(row[1], notebook.parse(row[1]), row[2])), row[3], "row " .. i)
end
-- New cells: their id is their own, the rest is known.
for _, row in ipairs { { BOOK, 0 }, { BOOK, 1 }, { BOOK, 2 }, { EMPTY, 0 } } do
  local after, name = notebook.edit(row[1], notebook.parse(row[1]), { mode = "insert", place = row[2], source = "a\nb", kind = "markdown" })
  local made = assert(notebook.parse(after), after)
  local cell = made.cells[row[2] + 1]
  t.eq({ cell.id, cell.cell_type, cell.source, cell.outputs }, { name, "markdown", { "a\n", "b" } }, "inserted")
  t.eq(#made.cells, #notebook.parse(row[1]).cells + 1, "one more")
end
local after = notebook.edit(BOOK, notebook.parse(BOOK), { mode = "insert", place = 1, source = "z" })
t.match(after, '\n  },\n  {\n   "cell_type": "code",\n   "execution_count": null,\n   "id": "%x+",\n   "metadata": {},\n   "outputs": %[%],\n   "source": %[\n    "z"\n   %]\n  },\n',
  "written as its neighbours")

-- The tool: found by its name, judged as an edit, asked for only after a read.
local place = program.place { ["n.ipynb"] = BOOK, ["t.ipynb"] = TEXT, ["x.txt"] = "x", ["bad.ipynb"] = "{" }
local function cell(args) return { calls = { { name = "notebook_edit", arguments = args } } } end
local function read(path) return { calls = { { name = "read_file", arguments = { file_path = path } } } } end
local steps = {
  { cell { notebook_path = "n.ipynb", cell_id = "calc", new_source = "1" }, "no tool 'notebook_edit'.*Read the" },
  { read "n.ipynb", "Code cell calc %[3%]" },
  { cell { notebook_path = "n.ipynb", new_source = "1" }, "cell_id is needed" },
  { cell { notebook_path = "n.ipynb", cell_id = "none", new_source = "1" }, "no cell none. Its cells: intro, calc" },
  { cell { notebook_path = "n.ipynb", cell_id = "calc" }, "new_source is needed" },
  { cell { notebook_path = "x.txt", cell_id = "calc", new_source = "1" }, "is no notebook" },
  { read "bad.ipynb", "{" },
  { cell { notebook_path = "bad.ipynb", cell_id = "calc", new_source = "1" }, "not JSON with cells" },
  { { calls = { { name = "NotebookEdit", arguments = { path = "n.ipynb", cell_id = "calc", source = "x = 7" } } } }, "replace cell calc%.\n\nUpdated source:\n\n%-%-%-\n\nx = 7" },
  { cell { notebook_path = "n.ipynb", cell_id = "cell-0", edit_mode = "delete" }, "delete cell intro" },
  { read "t.ipynb", "Raw cell cell%-0" },
  { cell { notebook_path = "t.ipynb", new_source = "first", edit_mode = "insert", cell_type = "markdown" }, "insert cell cell%-0%. Its cells have no ids" },
}
local script = {}
for i, step in ipairs(steps) do script[i] = step[1] end
script[#script + 1] = { text = "done" }
local server <close> = fake.start(script)
local function qwen(...) return program.run(place, { "--openai-base-url", server.url, "-m", "m", "--approval-mode", "auto-edit", ... }) end
local r = qwen("-p", "x")
t.eq({ r.code, r.out }, { 0, "done\n" }, r.err)
local asked = server:requests()
for i, step in ipairs(steps) do
  local messages = asked[i + 1].body.messages
  t.match(messages[#messages].content, step[2], json.encode(step[1]))
end
local now = notebook.parse(fs.read(place.cwd .. "/n.ipynb"))
t.eq({ #now.cells, now.cells[1].source, now.cells[1].outputs }, { 1, { "x = 7" }, {} }, "changed")
t.eq(qwen("--continue", "-p", "/undo").code, 0)
t.eq({ fs.read(place.cwd .. "/n.ipynb"), fs.read(place.cwd .. "/t.ipynb") }, { BOOK, TEXT }, "taken back")

-- Odd notebooks: what they become, or none.
do
  local plain = '{"cells":[{"cell_type":"code","source":["a"],"metadata":{},"outputs":[],"execution_count":null}]}'
  local function with(from, to) return (plain:gsub(from, to)) end
  for text, want in pairs {
    [with('"source":%["a"%]', '"source":["x"],"source":["a"]')] = with('"source":%["a"%]', '"source":["x"],"source":["b"]'),
    [with('^{', '{"cells":[],')] = with('^{', '{"cells":[],'):gsub('"a"', '"b"'),
    [with("{}", '{"n":1e400,"m":-1E+999,"k":123456789012345678901234567890}')] = with("{}", '{"n":1e400,"m":-1E+999,"k":123456789012345678901234567890}')
      :gsub('"a"', '"b"'),
    [with("{}", '{"n":NaN,"m":[-Infinity,Infinity],"NaN":"NaN \\"1e999"}')] = with("{}", '{"n":NaN,"m":[-Infinity,Infinity],"NaN":"NaN \\"1e999"}')
      :gsub('"a"', '"b"'),
    [with('"source"', '"\\u0073ource"')] = with('"source"', '"\\u0073ource"'):gsub('"a"', '"b"'),
    ['{"cells":{}}'] = false, ['{"cells" : {"1":{"cell_type":"code"}}}'] = false, ['{"worksheets":[{"cells":[]}],"nbformat":3}'] = false,
    ['{"cells":[NaN]}'] = false, ['{"cells":["'] = false, ['{"cells":["\\'] = false, [""] = false, ["NaN"] = false,
  } do
    local book = notebook.parse(text)
    local changed = book and notebook.edit(text, book, { mode = "replace", place = 1, source = "b" })
    t.eq(changed or false, want, text)
  end
end

t.done()
