"""Makes a picture of a terminal's screen, as `tmux capture-pane -e -p` prints it.

Usage: render.py SCREEN COLUMNSxROWS dark|light PICTURE.png
"""
import sys

import pyte
from PIL import Image, ImageDraw, ImageFont

FONTS = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono%s.ttf"
SIZE = 15
GROUNDS = {"dark": ("#16181d", "#d8dae0"), "light": ("#fcfcfa", "#26282c")}
BASIC = {
    "dark": dict(black="#3a3d45", red="#e06c75", green="#8fbf6f", brown="#d9b36a", blue="#6ea8e8",
                 magenta="#c487dd", cyan="#5fb8c4", white="#d8dae0", brightblack="#7d818c"),
    "light": dict(black="#26282c", red="#b3261e", green="#2f7d32", brown="#8a6100", blue="#1f5fb0",
                  magenta="#8436a5", cyan="#0b7285", white="#8a8d93", brightblack="#70747c"),
}


def colour(name, ground, kind):
    """The colour that pyte names, as #rrggbb; default is that of the ground."""
    if name == "default":
        return GROUNDS[ground][kind]
    plain = BASIC[ground]
    if name in plain:
        return plain[name]
    if name.startswith("bright"):
        return plain.get(name[6:], GROUNDS[ground][1])
    return "#" + name


def mixed(a, b, share):
    """A colour between two, both as #rrggbb."""
    pairs = zip(bytes.fromhex(a[1:]), bytes.fromhex(b[1:]))
    return "#%02x%02x%02x" % tuple(round(x * share + y * (1 - share)) for x, y in pairs)


def main(path, size, ground, out):
    columns, rows = map(int, size.split("x"))
    screen = pyte.Screen(columns, rows)
    stream = pyte.Stream(screen)
    text = open(path, encoding="utf-8").read().rstrip("\n")
    dim = set()  # pyte forgets SGR 2: cells after it are found by a second screen
    marked = pyte.Screen(columns, rows)
    pyte.Stream(marked).feed(text.replace("\n", "\r\n").replace("\x1b[2m", "\x1b[9m"))
    stream.feed(text.replace("\n", "\r\n"))
    for y in range(rows):
        for x in range(columns):
            if marked.buffer[y][x].strikethrough and not screen.buffer[y][x].strikethrough:
                dim.add((x, y))
    faces = {bold: ImageFont.truetype(FONTS % ("-Bold" if bold else ""), SIZE)
             for bold in (False, True)}
    wide, high = round(faces[False].getlength("M")), SIZE + 5
    back = GROUNDS[ground][0]
    image = Image.new("RGB", (columns * wide + 16, rows * high + 16), back)
    draw = ImageDraw.Draw(image)
    for y in range(rows):
        for x in range(columns):
            cell = screen.buffer[y][x]
            ink, paper = colour(cell.fg, ground, 1), colour(cell.bg, ground, 0)
            if cell.reverse:
                ink, paper = paper, ink
            if (x, y) in dim:
                ink = mixed(ink, paper, 0.6)
            left, top = 8 + x * wide, 8 + y * high
            if paper != back:
                draw.rectangle((left, top, left + wide - 1, top + high - 1), fill=paper)
            if cell.data.strip():
                draw.text((left, top + 2), cell.data, font=faces[cell.bold], fill=ink)
            if cell.underscore:
                draw.line((left, top + high - 3, left + wide, top + high - 3), fill=ink)
    image.save(out)


main(*sys.argv[1:])
