-- Reads a file for the model: text by lines, images as they are. What was read may then be edited.

local MAX_LINES, MAX_CHARS, MAX_FILE, MAX_IMAGE = 1000, 25000, 64 * 1024 * 1024, 10 * 1024 * 1024

local images = { png = "image/png", jpg = "image/jpeg", jpeg = "image/jpeg", gif = "image/gif", webp = "image/webp" }

local T = {
  summary = "Read a text file or image. Long files are cut: use offset and limit to read further.",
  effect = "read",
  schema = {
    type = "object",
    properties = {
      file_path = { type = "string", description = "absolute path" },
      offset = { type = { "integer", "null" }, minimum = 0, description = "first line, counted from 0" },
      limit = { type = { "integer", "null" }, minimum = 1, description = "number of lines" },
      pages = { type = { "string", "null" }, description = "of a PDF: 1-5" },
    },
    required = { "file_path" },
  },
}

function T.paths(args) return { args.file_path } end

function T.label(args) return args.file_path end

-- The lines from..to as the model should see them, how many these are, and their total. A BOM and CRs are left out: edits keep them.
local function slice(text, first, count)
  text = text:gsub("^\xef\xbb\xbf", ""):gsub("\r\n", "\n")
  local lines, total = {}, 0
  for line in (text:sub(-1) == "\n" and text or text .. "\n"):gmatch "([^\n]*)\n" do
    total = total + 1
    if total > first and total <= first + count then lines[#lines + 1] = line end
  end
  local shown, size = {}, 0
  for _, line in ipairs(lines) do
    size = size + #line + 1
    if size > MAX_CHARS and #shown > 0 then break end
    shown[#shown + 1] = #line > MAX_CHARS and line:sub(1, MAX_CHARS) .. " [line cut]" or line
  end
  return table.concat(shown, "\n"), #shown, total
end

-- The text of a PDF, by the program that is there for it.
local function read_pdf(path, pages)
  local program = qwen.proc.which "pdftotext"
  if not program then
    return { text = ("Cannot display content of binary file: %s (a PDF; its text can be read when poppler-utils is installed)"):format(path), display = "PDF" }
  end
  local argv = { program, "-layout" }
  if type(pages) == "string" then
    local first, last = pages:match "^(%d+)%-?(%d*)$"
    if not first then return nil, qwen.err("usage", ("pages must be a number or a range such as 1-5, not '%s'"):format(pages)) end
    table.move({ "-f", first, "-l", last ~= "" and last or first }, 1, 4, 3, argv)
  end
  argv[#argv + 1], argv[#argv + 2] = path, "-"
  local result, e = qwen.proc.run { argv = argv, timeout = 60, limit = 1024 * 1024 }
  if not result then return nil, e end
  if result.code ~= 0 then return nil, qwen.err("broken", ("the PDF %s cannot be read: %s"):format(path, qwen.text.trim(result.err))) end
  return { text = (qwen.text.head_tail(result.out, MAX_CHARS)), display = "PDF, " .. qwen.text.human_bytes(#result.out) }
end

function T.run(ctx, args)
  local path, e = qwen.files.resolve(ctx, args.file_path)
  if not path then return nil, e end
  local stat = qwen.fs.stat(path)
  if not stat then return nil, qwen.err("missing", "File not found: " .. path) end
  if stat.type == "dir" then return nil, qwen.err("usage", path .. " is a folder; use list_directory or glob") end
  if stat.type ~= "file" then return nil, qwen.err("usage", path .. " is not a file that can be read whole") end
  local mime = images[(path:match "%.(%w+)$" or ""):lower()]
  if path:lower():find "%.pdf$" then return read_pdf(path, args.pages) end
  local text
  text, e = qwen.fs.read(path, mime and MAX_IMAGE or MAX_FILE)
  if not text then return nil, e end
  if mime then
    return { text = "The image " .. path .. " follows.", display = "image, " .. qwen.text.human_bytes(#text),
      parts = { { type = "image", mime = mime, data = qwen.os.base64(text) } } }
  end
  if text:sub(1, 8192):find("\0", 1, true) then
    return { text = "Cannot display content of binary file: " .. path, display = "binary file" }
  end
  qwen.files.mark_seen(ctx, path, stat)
  if text == "" then return { text = "(the file is empty)", display = "empty file" } end
  local first = math.tointeger(args.offset) or 0
  local body, count, total = slice(text, first, math.tointeger(args.limit) or MAX_LINES)
  if count == 0 then
    return { text = ("The file has %d lines; there is nothing from line %d on."):format(total, first), display = "nothing there" }
  end
  if count == total then return { text = body .. (text:sub(-1) == "\n" and "\n" or ""), display = ("Read %d lines"):format(total) } end
  local header = ("Showing lines %d-%d of %d total lines."):format(first + 1, first + count, total)
  return { text = header .. "\n\n---\n\n" .. body, display = ("Read lines %d-%d of %d"):format(first + 1, first + count, total) }
end

return T
