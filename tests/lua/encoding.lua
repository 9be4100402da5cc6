-- Texts in other character sets than UTF-8: recognised, brought back byte by byte, and never mixed.
local t = dofile "tests/check.lua"
local encoding = require "qwen.util.encoding"
local fs, text = require "sys.fs", require "sys.text"

local texts = {
  chinese = "// 读取配置文件\nint main() { return 0; } // 返回值，没有错误。\n", chinese_short = "你好", japanese = "// 設定を読み込む\nprint('こんにちは、世界')\n",
  kanji = "日本語", katakana = "テスト = データ", korean = "// 설정 파일을 읽는다\nreturn 값; // 오류 없음\n", traditional = "// 讀取設定檔案\n這是測試，沒有錯誤。\n",
  russian = "// Читает файл настроек\nпривет, мир\n", french = "# où l'été déçoit\nnaïve = 'café crème brûlée'\n", german = "/* Größe für Übergänge, Straße */\n",
  spanish = "// ¿Dónde está el niño? ¡Aquí!\n", short = "caf\u{e9}\n", word = "na\u{ef}ve", quotes = "it\u{2019}s \u{201c}quoted\u{201d} \u{2013} don\u{2019}t\n",
  swedish = "å ä ö", sign = "price: 5 \u{a3}\n", degrees = "20\u{b0}C \u{b1} 1\n", portuguese = "não há ações",
  town = "L'Haÿ-les-Roses est à côté", name = "Louÿs",
}
for _, case in ipairs { { "chinese", "GB18030" }, { "chinese_short", "GB18030" }, { "japanese", "SHIFT_JIS" }, { "kanji", "SHIFT_JIS" },
  { "katakana", "SHIFT_JIS" }, { "japanese", "EUC-JP" }, { "katakana", "EUC-JP" }, { "korean", "EUC-KR" }, { "traditional", "BIG5" },
  { "russian", "WINDOWS-1251" }, { "russian", "KOI8-R" }, { "french", "WINDOWS-1252" }, { "german", "WINDOWS-1252" }, { "spanish", "WINDOWS-1252" },
  { "short", "WINDOWS-1252" }, { "word", "WINDOWS-1252" }, { "quotes", "WINDOWS-1252" }, { "swedish", "WINDOWS-1252" }, { "sign", "WINDOWS-1252" },
  { "degrees", "WINDOWS-1252" }, { "portuguese", "WINDOWS-1252" }, { "town", "WINDOWS-1252" },
  { "name", "WINDOWS-1252" }, { "french", "UTF-16LE" }, { "chinese", "UTF-16BE" } } do
  local words, set = texts[case[1]], case[2]
  local bytes = assert(text.convert(words, "UTF-8", set))
  local got, found = encoding.decode(bytes)
  t.eq({ got, found and found.name }, { words, set }, case[1] .. " in " .. set)
  t.eq(found and encoding.encode(words, found), bytes, case[1] .. " back to " .. set)
  found = select(2, encoding.decode(("plain line of code\n"):rep(20000) .. bytes))
  t.eq(found and found.name, not set:find "^UTF" and set or found and found.name, case[1] .. ": far behind in " .. set)
end
for name, mark in pairs { ["UTF-16LE"] = "\xff\xfe", ["UTF-16BE"] = "\xfe\xff", ["UTF-32LE"] = "\xff\xfe\0\0", ["UTF-32BE"] = "\0\0\xfe\xff" } do
  for which, words in pairs(texts) do
    local bytes = mark .. text.convert(words, "UTF-8", name)
    local got, found = encoding.decode(bytes)
    t.eq({ got, found.name, encoding.encode(got, found) == bytes }, { words, name, true }, which .. " with the mark of " .. name)
  end
end
-- UTF-8, whole or broken, stays what it is; what is no text is nil.
for bytes, want in pairs { ["plain"] = "plain", [""] = "", ["\u{feff}x"] = "\u{feff}x", ["größer"] = "größer", ["größer über \xff alles, für ü"] = "größer über \xff alles, für ü",
  ["ab \xff\xfe a\u{2019}b\xff\n\x80a\xffb"] = "ab \xff\xfe a\u{2019}b\xff\n\x80a\xffb", ["é \xff\xff\xfe\x81"] = "é \xff\xff\xfe\x81",
  ["\127ELF\0\1\2"] = false, ["\0\0\0\0"] = false, ["x\0y"] = false, ["\xff\1\2\3\4\5\x81"] = false, ["a\0b\0\1\0\2\0\3\0\4\0"] = false } do
  local got, found = encoding.decode(bytes)
  t.eq({ got or false, found }, { want }, ("%q"):format(bytes))
end
for words, want in pairs { ["x \u{4f60} y"] = "\u{4f60}", ["\u{20ac}\u{1f600}"] = "\u{1f600}" } do
  t.eq({ encoding.encode(words, { name = "WINDOWS-1252", bom = "" }) }, { nil, want })
end
t.eq({ text.convert("x", "NO-SUCH-SET", "UTF-8") }, { nil, 0 })
t.eq({ text.convert("ab\xff", "UTF-8", "UTF-16LE") }, { nil, 3 })
t.eq(text.convert(("é"):rep(100000), "UTF-8", "ISO-8859-1"), ("\xe9"):rep(100000))

-- Through the tools: bytes in the file, then a call, then what is in the file, and a word of the result.
local root = assert(fs.realpath(assert(fs.mkdtemp "encoding-")))
local ctx = { cwd = root, seen = {}, mode = "default", settings = { get = function() end }, emit = function() end }
local function call(name, args)
  args.file_path = root .. "/f"
  local result, e = assert(qwen.x.registry.get("tools", name)).run(ctx, args)
  return result and result.text or "refused: " .. e.message
end
local gbk = text.convert("// 读取配置文件，返回值\nx = 1\n", "UTF-8", "GB18030")
local function in_gbk(words) return text.convert(words, "UTF-8", "GB18030") end
local latin, wide = "# caf\xe9\nx = 1\n", "\xff\xfea\0\r\0\n\0b\0\r\0\n\0"
local crlf, bom = "a\r\nb\r\n", "\xef\xbb\xbfa\nb\n"
local function edit(old, new, all) return { "edit", { old_string = old, new_string = new, replace_all = all } } end
local function write(content) return { "write_file", { content = content } } end
for _, case in ipairs {
  { gbk, edit("x = 1", "x = 2"), in_gbk "// 读取配置文件，返回值\nx = 2\n", "GB18030" },
  { gbk, edit("返回值", "没有错误"), in_gbk "// 读取配置文件，没有错误\nx = 1\n", "GB18030" },
  { gbk, write "// 新的\n", in_gbk "// 新的\n", "GB18030" },
  { latin, edit("caf\u{e9}", "cr\u{e8}me"), "# cr\xe8me\nx = 1\n", "WINDOWS%-1252" },
  { latin, edit("x = 1", "x = '\u{4f60}'"), latin, "^refused: .*does not have the character \u{4f60}" },
  { latin, write "\u{4f60}", latin, "^refused: .*WINDOWS%-1252" },
  { wide, edit("b", "\u{4f60}"), "\xff\xfea\0\r\0\n\0\x60\x4f\r\0\n\0", "UTF%-16LE, BOM, CRLF line ends" },
  { wide, edit("a\nb\n", "c\n"), "\xff\xfec\0\r\0\n\0", "UTF%-16LE" },
  { crlf, edit("\r\n", "\n", true), "a\nb\n", "has been updated%. " }, { crlf, edit("\r\n", "\n"), crlf, "^refused: Found 2 occurrences" },
  { "a\nb\n", edit("\n", "\r\n", true), crlf, "updated %(CRLF line ends%)" }, { crlf, write "a\nc\n", "a\r\nc\r\n", "It has CRLF line ends" },
  { "a\n", write "a\r\nc\r\n", "a\r\nc\r\n", "It has CRLF line ends" }, { "a\nb\n", edit("a\n", "a\r\n"), "a\r\nb\n", "mixed line ends" },
  { bom, edit("\u{feff}", ""), "a\nb\n", "has been updated%. " }, { bom, write "x\n", "\xef\xbb\xbfx\n", "It has BOM" },
  { bom, edit("\u{feff}a", "a"), "a\nb\n", "has been updated%. " }, { "a\nb\n", edit("a", "\u{feff}a"), bom, "updated %(BOM%)" },
  { "\127ELF\0", edit("E", "F"), "\127ELF\0", "^refused: .*binary" }, { "\127ELF\0", write "x", "\127ELF\0", "^refused: .*binary" },
} do
  local before, step, after, words = table.unpack(case)
  assert(fs.write(root .. "/f", before))
  local shown = call("read_file", {})
  local found = select(2, encoding.decode(before))
  if found then t.ok(shown:find(found.name, 1, true), "told when it is read: " .. shown) end
  local said = call(step[1], step[2])
  t.eq(fs.read(root .. "/f"), after, ("%q: %s"):format(before, said))
  t.match(said, words)
end
fs.remove_tree(root)
t.done()
