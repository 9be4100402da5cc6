-- `/exit`: the same as /quit, under the name that shells use.

local C = qwen.shipped "commands/quit"
C.summary, C.aliases = "the same as /quit", nil

return C
