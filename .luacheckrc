-- House settings of luacheck; tests/house/globals.lua runs it.
std = "lua54"
max_line_length = 140
read_globals = { "qwen" }
exclude_files = { "lua/meta/", "build/" }
ignore = { "212" } -- arguments that a signature needs and a body does not
files["lua/qwen/api.lua"] = { globals = { "qwen" } }
