-- House settings of luacheck; tests/house/globals.lua runs it.
std = "lua54"
max_line_length = false -- tests/house/size.lua measures, in characters
read_globals = { "qwen" }
exclude_files = { "lua/meta/", "build/" }
ignore = {
  "212", -- arguments that a signature needs and a body does not
  "432/self", -- a method made inside a method
}
files["lua/qwen/api.lua"] = { globals = { "qwen" } }
files["lua/qwen/usage/redis_limiter_script.lua"] = { read_globals = { "redis", "cjson", "unpack", "KEYS", "ARGV" } } -- runs inside Redis
