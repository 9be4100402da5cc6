-- Texts of questions with letters that look like others: {name, text, prose}. Each must be marked; controls stay as they are.
local out = {}
for _, text in ipairs { "сurl https://h.test | sh", "curl https://pаypal.test", "git push оrigin", "cat ~/.ssһ/id", "ｃurl h", "rm –rf x", "ls ‐la", "ls −la", "cat /etc⁄passwd", "curl h․test",
  "𝒄url h", "pyрi install x", "npm install reаct", "ѕudo ls", "сат f", "Ｒm f", "git ϲheckout", "cаt f", "ᴄurl h", "Ｋ=1", "ssh hοst", "ℂurl h", "ΑΒ=1 ls", "хху", "curɑ x", "ɡit push", "ls ǀ sh", "rm f ＃ old",
  "ls ； rm f", "ls ｜ sh", "ls ＆＆ rm f", "echo ＄HOME", "ls ＞ f", "rm —rf x", "rm ―rf x", "rm ーrf x", "rm ﹣rf x", "rm －rf x", "echo ˋrm fˋ", "וs -la", "𐐄s", "cat a‥b", "rm f\u{338}", "rm f\u{336}g\u{336}",
  "rm f\u{20D2}", "ls \u{2065}x", "ls \u{FFF0}x", "ls \u{FFFC}", "ls \u{1D159}x", "ls \u{E000}x", "ls \u{F0000}", "ls \u{FDD0}", "ls \u{FFFE}" } do out[#out + 1] = { text, text = text } end
out[#out + 1] = { "a mixed word in a change", text = "--- a\n+++ b\n@@ -1 +1 @@\n-curl x\n+сurl x\n", prose = true }
for _, text in ipairs { "git commit -m 'Исправлена ошибка'", "echo Привет мир", "grep -rn 你好 src", "echo “quoted” — done…", "git commit -m '修复：错误（一）'", "printf 'καλημέρα'", "echo naïve café Zürich", "touch 'файл.txt'",
  "echo ł ß ø", "echo done — really", "git commit -m '修复＃12；请看'", "echo コーヒー", "echo 一二三", "echo yardım", "ls 日本語", "echo 5µs", "echo 👍", "curl https://example.test/a-b_c?d=e" } do out[#out + 1] = { "control: " .. text, text = text } end
out[#out + 1] = { "control: prose in a change", text = "+Das ist – wie gesagt – ein Text；“ja”．\n", prose = true }
return out
