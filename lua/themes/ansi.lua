-- The terminal's own sixteen colours, whatever it shows for them.
return {
  summary = "the terminal's own colours",
  background = "dark",
  styles = {
    accent = "cyan", good = "green", bad = "red", warn = "yellow", dim = "dim", user = "bold",
    heading = "bold", strong = "bold", em = "italic", del = "strike", tt = "cyan", link = "underline", quote = "dim", rule = "dim",
    keyword = "magenta", string = "green", number = "yellow", comment = "dim",
    added = "green", removed = "red", added_row = "green", removed_row = "red",
    added_word = "reverse green", removed_word = "reverse red",
    think = "dim italic",
  },
}
