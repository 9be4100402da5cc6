-- For a light background.
return {
  summary = "light background",
  background = "light",
  styles = {
    accent = "#1f5fbf", good = "#1a7f37", bad = "#b3261e", warn = "#8a5a00", dim = "#6a6f7a", user = "bold on #e6e9f2",
    heading = "bold #1f5fbf", strong = "bold",
    em = "italic", del = "strike dim", tt = "#8a3ffc", link = "underline #0b63c4",
    quote = "#4a505c", rule = "#a0a5b0",
    keyword = "#8250df", string = "#116329", number = "#a04000", comment = "italic #6a737d",
    added = "#1a7f37", removed = "#b3261e", added_row = "on #e3f6e5", removed_row = "on #fdeaea",
    added_word = "#0a3d18 on #afffaf", removed_word = "#5c0f0a on #ffd7d7",
    think = "italic #6a6f7a",
  },
}
