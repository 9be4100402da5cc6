-- For a dark background.
return {
  summary = "dark background",
  background = "dark",
  styles = {
    accent = "#7aa2f7", good = "#9ece6a", bad = "#f7768e", warn = "#e0af68", dim = "#8b93b0", user = "bold on #2b3042",
    heading = "bold #7aa2f7", strong = "bold",
    em = "italic", del = "strike dim", tt = "#e0af68", link = "underline #7dcfff",
    quote = "#a9b1d6", rule = "#565f89",
    keyword = "#bb9af7", string = "#9ece6a", number = "#ff9e64", comment = "italic #7f88a8",
    added = "#9ece6a", removed = "#f7768e", added_row = "on #1c3326", removed_row = "on #3a1f29",
    added_word = "#d7ffc0 on #005f00", removed_word = "#ffd0d8 on #5f0000",
    think = "italic #8b93b0",
  },
}
