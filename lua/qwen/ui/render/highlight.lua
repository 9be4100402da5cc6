-- Colours for code: small tables of words and brackets for the languages people use most, one line at a time. No grammar: a word is a word.
local style = require "qwen.ui.render.style"

local M = {}

-- What may begin with a character: its end on the same line, or on a later one when it is `long`.
local function rule(open, close, kind, long) return { open = open, close = close, kind = kind, long = long } end

local function comment(open) return rule(open, nil, "comment") end

local quotes = { rule('"', '"', "string"), rule("'", "'", "string") }
local slashes = { comment "//", rule("/*", "*/", "comment", true), quotes[1], quotes[2] }
local backtick = rule("`", "`", "string", true)
local hash = { comment "#", quotes[1], quotes[2] }

local function with(rules, ...)
  local all = { ... } -- the more special first
  return table.move(rules, 1, #rules, #all + 1, all)
end

local c_words = "auto bool break case char const continue default do double else enum extern false float for goto if inline int long NULL register "
  .. "restrict return short signed sizeof static struct switch true typedef union unsigned void volatile while"
local js_words = "abstract any as async await boolean break case catch class const constructor continue debugger declare default delete do else enum export "
  .. "extends false finally for from function get if implements import in instanceof interface keyof let new null number of private protected "
  .. "public readonly return set static string super switch this throw true try type typeof undefined unknown var void while yield"

local languages = {
  c = { c_words .. " size_t int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t", with(slashes, comment "#") },
  cpp = { c_words .. " catch class constexpr consteval concept co_await co_return co_yield decltype delete explicit export final friend mutable namespace new "
    .. "noexcept nullptr operator override private protected public requires static_assert static_cast std string template this throw try typename "
    .. "using virtual", with(slashes, comment "#") },
  java = { "abstract boolean break byte case catch char class const continue default do double else enum extends false final finally float for if "
    .. "implements import instanceof int interface long new null package private protected public record return sealed short static String super "
    .. "switch this throw throws true try var void volatile while yield", slashes },
  javascript = { js_words, with(slashes, backtick) },
  python = { "and as assert async await break case class continue def del elif else except False finally for from global if import in is lambda match None "
    .. "nonlocal not or pass raise return self True try while with yield", with(hash, rule('"""', '"""', "string", true), rule("'''", "'''", "string", true)) },
  go = { "any bool break byte case chan const continue default defer else error fallthrough false float64 for func go goto if import int int64 interface "
    .. "iota len make map nil package range return rune select string struct switch true type uint uint64 var", with(slashes, backtick) },
  rust = { "as async await bool break char const continue crate dyn else enum extern f32 f64 false fn for i32 i64 if impl in let loop match mod move mut None "
    .. "Ok Option pub ref Result return self Self Some static str String struct super trait true type u32 u64 u8 unsafe use usize Vec where while",
    { comment "//", rule("/*", "*/", "comment", true), quotes[1], { open = "'", pattern = "^'\\?[^']'", kind = "string" } } },
  csharp = { "abstract as async await base bool break byte case catch char class const continue decimal default delegate do double else enum event explicit "
    .. "false finally float for foreach if in int interface internal is lock long namespace new null object out override params private protected "
    .. "public readonly record ref return sealed short static string struct switch this throw true try typeof uint using var virtual void while "
    .. "yield", slashes },
  php = { "abstract and array as break case catch class clone const continue declare default do echo else elseif empty extends false final finally fn for "
    .. "foreach function global if implements include instanceof interface isset match namespace new null or private protected public require "
    .. "return static switch this throw trait true try unset use var while yield", with(slashes, comment "#") },
  ruby = { "alias and begin break case class def defined do else elsif end ensure false for if in module next nil not or raise redo require rescue retry "
    .. "return self super then true undef unless until when while yield", hash },
  shell = { "break case cd continue declare do done echo elif else esac eval exec exit export fi for function if in local read readonly return set shift "
    .. "source then trap unset until while", { rule("$#", nil, nil), comment "#", quotes[1], quotes[2] } },
  sql = { "add all alter and as asc begin between by case check column commit constraint create cross database default delete desc distinct drop else end "
    .. "exists false foreign from full group having if in index inner insert int integer into is join key left like limit not null offset on or "
    .. "order outer primary references returning right rollback select set table text then true union unique update using values varchar view "
    .. "when where with", { comment "--", rule("/*", "*/", "comment", true), quotes[1], quotes[2] }, fold = true },
  lua = { "and break do else elseif end false for function goto if in local nil not or repeat return self then true until while",
    { rule("--[[", "]]", "comment", true), comment "--", rule("[[", "]]", "string", true), quotes[1], quotes[2] } },
  kotlin = { "abstract as break by class companion const continue data do else enum false final for fun if import in init inline interface internal is "
    .. "lateinit null object open override package private protected public return sealed super suspend this throw true try typealias val var "
    .. "when while", with(slashes, rule('"""', '"""', "string", true)) },
  swift = { "as associatedtype async await break case catch class continue default defer deinit do else enum extension fallthrough false fileprivate for func "
    .. "guard if import in init inout internal is let nil open private protocol public repeat return self Self static struct subscript super "
    .. "switch throw throws true try typealias var where while", with(slashes, rule('"""', '"""', "string", true)) },
  json = { "false null true", { quotes[1] } },
  yaml = { "false no null off on true yes", hash, key = true },
  toml = { "false true", with(hash, rule('"""', '"""', "string", true)), key = true },
  html = { "", { rule("<!--", "-->", "comment", true), { open = "<", pattern = "^</?[%w:-]+", kind = "keyword" }, quotes[1] } },
  css = { "important inherit initial none auto", { rule("/*", "*/", "comment", true), quotes[1], quotes[2] }, key = true },
  diff = { "", {}, diff = true },
}

local aliases = { h = "c", ["c++"] = "cpp", cc = "cpp", hpp = "cpp", cxx = "cpp", js = "javascript", jsx = "javascript", mjs = "javascript",
  cjs = "javascript", ts = "javascript", tsx = "javascript", typescript = "javascript", py = "python", python3 = "python", golang = "go", rs = "rust",
  cs = "csharp", ["c#"] = "csharp", rb = "ruby", sh = "shell", bash = "shell", zsh = "shell", fish = "shell", console = "shell", kt = "kotlin",
  kts = "kotlin", jsonc = "json", json5 = "json", jsonl = "json", yml = "yaml", ini = "toml", xml = "html", svg = "html", vue = "html", scss = "css",
  less = "css", patch = "diff", mysql = "sql", postgresql = "sql", makefile = "shell", dockerfile = "shell" }

local function set_of(words)
  local set = {}
  for word in words:gmatch "%S+" do set[word] = true end
  return set
end

-- The data of a language in the form the loop wants; made once.
local ready = {}
local function prepared(name)
  name = (name or ""):lower():match "^[%w+#_-]*"
  name = aliases[name] or name
  local data = languages[name]
  if not data then return nil end
  if ready[name] then return ready[name] end
  local rules, class = {}, ""
  for _, r in ipairs(data[2]) do
    local first = r.open:sub(1, 1)
    if not rules[first] then class = class .. "%" .. first end
    rules[first] = rules[first] or {}
    table.insert(rules[first], r)
  end
  ready[name] = { words = set_of(data[1]), rules = rules, start = "[%a_%d" .. class .. "]", fold = data.fold, key = data.key, diff = data.diff }
  return ready[name]
end

---Whether there are colours for a language.
---@param name string? as a fence or a file's ending names it
---@return boolean
function M.knows(name)
  return prepared(name) ~= nil
end

-- Where a rule's text ends, from behind its opening; nil when not on this line. A backslash hides the character after it.
local function closing(line, from, r)
  if #r.close > 1 then
    local _, last = line:find(r.close, from, true)
    return last
  end
  local stop = "[\\" .. r.close .. "]"
  while true do
    local at = line:find(stop, from)
    if not at then return nil end
    if line:byte(at) ~= 92 then return at end
    from = at + 2
  end
end

-- What begins at a position: its last byte, its kind, and the rule when it goes on in the next line.
local function token(lang, line, at)
  local first = line:sub(at, at)
  for _, r in ipairs(lang.rules[first] or {}) do
    if r.pattern then
      local _, last = line:find(r.pattern, at)
      if last then return last, r.kind end
    elseif line:sub(at, at + #r.open - 1) == r.open then
      if not r.kind then return at + #r.open - 1 end
      local last = r.close and closing(line, at + #r.open, r)
      return last or #line, r.kind, r.close and not last and r.long and r or nil
    end
  end
  local _, last = line:find("^[%a_][%w_]*", at)
  if last then
    local word = line:sub(at, last)
    return last, lang.words[lang.fold and word:lower() or word] and "keyword" or nil
  end
  _, last = line:find("^%d[%w_]*%.?[%w_]*", at)
  return last or at, last and "number" or nil
end

local function diff_line(line)
  local first = line:sub(1, 1)
  return style.paint(first == "+" and "added" or first == "-" and "removed" or first == "@" and "dim" or "", line)
end

---A painter of the lines of one piece of code, in their order. With `peek` true the line does not count: it may still grow.
---@param name string? language
---@return fun(line: string, peek: boolean?): string the line must be clean
function M.new(name)
  local lang = style.enabled() and prepared(name)
  if not lang then return function(line) return line end end
  if lang.diff then return diff_line end
  local open -- the rule that the line before left open
  return function(line, peek)
    local out, n, done, at, inside = {}, 0, 1, 1, open
    local function put(from, last, kind)
      if from > done then out[n + 1], n = line:sub(done, from - 1), n + 1 end
      out[n + 1], n = style.paint(kind, line:sub(from, last)), n + 1
      done = last + 1
    end
    if inside then
      local last = closing(line, 1, inside)
      if #line > 0 then put(1, last or #line, inside.kind) end
      at = last and last + 1 or #line + 1
      if last then inside = nil end
    elseif lang.key then
      local from, last = line:match "^[%s-]*%f[^%s-]()[%w_.%-\"]+()%s*[:=]"
      if from then
        put(from, last - 1, "keyword")
        at = last
      end
    end
    while true do
      at = line:find(lang.start, at)
      if not at then break end
      local last, kind, goes_on = token(lang, line, at)
      if kind then put(at, last, kind) end
      if goes_on then inside = goes_on end
      at = last + 1
    end
    if not peek then open = inside end
    if n == 0 then return line end
    return table.concat(out, "", 1, n) .. line:sub(done)
  end
end

return M
