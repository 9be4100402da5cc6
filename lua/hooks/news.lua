-- Says at the start of a session what the way of signing in has to tell: another list of models, a free tier that ends.

return {
  session_started = function(ctx)
    local name = ctx.interactive and ctx.model and qwen.x.login.name_of(ctx.model)
    local auth = name and qwen.x.registry.get("auth", name)
    local words = auth and auth.news and auth.news(ctx)
    if words then ctx.notice(words) end
  end,
}
