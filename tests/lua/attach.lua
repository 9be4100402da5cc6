-- Images at the prompt: what they are by their first bytes, paths as terminals paste them, labels in the text, and the clipboard's programs.
local t = dofile "tests/check.lua"
local attach = require "qwen.ui.editor.attach"
local editor = require "qwen.ui.editor.editor"
local fs = require "sys.fs"
local image = require "qwen.util.image"
local program = dofile "tests/program.lua"

local png = "\137PNG\r\n\26\n\0\0\0\13IHDR" .. string.pack(">I4I4", 640, 480) .. "\8\2\0\0\0"
local jpeg = "\255\216\255\224\0\16" .. ("x"):rep(14) .. "\255\192\0\17\8" .. string.pack(">I2I2", 30, 20) .. ("\0"):rep(9)
local gif = "GIF89a" .. string.pack("<I2I2", 7, 8)
local webp = "RIFF\0\0\0\0WEBPVP8X\10\0\0\0\0\0\0\0" .. string.pack("<I3I3", 99, 49) .. "\0"

t.eq(image.look(png), { mime = "image/png", width = 640, height = 480 }, "PNG")
t.eq(image.look(jpeg), { mime = "image/jpeg", width = 20, height = 30 }, "JPEG")
t.eq(image.look(gif), { mime = "image/gif", width = 7, height = 8 }, "GIF")
t.eq(image.look(webp), { mime = "image/webp", width = 100, height = 50 }, "WebP")
t.eq(image.look "text", nil, "no image")
for _, whole in ipairs { png, jpeg, gif, webp } do
  for n = 0, #whole do
    local ok, e = pcall(image.look, whole:sub(1, n))
    if not ok then t.ok(false, ("cut after %d: %s"):format(n, e)) end
  end
end
math.randomseed(3)
for _ = 1, 2000 do
  local bytes = { jpeg:sub(1, 4) }
  for i = 2, 60 do bytes[i] = string.char(math.random(4) == 1 and 255 or math.random(0, 255)) end
  local ok, e = pcall(image.look, table.concat(bytes))
  if not ok then t.ok(false, tostring(e)) break end
end

-- A part, a label, and the way back.
local paste, mime = attach.add(png)
t.eq({ paste.label, mime }, { "[image 1: 640x480 png]", "image/png" }, "a label")
t.eq(attach.add(gif).label, "[image 2: 7x8 gif]", "another")
t.eq(#attach.parts "look at [image 2: 7x8 gif] and [image 9: 1x1 png]", 1, "what the text names is sent")
t.eq(attach.parts("[image 1: 640x480 png]")[1].mime, "image/png", "as an image")
t.eq(#attach.parts "nothing", 0, "nothing else is")
t.eq(select(3, attach.add "no image").kind, "usage", "something else is refused")
t.eq(select(3, attach.add(png .. ("x"):rep(image.most))).kind, "too_long", "so is a huge one")
local state = editor.attach(editor.new(), paste)
t.eq({ state.text, editor.text(state) }, { paste.label .. " ", paste.label .. " " }, "the label stays in what is sent")
t.eq(editor.actions.delete_left(editor.actions.delete_left(state)).text, "", "and is deleted as one")

-- Paths.
local place = program.place { ["a b.png"] = png, ["c.txt"] = "text" }
local full = place.cwd .. "/a b.png"
for _, pasted in ipairs { full, full .. "\n", "'" .. full .. "'", '"' .. full .. '"', (full:gsub(" ", "\\ ")), "file://" .. full:gsub(" ", "%%20"), "./a b.png" } do
  t.eq(attach.path_of(pasted, place.cwd), full, pasted)
end
for _, pasted in ipairs { place.cwd .. "/c.txt", place.cwd .. "/none.png", "see " .. full, full .. "\n" .. full, "a b.png", "", "\0/.png" } do
  t.eq(attach.path_of(pasted, place.cwd), nil, pasted)
end

-- The clipboard's programs.
local function clipboard(name, script, env)
  local bin = place.root .. "/bin-" .. name
  assert(fs.mkdir(bin))
  assert(fs.write(bin .. "/" .. name, "#!/bin/sh\n" .. script, { mode = 493 }))
  assert(fs.write(place.cwd .. "/clip.lua", "local bytes, e = qwen.x.clipboard.image() print(bytes and qwen.os.base64(bytes) or e.message)"))
  env.PATH = bin .. ":/usr/bin:/bin"
  return program.run(place, { "lua", "clip.lua" }, { env = env }).out:gsub("\n$", "")
end
local encoded = require("sys.os").base64(png)
local listing = 'case "$*" in *list-types*|*TARGETS*) printf "text/plain\\nimage/png\\n";; *image/png*) cat "' .. place.cwd .. '/a b.png";; *) exit 1;; esac\n'
t.eq(clipboard("wl-paste", listing, { WAYLAND_DISPLAY = "w" }), encoded, "wl-paste")
t.eq(clipboard("xclip", listing, { DISPLAY = ":0", WAYLAND_DISPLAY = false }), encoded, "xclip")
t.eq(clipboard("pngpaste", 'cat "' .. place.cwd .. '/a b.png"\n', {}), encoded, "pngpaste")
t.match(clipboard("wl-paste", "echo text/plain\n", { WAYLAND_DISPLAY = "w" }), "no image on the clipboard", "only text")
t.match(clipboard("none", "", {}), "cannot be read", "no program")

t.done()
