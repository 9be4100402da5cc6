-- For eyes that want the strongest difference: pure colours on black, nothing faint.
return {
  summary = "strongest contrast, dark background",
  background = "dark",
  styles = {
    accent = "bold #00ffff", good = "bold #00ff00", bad = "bold #ff5f5f", warn = "bold #ffff00", dim = "#d0d0d0", user = "bold #ffffff",
    heading = "bold underline #ffffff", strong = "bold #ffffff",
    em = "underline", del = "strike", tt = "#ffff00", link = "underline #00ffff", quote = "#ffffff",
    rule = "#ffffff", keyword = "bold #ff87ff", string = "#00ff00", number = "#ffaf00", comment = "#d0d0d0",
    added = "#00ff00", removed = "#ff5f5f", added_row = "on #003000", removed_row = "on #400000",
    added_word = "bold #000000 on #00ff00", removed_word = "bold #000000 on #ff5f5f",
    think = "#d0d0d0",
  },
}
