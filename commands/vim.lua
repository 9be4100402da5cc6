-- `/vim`: vi keys at the prompt, on or off; the choice is kept in the settings (general.vimMode).

local tr = qwen.tr

local C = { summary = "vi keys at the prompt, on or off" }

function C.run(ctx)
  local on = not ctx.settings:get "general.vimMode"
  local path, e = qwen.x.settings_writer.set { { path = { "general", "vimMode" }, value = on } }
  if not path then return nil, e end
  ctx.settings:reload()
  ctx.print(on and tr "vi keys: Esc for normal mode, i to insert" or tr "vi keys are off")
  return 0
end

return C
