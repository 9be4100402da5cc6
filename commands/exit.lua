-- `/exit`: the same as /quit, under the name that shells use.

local C = qwen.shipped "commands/quit"
C.summary = "the same as /quit"


return C
