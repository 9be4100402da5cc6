-- Error values of Lua code: `err(kind, message, fields)` makes the same table that C makes. Kinds are a closed list.
local sys = require "sys.err"

return setmetatable({
  ---True for an error value of this program.
  is = sys.is,
}, {
  __call = function(_, kind, message, fields) return sys.new(kind, message, fields) end,
})
