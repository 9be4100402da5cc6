-- The main task: for now it runs one Lua file; routing of flags and prompts comes with the agent.
return function(argv)
  local chunk = assert(loadfile(argv[2], "t"))
  return chunk()
end
