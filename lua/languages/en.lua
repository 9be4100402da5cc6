-- English. Other languages translate these names; what they leave out is shown as it stands here.
return {
  summary = "English",
  words = {
    seconds_short = "%.1f s", seconds = "%d s", minutes = "%d min %02d s",
    resumed = "session %s goes on with %s", messages = "%d messages", messages_one = "1 message",
    because = "it asks because %s",
    attempt = "attempt %d in %d s (Esc stops)", goes_on = "it goes on in %d s (Esc stops)",
    waiting = "waiting for %s", thinking = "thinking", writing = "writing", running = "running", stops = "Esc stops",
    thought = "thought for %s", thought_key = "Ctrl-O shows thoughts", thoughts_shown = "thoughts are shown", thoughts_folded = "thoughts are folded",
    more_lines = "… %d more lines", more_lines_one = "… 1 more line", more_output = "… %d earlier lines",
    show_rest = "show the rest", done = "done", no_answer = "no",
    length = "the answer was cut: it reached the limit of output tokens",
    filter = "the service's content filter ended the answer",
    refusal = "the model declined to answer",
    turns = "the limit of turns is reached",
    tokens = "%s in, %s out", cached = "%d%% cached", context = "context",
    stopped = "(stopped)", leave_again = "(Ctrl-C again to leave)",
    long_turn = "the answer is there", asks = "a question waits",
    pending = "to do", in_progress = "now", completed = "done",
    call = "tool", result = "result", failed = "failed",
    theme = "theme: %s", theme_title = "Theme", no_theme = "there is no theme '%s'; the themes are: %s",
  },
}
