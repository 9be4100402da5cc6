-- Names of events that a person's own files send to each other: with a colon, so that none is ever
-- one of ours.

---@param event any
---@return boolean
return function(event)
  return type(event) == "string" and event:find "^[%w_-]+:[%w_-]+$" ~= nil
end
