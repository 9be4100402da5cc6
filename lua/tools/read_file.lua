-- Reads a file for the model: text by lines, notebooks by cells, images and PDFs as they are. What was read may then be edited.

local tr = qwen.tr
local MAX_LINES, MAX_CHARS, MAX_FILE = 1000, 25000, 64 * 1024 * 1024
local BOM = "\xef\xbb\xbf"
local MAX_IMAGE, MAX_PDF, MAX_PAGES = qwen.x.image.most, 10 * 1024 * 1024, 100 -- the least that services take

local T = {
  summary = "Read a text file, image or PDF. Long files come in parts: read on with offset.",
  effect = "read",
  schema = {
    type = "object",
    properties = {
      file_path = { type = "string", description = "absolute path" },
      offset = { type = { "integer", "null" }, minimum = 0, description = "first line, from 1" },
      limit = { type = { "integer", "null" }, minimum = 1, description = "number of lines" },
      pages = { type = { "string", "null" }, description = "of a PDF: 1-5" },
    },
    required = { "file_path" },
  },
}

function T.paths(args) return { args.file_path } end

T.verbs = { ask = qwen.phrase "Read", done = qwen.phrase "Read" }

function T.label(args) return args.file_path end

-- The lines from `first` on as the model should see them, how many these are, how many of them are whole, and the total. A BOM and
-- CRs are left out: edits keep them.
local function slice(text, first, count, most)
  local at, shown, size, whole = text:sub(1, 3) == BOM and 4 or 1, {}, 0, nil
  local total = qwen.text.line_ends(text)
  local ends = text:sub(-1) == "\n"
  if not ends then total = total + 1 end
  if first == 1 and total <= count and #text <= most and not text:find("\r", 1, true) then
    return text:sub(at, ends and -2 or -1), total, total, total -- all of it, as it is
  end
  for number = 1, math.min(total, first + count - 1) do
    local stop = text:find("\n", at, true) or #text + 1
    if number >= first then
      local line = text:sub(at, text:byte(stop - 1) == 13 and stop < #text + 1 and stop - 2 or stop - 1)
      size = size + #line + 1
      if size > most and #shown > 0 then break end
      if #line > most then line, whole = qwen.text.head(line, most) .. " [line cut]", whole or #shown end
      shown[#shown + 1] = line
    end
    at = stop + 1
  end
  return table.concat(shown, "\n"), #shown, whole or #shown, total
end

-- The most lines and bytes: what is shown here is not cut later, because it counts as seen.
local function limits(ctx, args)
  local lines = ctx.settings:get "tools.truncateToolOutputLines"
  local most = math.max(200, math.min(MAX_CHARS, (ctx.result_room or math.huge) - 300))
  return math.min(math.tointeger(args.limit) or MAX_LINES, lines and lines > 8 and lines - 8 or math.huge), most
end

-- What a file is by its first bytes: a wrong ending would make a service refuse the whole conversation.
local function media_type(bytes)
  local image = qwen.x.image.look(bytes)
  return image and image.mime or bytes:find "^%%PDF%-" and "application/pdf" or nil
end

local function as_part(kind, path, mime, bytes)
  return { text = ("The %s %s follows."):format(kind, path), display = ("%s, %s"):format(kind, qwen.text.human_bytes(#bytes)),
    parts = { { type = kind == "image" and "image" or "file", mime = mime, data = qwen.os.base64(bytes) } } }
end

local function read_image(path, mime, bytes)
  if #bytes <= MAX_IMAGE then return as_part("image", path, mime, bytes) end
  return nil, qwen.err("too_long", ("the image %s has %s, models take up to %s: make a smaller copy of it"):format(path, qwen.text.human_bytes(#bytes),
    qwen.text.human_bytes(MAX_IMAGE)))
end

-- The text of a PDF, by the program that is there for it. It gets the bytes that were read: its name may lead elsewhere by now.
local function pdf_text(path, bytes, pages)
  local program = qwen.proc.which "pdftotext"
  if not program then
    return { text = ("Cannot display content of binary file: %s (a PDF; its text can be read when poppler-utils is installed)"):format(path), display = "PDF" }
  end
  local argv = { program, "-layout" }
  if type(pages) == "string" then
    local first, last = pages:match "^(%d+)%f[%D]%-?(%d*)$"
    if not first then return nil, qwen.err("usage", ("pages must be a number or a range such as 1-5, not '%s'"):format(pages)) end
    table.move({ "-f", first, "-l", last ~= "" and last or first }, 1, 4, 3, argv)
  end
  argv[#argv + 1], argv[#argv + 2] = "-", "-"
  local result, e = qwen.proc.run { argv = argv, input = bytes, env = qwen.proc.helper_env(), timeout = 60, limit = 1024 * 1024 }
  if not result then return nil, e end
  if result.code ~= 0 then return nil, qwen.err("broken", ("the PDF %s cannot be read: %s"):format(path, qwen.text.trim(result.err))) end
  if not result.out:find "%S" then
    return { text = ("There is no text in the PDF %s: its pages are pictures."):format(path),
      display = tr "PDF without text" }
  end
  return { text = (qwen.text.head_tail(result.out, MAX_CHARS)), display = "PDF, " .. qwen.text.human_bytes(#result.out) }
end

-- How many pages there are, where a program can tell.
local function page_count(bytes)
  local program = qwen.proc.which "pdfinfo"
  local result = program and qwen.proc.run { argv = { program, "-" }, input = bytes, env = qwen.proc.helper_env(), timeout = 20, limit = 65536 }
  return result and math.tointeger(tonumber(result.out:match "\nPages:%s*(%d+)")) or 0
end

-- As it is for a model that reads them, when it is not too much; else its text.
local function read_pdf(ctx, path, bytes, pages)
  local provider = ctx.model and qwen.models.provider(ctx.model)
  local seen = provider and not qwen.wire.unseen(ctx.model, { mime = "application/pdf" }, provider.media or "image")
  if pages or not seen or #bytes > MAX_PDF or page_count(bytes) > MAX_PAGES then return pdf_text(path, bytes, pages) end
  return as_part("PDF", path, "application/pdf", bytes)
end

function T.run(ctx, args)
  local path, e = qwen.x.files.resolve(ctx, args.file_path)
  if not path then return nil, e end
  local stat
  stat, e = qwen.x.files.stat(ctx, path)
  if not stat then return nil, e.kind == "missing" and qwen.x.files.missing(ctx, path) or e end
  if stat.type == "dir" then return nil, qwen.err("usage", path .. " is a folder; use list_directory or glob") end
  local text
  text, stat = qwen.x.files.read(ctx, path, MAX_FILE)
  if not text then return nil, stat end
  local mime = media_type(text)
  if mime == "application/pdf" then return read_pdf(ctx, path, text, args.pages) end
  if mime then return read_image(path, mime, text) end
  local encoding
  text, encoding = qwen.x.encoding.decode(text)
  if not text then
    return { text = "Cannot display content of binary file: " .. path, display = tr "binary file" }
  end
  if text == "" then
    qwen.x.files.mark_seen(ctx, path, stat)
    return { text = "(the file is empty)", display = tr "empty file" }
  end
  local notebook = path:lower():find "%.ipynb$" and qwen.x.notebook.parse(text)
  if notebook then text, encoding = qwen.x.notebook.render(notebook), nil end
  local first = math.max(1, math.tointeger(args.offset) or 1)
  local lines, most = limits(ctx, args)
  local body, count, whole, total = slice(text, first, lines, most)
  if count == 0 then
    return { text = ("The file has %d lines; there is nothing from line %d on."):format(total,
      first), display = tr "nothing there" }
  end
  local last = first + count - 1
  qwen.x.files.mark_seen(ctx, path, stat, { first = first, last = first + whole - 1, total = total })
  local form = qwen.x.files.form(text, encoding)
  form = form and ("(Form of the file: %s; edits keep it.)\n"):format(form) or ""
  if count == total then
    return { text = form .. body .. (text:sub(-1) == "\n" and "\n" or ""),
      display = tr(total == 1 and "%d line" or "%d lines", total) }
  end
  local header = ("Showing lines %d-%d of %d total lines."):format(first, last, total)
  if last < total then header = header .. (" Read on with offset %d."):format(last + 1) end
  return { text = form .. header .. "\n\n---\n\n" .. body, display = tr("lines %d-%d of %d", first, last, total) }
end

return T
