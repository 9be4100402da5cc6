-- Error values of Lua code: `err(kind, message, fields)` makes the same table that C makes. Kinds are a closed list.
local sys = require "sys.err"
local translate = require "qwen.util.translate"

-- The phrases that messages were made of; beside the errors, which are plain data that a session keeps.
local phrases = setmetatable({}, { __mode = "k" })

return setmetatable({
  ---True for an error value of this program.
  is = sys.is,

  ---What a model is told of an error: English, where its message is a phrase.
  ---@param e Err|string
  ---@return string
  english = function(e)
    return tostring(phrases[e] or e)
  end,

  ---What an error's message is made of, to become a part of another phrase.
  ---@param e Err
  ---@return Phrase|string
  phrase = function(e)
    return phrases[e] or e.message
  end,
}, {
  __call = function(_, kind, message, fields)
    local e = sys.new(kind, translate.for_user(message), fields)
    if translate.is_phrase(message) then phrases[e] = message end
    return e
  end,
})
