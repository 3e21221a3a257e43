"""Makes the fonts of this folder from Debian's Noto packages (fonts-noto-core, fonts-noto-extra, fonts-noto-mono).

    pip install fonttools skia-pathops
    python3 subset.py FOLDER_WITH_THE_NOTO_FILES...

Latin keeps every letter of Africa's orthographies with their combining marks; each other script keeps all of its letters
and drops what a card never shows (hinting, names, glyph names). Noto has no bold of N'Ko and Tifinagh: theirs is made of
the regular by thickening its outlines, so that names in these scripts stand out as well.
"""

import pathlib
import sys

import pathops
from fontTools import subset
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

LATIN = (
    "U+0020-007E,U+00A0-00FF,U+0100-024F,U+0250-02AF,U+02B0-02FF,U+0300-036F,U+1E00-1EFF,U+2010-2027,U+2030-203A,"
    "U+20A6,U+20A9,U+20AC,U+20B5,U+2116,U+2122,U+2190-2193,U+2212,U+25CC,U+2C60-2C7F,U+A720-A7C6,U+FFFD"
)
# The same without what only a name could need: these are for headings and numbers.
HEADING = "U+0020-007E,U+00A0-00FF,U+0100-024F,U+0250-02AF,U+0300-0331,U+1E00-1EFF,U+2010-2027,U+2030-203A,U+FFFD"
SPACES = "U+0020,U+00A0,U+200C-200F,U+25CC,"

FONTS = {
    "NotoSans-Regular": LATIN,
    "NotoSans-SemiBold": LATIN,
    "NotoSans-Bold": LATIN,
    "NotoSans-Black": HEADING,
    "NotoSans-CondensedSemiBold": HEADING,
    "NotoSerif-Regular": HEADING,
    "NotoSerif-Bold": HEADING,
    "NotoSansMono-Medium": HEADING,
    "NotoSansArabic-Regular": SPACES + "U+0600-06FF,U+0750-077F,U+08A0-08FF",
    "NotoSansArabic-Bold": SPACES + "U+0600-06FF,U+0750-077F,U+08A0-08FF",
    "NotoSansEthiopic-Regular": SPACES + "U+1200-139F,U+2D80-2DDF,U+AB00-AB2F",
    "NotoSansEthiopic-Bold": SPACES + "U+1200-139F,U+2D80-2DDF,U+AB00-AB2F",
    "NotoSansNKo-Regular": SPACES + "U+07C0-07FF,U+060C,U+061B,U+061F",
    "NotoSansAdlam-Regular": SPACES + "U+1E900-1E95F,U+060C,U+061F,U+0640",
    "NotoSansAdlam-Bold": SPACES + "U+1E900-1E95F,U+060C,U+061F,U+0640",
    "NotoSansTifinagh-Regular": SPACES + "U+2D30-2D7F",
}
# Bold fonts made of regular ones: how much thicker stems become, and how much wider letters, in thousandths of an em.
# N'Ko's letters join, so that their widths must stay.
THICKENED = {
    "NotoSansNKo-Bold": ("NotoSansNKo-Regular", 54, 0),
    "NotoSansTifinagh-Bold": ("NotoSansTifinagh-Regular", 54, 36),
}
FEATURES = [
    "ccmp", "locl", "mark", "mkmk", "kern", "rlig", "calt", "clig", "liga", "init", "medi", "fina", "isol",
    "med2", "fin2", "fin3", "rclt", "curs", "lnum", "pnum", "tnum",
]


def thicken(source, target, stems, wider):
    """Writes a font whose outlines are those of another with a stroke around them."""
    font = TTFont(source, recalcTimestamp=False)
    scale = font["head"].unitsPerEm / 1000
    glyphs, outlines, widths = font.getGlyphSet(), {}, {}
    for name in font.getGlyphOrder():
        path = pathops.Path()
        glyphs[name].draw(path.getPen(glyphSet=glyphs))
        advance, bearing = font["hmtx"][name]
        pen = TTGlyphPen(None)
        if name != ".notdef" and len(list(path.segments)) > 0:
            stroke = pathops.Path(path)
            stroke.stroke(stems * scale, pathops.LineCap.BUTT_CAP, pathops.LineJoin.MITER_JOIN, 4)
            stroke.convertConicsToQuads()
            thick = pathops.op(path, stroke, pathops.PathOp.UNION)
            thick.convertConicsToQuads()
            # A mark has no width of its own and stays where it is.
            shift = wider * scale if advance > 0 else 0
            thick = thick.transform(1, 0, 0, 1, shift / 2, 0)
            thick.draw(pen)
            advance += round(shift)
        else:
            path.draw(pen)
        outlines[name] = pen.glyph()
        widths[name] = (advance, bearing)
    for name, glyph in outlines.items():
        font["glyf"][name] = glyph
        glyph.recalcBounds(font["glyf"])
        font["hmtx"][name] = (widths[name][0], getattr(glyph, "xMin", 0))
    font["head"].macStyle |= 1
    font["OS/2"].usWeightClass = 700
    for record in font["name"].names:
        if record.nameID == 2:
            record.string = "Bold"
    font.save(target)


def main():
    folders = [pathlib.Path(name) for name in sys.argv[1:]]
    total = 0
    for name, characters in FONTS.items():
        source = next((f for folder in folders if (f := folder / f"{name}.ttf").exists()), None)
        if source is None:
            sys.exit(f"{name}.ttf is in none of the folders: install fonts-noto-core, -extra and -mono")
        options = subset.Options(
            layout_features=FEATURES, hinting=False, glyph_names=False, name_IDs=[0, 1, 2, 13, 14], notdef_outline=True,
            drop_tables=["DSIG", "meta", "STAT", "MATH"],
        )
        font = subset.load_font(str(source), options)
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=subset.parse_unicodes(characters))
        subsetter.subset(font)
        target = pathlib.Path(__file__).parent / f"{name}.ttf"
        subset.save_font(font, str(target), options)
        total += target.stat().st_size
        print(f"{name:32} {target.stat().st_size:8} bytes")
    for name, (source, stems, wider) in THICKENED.items():
        folder = pathlib.Path(__file__).parent
        target = folder / f"{name}.ttf"
        thicken(str(folder / f"{source}.ttf"), str(target), stems, wider)
        total += target.stat().st_size
        print(f"{name:32} {target.stat().st_size:8} bytes")
    print(f"{'total':32} {total:8} bytes")


if __name__ == "__main__":
    main()
