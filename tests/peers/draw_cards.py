"""Draws the same cards as the render bench with other libraries, each as fast as its own means allow.

`draw_cards.py FOLDER`: the folder has cards.json, ground.png and the fonts. Every line printed is a key and a number:
cards or pages a second of processor time on one thread, bytes a card. What differs from card to card is drawn; the ground
is loaded once, and its texts, fitting and codes are given.
"""

import io
import json
import sys
import time
from pathlib import Path

folder = Path(sys.argv[1])
handout = json.loads((folder / "cards.json").read_text())
cards, dpi, width, height = handout["cards"], handout["dpi"], int(handout["width"]), int(handout["height"])
# A point is 1/72 inch, a unit of the card 1/300.
POINT = 72 / 300


def measure(key, items, draw):
    """Prints how many of them are drawn a second; returns what the last one became."""
    drawn = draw(items[0])
    start = time.process_time()
    for item in items:
        drawn = draw(item)
    print(key, len(items) / (time.process_time() - start), flush=True)
    return drawn


def modules(card):
    """The code as a picture of one pixel a module, black on white."""
    from PIL import Image

    rows = card["code"]["rows"]
    data = bytes(0 if module == "1" else 255 for row in rows for module in row)
    return Image.frombytes("L", (len(rows), len(rows)), data)


def pillow():
    from PIL import Image, ImageDraw, ImageFont

    ground = Image.open(folder / "ground.png").convert("RGB")
    fonts = {}

    def font(text):
        key = text["font"], round(text["size"], 1)
        if key not in fonts:
            fonts[key] = ImageFont.truetype(str(folder / f"{key[0]}.ttf"), key[1])
        return fonts[key]

    def draw(card):
        picture = ground.copy()
        pen = ImageDraw.Draw(picture)
        for text in card["texts"]:
            pen.text((text["x"], text["y"]), text["text"], tuple(text["color"]), font(text), anchor="ls")
        code = card["code"]
        x, y, side = code["box"]
        pen.rectangle((x, y, x + side, y + side), "white")
        size = code["module"] * len(code["rows"])
        picture.paste(modules(card).resize((size, size), Image.NEAREST), (code["x"], code["y"]))
        file = io.BytesIO()
        picture.save(file, "PNG", dpi=(dpi, dpi), compress_level=1)
        return file.getvalue()

    file = measure("png_per_s_pillow", cards[: handout["pictures"]], draw)
    print("png_kib_pillow", len(file) / 1024)


def cairo():
    import cairocffi

    ground = cairocffi.ImageSurface.create_from_png(str(folder / "ground.png"))

    def draw(card):
        surface = cairocffi.ImageSurface(cairocffi.FORMAT_RGB24, width, height)
        context = cairocffi.Context(surface)
        context.set_source_surface(ground)
        context.paint()
        for text in card["texts"]:
            bold = cairocffi.FONT_WEIGHT_BOLD if "Bold" in text["font"] else cairocffi.FONT_WEIGHT_NORMAL
            context.select_font_face("Noto Sans", cairocffi.FONT_SLANT_NORMAL, bold)
            context.set_font_size(text["size"])
            context.set_source_rgb(*(channel / 255 for channel in text["color"]))
            context.move_to(text["x"], text["y"])
            context.show_text(text["text"])
        code = card["code"]
        x, y, side = code["box"]
        context.rectangle(x, y, side, side)
        context.set_source_rgb(1, 1, 1)
        context.fill()
        for row, line in enumerate(code["rows"]):
            for column, module in enumerate(line):
                if module == "1":
                    size = code["module"]
                    context.rectangle(code["x"] + column * size, code["y"] + row * size, size, size)
        context.set_source_rgb(0, 0, 0)
        context.fill()
        file = io.BytesIO()
        surface.write_to_png(file)
        return file.getvalue()

    measure("png_per_s_cairo", cards[: handout["pictures"]], draw)


def resvg():
    import resvg_py

    from xml.sax.saxutils import escape

    fonts = [str(path) for path in folder.glob("*.ttf")]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">{handout["shapes"]}'

    def draw(card):
        parts = [head]
        for text in card["texts"]:
            weight = "bold" if "Bold" in text["font"] else "normal"
            parts.append(
                f'<text x="{text["x"]}" y="{text["y"]}" font-family="Noto Sans" font-weight="{weight}"'
                f' font-size="{text["size"]}" fill="rgb{tuple(text["color"])}">{escape(text["text"])}</text>'
            )
        code = card["code"]
        x, y, side = code["box"]
        size = code["module"]
        path = "".join(
            f"M{code['x'] + column * size} {code['y'] + row * size}h{size}v{size}h-{size}z"
            for row, line in enumerate(code["rows"])
            for column, module in enumerate(line)
            if module == "1"
        )
        parts.append(f'<rect x="{x}" y="{y}" width="{side}" height="{side}" fill="#fff"/><path d="{path}"/></svg>')
        return resvg_py.svg_to_bytes(svg_string="".join(parts), font_files=fonts, skip_system_fonts=True)

    measure("png_per_s_resvg", cards[: handout["pictures"] // 2], draw)


def reportlab():
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    for name in {text["font"] for card in cards for text in card["texts"]}:
        pdfmetrics.registerFont(TTFont(name, str(folder / f"{name}.ttf")))
    ground = ImageReader(str(folder / "ground.png"))

    def document(cards):
        file = io.BytesIO()
        canvas = Canvas(file, (width * POINT, height * POINT), pageCompression=1)
        for card in cards:
            canvas.drawImage(ground, 0, 0, width * POINT, height * POINT)
            for text in card["texts"]:
                canvas.setFont(text["font"], text["size"] * POINT)
                canvas.setFillColorRGB(*(channel / 255 for channel in text["color"]))
                canvas.drawString(text["x"] * POINT, (height - text["y"]) * POINT, text["text"])
            x, y, side = card["code"]["box"]
            canvas.setFillColorRGB(1, 1, 1)
            canvas.rect(x * POINT, (height - y - side) * POINT, side * POINT, side * POINT, stroke=0, fill=1)
            inner = side * len(card["code"]["rows"]) / (len(card["code"]["rows"]) + 8)
            edge = (side - inner) / 2
            place = ((x + edge) * POINT, (height - y - edge - inner) * POINT, inner * POINT, inner * POINT)
            canvas.drawInlineImage(modules(card).convert("1"), *place)
            canvas.showPage()
        canvas.save()
        return len(file.getvalue())

    pages("reportlab", document)


def fpdf2():
    from fpdf import FPDF

    names = {text["font"] for card in cards for text in card["texts"]}

    def document(cards):
        pdf = FPDF(unit="pt", format=(width * POINT, height * POINT))
        pdf.set_auto_page_break(False)
        for name in names:
            pdf.add_font(name, fname=str(folder / f"{name}.ttf"))
        for card in cards:
            pdf.add_page()
            pdf.image(str(folder / "ground.png"), 0, 0, width * POINT, height * POINT)
            for text in card["texts"]:
                pdf.set_font(text["font"], size=text["size"] * POINT)
                pdf.set_text_color(*text["color"])
                pdf.text(text["x"] * POINT, text["y"] * POINT, text["text"])
            x, y, side = card["code"]["box"]
            pdf.image(modules(card).convert("1"), x * POINT, y * POINT, side * POINT, side * POINT)
        return len(pdf.output())

    pages("fpdf2", document)


def pages(name, document):
    """Pages of fronts: how many a second, and how many bytes each adds."""
    few = document(cards[: len(cards) // 2])
    start = time.process_time()
    all_of_them = document(cards)
    print(f"pdf_per_s_{name}", len(cards) / (time.process_time() - start))
    print(f"pdf_bytes_{name}", (all_of_them - few) / (len(cards) - len(cards) // 2), flush=True)


for library in (pillow, cairo, resvg, reportlab, fpdf2):
    library()
