-- How a line that must not be shown is asked of the user, from wherever it is needed: the program's front end puts its own way here.
local M = {}

---Asks for a line; nil where nobody can be asked.
---@type (fun(title: string, hidden: boolean): string?)?
M.line = nil

return M
