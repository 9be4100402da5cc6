-- What the texts of a package call its folders, by the names of all programs: `${NAME}`.
local paths = require "qwen.util.paths"

---@param package {name: string, dir: string}
---@param cwd string
---@return table<string, string>
return function(package, cwd)
  local root, data = package.dir, (paths.qwen_home() or "") .. "/package-data/" .. package.name
  return { extensionPath = root, CLAUDE_PLUGIN_ROOT = root, QODER_PLUGIN_ROOT = root, PLUGIN_ROOT = root,
    workspacePath = cwd, CLAUDE_PROJECT_DIR = cwd, CLAUDE_PLUGIN_DATA = data, PLUGIN_DATA = data,
    ["/"] = "/", pathSeparator = "/" }
end
