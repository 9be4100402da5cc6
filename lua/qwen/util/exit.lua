-- The exit codes of every run, by what ended it. docs/headless.md has them as a table, which a test
-- holds to this one.
return {
  done = 0,
  failed = 1,
  usage = 2,
  sandbox = 44,
  config = 52,
  turns = 53,
  limit = 55,
  loop = 56,
  bug = 70, -- src/host.c
  hup = 129,
  int = 130,
  quit = 131,
  term = 143,
}
