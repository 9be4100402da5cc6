-- What the colours of code know of each language: its words, and how its comments and strings begin
-- and end.
-- Why these tables and no library: docs/decisions/0010-code-colours.md.

-- What may begin with a character: its end on the same line, or on a later one when it is `long`.
local function rule(open, close, kind, long)
  return { open = open, close = close, kind = kind, long = long }
end

local function comment(open) return rule(open, nil, "comment") end

local block = rule("/*", "*/", "comment", true)
local triple = rule('"""', '"""', "string", true)
local quotes = { rule('"', '"', "string"), rule("'", "'", "string") }
local slashes = { comment "//", block, quotes[1], quotes[2] }
local backtick = rule("`", "`", "string", true)
local hash = { comment "#", quotes[1], quotes[2] }

local function with(rules, ...)
  local all = { ... } -- the more special first
  return table.move(rules, 1, #rules, #all + 1, all)
end

local c_words = [[
    auto bool break case char const continue default do double else enum extern false float for
    goto if inline int long NULL register restrict return short signed sizeof static struct
    switch true typedef union unsigned void volatile while ]]
local js_words = [[
    abstract any as async await boolean break case catch class const constructor continue
    debugger declare default delete do else enum export extends false finally for from function
    get if implements import in instanceof interface keyof let new null number of private
    protected public readonly return set static string super switch this throw true try type
    typeof undefined unknown var void while yield ]]

local languages = {
  c = { c_words .. "size_t int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t",
    with(slashes, comment "#") },
  cpp = { c_words .. [[
    catch class constexpr consteval concept co_await co_return co_yield decltype delete
    explicit export final friend mutable namespace new noexcept nullptr operator override
    private protected public requires static_assert static_cast std string template this throw
    try typename using virtual ]], with(slashes, comment "#") },
  java = { [[
    abstract boolean break byte case catch char class const continue default do double else enum
    extends false final finally float for if implements import instanceof int interface long new
    null package private protected public record return sealed short static String super switch
    this throw throws true try var void volatile while yield ]], slashes },
  javascript = { js_words, with(slashes, backtick) },
  python = { [[
    and as assert async await break case class continue def del elif else except False finally
    for from global if import in is lambda match None nonlocal not or pass raise return self
    True try while with yield ]], with(hash, triple, rule("'''", "'''", "string", true)) },
  go = { [[
    any bool break byte case chan const continue default defer else error fallthrough false
    float64 for func go goto if import int int64 interface iota len make map nil package range
    return rune select string struct switch true type uint uint64 var ]], with(slashes, backtick) },
  rust = { [[
    as async await bool break char const continue crate dyn else enum extern f32 f64 false fn
    for i32 i64 if impl in let loop match mod move mut None Ok Option pub ref Result return self
    Self Some static str String struct super trait true type u32 u64 u8 unsafe use usize Vec
    where while ]],
    { comment "//", block, quotes[1],
      { open = "'", pattern = "^'\\?[^']'", kind = "string" } } },
  csharp = { [[
    abstract as async await base bool break byte case catch char class const continue decimal
    default delegate do double else enum event explicit false finally float for foreach if in
    int interface internal is lock long namespace new null object out override params private
    protected public readonly record ref return sealed short static string struct switch this
    throw true try typeof uint using var virtual void while yield ]], slashes },
  php = { [[
    abstract and array as break case catch class clone const continue declare default do echo
    else elseif empty extends false final finally fn for foreach function global if implements
    include instanceof interface isset match namespace new null or private protected public
    require return static switch this throw trait true try unset use var while yield ]], with(slashes, comment "#") },
  ruby = { [[
    alias and begin break case class def defined do else elsif end ensure false for if in module
    next nil not or raise redo require rescue retry return self super then true undef unless
    until when while yield ]], hash },
  shell = { [[
    break case cd continue declare do done echo elif else esac eval exec exit export fi
    for function if in local read readonly return set shift source then trap unset until while ]],
    { rule("$#", nil, nil), comment "#", quotes[1], quotes[2] } },
  sql = { [[
    add all alter and as asc begin between by case check column commit constraint create cross
    database default delete desc distinct drop else end exists false foreign from full group
    having if in index inner insert int integer into is join key left like limit not null offset
    on or order outer primary references returning right rollback select set table text then
    true union unique update using values varchar view when where with ]],
    { comment "--", block, quotes[1], quotes[2] }, fold = true },
  lua = { [[
    and break do else elseif end false for function goto if in local nil not or repeat return
    self then true until while ]],
    { rule("--[[", "]]", "comment", true), comment "--", rule("[[", "]]", "string", true),
      quotes[1], quotes[2] } },
  kotlin = { [[
    abstract as break by class companion const continue data do else enum false final for fun if
    import in init inline interface internal is lateinit null object open override package
    private protected public return sealed super suspend this throw true try typealias val var
    when while ]], with(slashes, triple) },
  swift = { [[
    as associatedtype async await break case catch class continue default defer deinit do else
    enum extension fallthrough false fileprivate for func guard if import in init inout internal
    is let nil open private protocol public repeat return self Self static struct subscript
    super switch throw throws true try typealias var where while ]], with(slashes, triple) },
  perl = { [[
    and bless cmp continue defined delete die do each else elsif eq eval exists foreach for ge
    given goto gt if last le local lt my ne next no not or our package print push redo require
    return say shift sub undef unless until use when while ]], with(hash, backtick) },
  scala = { [[
    abstract case catch class def do else enum extends extension false final finally for given
    if implicit import lazy match new null object override package private protected return
    sealed super then this throw trait true try type using val var while with yield ]],
    with(slashes, triple) },
  dart = { [[
    abstract as async await bool break case catch class const continue default double dynamic
    else enum extends extension factory false final finally for Future get if implements import
    in int is late library mixin new null num on operator override part required return set
    static String super switch this throw true try typedef var void while with yield ]],
    with(slashes, triple) },
  r = { [[
    break else FALSE for function if in Inf library NA NaN next NULL repeat require return TRUE
    while ]], hash },
  elixir = { [[
    alias and case cond def defimpl defmacro defmodule defp defprotocol defstruct do else end
    false fn for if import in nil not or quote raise receive rescue require true try unless
    unquote use when with ]], with(hash, triple) },
  haskell = { [[
    case class data default deriving do else False forall foreign if import in infix infixl
    infixr instance let module newtype of qualified then True type where ]],
    { rule("{-", "-}", "comment", true), comment "--", quotes[1] } },
  powershell = { [[
    begin break catch class continue data do else elseif end exit false filter finally for
    foreach from function if in null param process return switch throw trap true try until using
    while ]], with(hash, rule("<#", "#>", "comment", true)), fold = true },
  zig = { [[
    and anyerror anytype bool break catch comptime const continue defer else enum errdefer error
    export extern false fn for if inline null or orelse packed pub return struct switch test
    true try type undefined union unreachable usize var void volatile while ]],
    { comment "//", quotes[1], quotes[2] } },
  makefile = { "define else endef endif export ifdef ifeq ifndef ifneq include override unexport",
    hash, key = true },
  dockerfile = { [[
    add arg as cmd copy entrypoint env expose from healthcheck label onbuild run shell stopsignal
    user volume workdir ]], hash, fold = true },
  json = { "false null true", { quotes[1] } },
  yaml = { "false no null off on true yes", hash, key = true },
  toml = { "false true", with(hash, triple), key = true },
  html = { "", { rule("<!--", "-->", "comment", true),
    { open = "<", pattern = "^</?[%w:-]+", kind = "keyword" }, quotes[1] } },
  css = { "important inherit initial none auto", { block, quotes[1], quotes[2] }, key = true },
  diff = { "", {}, diff = true },
}

local aliases = {
  h = "c", ["c++"] = "cpp", cc = "cpp", hpp = "cpp", cxx = "cpp", js = "javascript",
  jsx = "javascript", mjs = "javascript", cjs = "javascript", ts = "javascript",
  tsx = "javascript", typescript = "javascript", py = "python", python3 = "python", pyi = "python",
  golang = "go", rs = "rust", cs = "csharp", ["c#"] = "csharp", rb = "ruby", sh = "shell",
  bash = "shell", zsh = "shell", fish = "shell", console = "shell", kt = "kotlin", kts = "kotlin",
  jsonc = "json", json5 = "json", jsonl = "json", yml = "yaml", ini = "toml", xml = "html",
  svg = "html", vue = "html", svelte = "html", htm = "html", scss = "css", less = "css",
  patch = "diff", mysql = "sql", postgresql = "sql", sqlite = "sql", mk = "makefile",
  make = "makefile", pl = "perl", pm = "perl", sc = "scala", ex = "elixir", exs = "elixir",
  hs = "haskell", ps1 = "powershell", pwsh = "powershell", containerfile = "dockerfile",
}

return { languages = languages, aliases = aliases }
