-- Flags by which the Claude Agent SDK starts its program (with --input-format stream-json), as ours:
-- `to` is the flag that it stands for,
-- `values` its own. One with `drop` asks for what is so anyway: true for a switch, else the
-- values that it may have. What is not here is an unknown flag: nothing that restricts is left out.
return {
  ["--max-turns"] = { to = "--max-session-turns" },
  ["--max-budget-usd"] = { to = "--max-cost" },
  ["--no-session-persistence"] = { to = "--no-session" },
  ["--permission-mode"] = { to = "--approval-mode",
    values = { acceptEdits = "auto-edit", bypassPermissions = "yolo" } },
  ["--allowedTools"] = { to = "--allowed-tools" },
  ["--disallowedTools"] = { to = "--exclude-tools" },
  ["--permission-prompt-tool"] = { drop = { stdio = true } },
  ["--tools"] = { drop = { default = true }, to = "--core-tools" },
  ["--thinking"] = { drop = { adaptive = true }, to = "--effort", values = { ["disabled"] = "none" } },
  ["--setting-sources"] = { drop = { ["user,project,local"] = true, ["user,project"] = true } },
  ["--allow-dangerously-skip-permissions"] = { drop = true },
  ["--await-initialize"] = { drop = true },
}
