-- Prints the reference of the Lua API, from the type files. Run by the build: qwen lua docs/gen/api.lua
print(qwen.x.api_reference.markdown())
