-- Blue and orange instead of green and red: they stay apart for every common kind of colour blindness.
return {
  summary = "blue and orange instead of green and red",
  background = "dark",
  styles = {
    accent = "#56b4e9", good = "#56b4e9", bad = "#e69f00", warn = "#f0e442", heading = "bold #56b4e9", tt = "#f0e442", link = "underline #56b4e9",
    keyword = "#cc79a7", string = "#56b4e9", number = "#f0e442",
    added = "#56b4e9", removed = "#e69f00", added_row = "on #12303f", removed_row = "on #3a2c0f",
    added_word = "#ffffff on #005f87", removed_word = "#ffffff on #875f00",
  },
}
