-- `/new`: the same as /clear.

local C = qwen.shipped "commands/clear"
C.summary = "the same as /clear"
return C
