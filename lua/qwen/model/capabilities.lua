-- What is known of models by the family of their name: tokens of context, tokens of one answer, which files they take. It counts only where
-- neither the entry of a model nor its service says it: figures of vendors are at home here, and nowhere else.
local is_private = require("qwen.config.addresses").is_private

local M = {}

-- Pattern of the name in lower case, without what stands before a slash or behind a colon; the first that fits counts.
-- A number that is missing is not known; files of nil are not known, "" is text only.
local rows = {
  -- pattern                      context   answer   files
  { "^coder%-model",              1000000,   65536, "image video" },
  { "^qwen3%.%d%-plus",           1000000,   65536, "image video" },
  { "^qwen3%-coder%-plus",        1000000,   65536, "" },
  { "^qwen3%-coder%-flash",       1000000,   65536, "" },
  { "^qwen3%-coder",               262144,   65536, "" },
  { "^qwen3%-max",                 262144,   32768, "" },
  { "^qwen3%-vl",                  262144,   32768, "image video" },
  { "^qwen[%d%.]*%-vl",            131072,    8192, "image video" },
  { "^claude%-opus%-4%-[6-9]",    1000000,  128000, "image pdf" },
  { "^claude%-opus%-[5-9]",       1000000,  128000, "image pdf" },
  { "^claude%-sonnet%-4%-[6-9]",  1000000,   64000, "image pdf" },
  { "^claude%-opus%-4%-5",         200000,   64000, "image pdf" },
  { "^claude%-opus%-4",            200000,   32000, "image pdf" },
  { "^claude%-3%-5",               200000,    8192, "image pdf" },
  { "^claude%-3%-7",               200000,   64000, "image pdf" },
  { "^claude%-3",                  200000,    4096, "image" },
  { "^claude%-",                   200000,   64000, "image pdf" },
  { "^gemini%-2%.0",              1048576,    8192, "image pdf audio video" },
  { "^gemini%-1",                 1048576,    8192, "image pdf audio video" },
  { "^gemini%-",                  1048576,   65536, "image pdf audio video" },
  { "^gpt%-5.*chat",               128000,   16384, "image pdf" },
  { "^gpt%-5",                     272000,  128000, "image pdf" }, -- 400,000 with the answer
  { "^gpt%-4%.1",                 1047576,   32768, "image pdf" },
  { "^gpt%-4o",                    128000,   16384, "image pdf" },
  { "^o[13]%-mini",                128000,   65536, "" },
  { "^o[134]",                     200000,  100000, "image pdf" },
  { "^deepseek%-v4",              1000000,  384000, "" },
  { "^deepseek%-chat",             131072,    8192, "" },
  { "^deepseek",                   131072,   65536, "" },
  { "^glm%-[%d%.]+v",               65536,   16384, "image" },
  { "^glm%-5",                     202752,  131072, "" },
  { "^glm%-4%.[67]",               202752,   16384, "" },
  { "^glm%-4%.5",                  131072,   16384, "" },
  { "^kimi%-k2%.",                 262144,   32768, "image video" },
  { "^kimi%-k2%-0711",             131072,   32768, "" },
  { "^kimi%-k2",                   262144,   32768, "" },
  { "^minimax%-m2",                196608,   65536, "" },
}

---What is known by a name; an empty table when nothing is.
---@param id string
---@return {context: integer?, max_output: integer?, files: string?}
function M.of(id)
  local name = id:lower():gsub("^.*/", ""):gsub(":.*$", ""):gsub("^(claude%-%a+%-%d)%.", "%1-")
  for _, row in ipairs(rows) do
    if name:find(row[1]) then return { context = row[2], max_output = row[3], files = row[4] } end
  end
  return {}
end

---Writes into a model how much it can read and say: as its entry has it, as its service told, as its family does. A server on this machine or
---nearby is run as somebody likes: there the name tells nothing. An answer never gets more than half of the window.
---@param model Model
---@param known table? the service's list of models, as it was asked once
function M.measure(model, known)
  local offered, family = {}, is_private(model.base_url) and {} or M.of(model.id)
  for _, item in ipairs(known and known.models or {}) do
    if item.id == model.id then offered = item end
  end
  model.context = math.tointeger(model.config.contextWindowSize) or offered.context or family.context
  local most = offered.max_output or family.max_output
  local half = model.context and math.max(model.context // 2, 1)
  model.max_output = most and half and math.min(most, half) or most or half
end

---The prices of a model in modelPricing, as the ledger has them.
---@param settings Settings
---@param id string
---@return {input: number?, output: number?, cached: number?}?
function M.prices(settings, id)
  local all = settings:get "modelPricing"
  local row = type(all) == "table" and all[id]
  if type(row) ~= "table" then return nil end
  return { input = tonumber(row.inputPerMillionTokens), output = tonumber(row.outputPerMillionTokens),
    cached = tonumber(row.cachedInputPerMillionTokens) }
end

return M
