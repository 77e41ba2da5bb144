"""Files and names that somebody sends to harm: what runs, bursts, is two things at once, or leads elsewhere."""

import functools
import gzip
import io
import struct
import zipfile
import zlib

from PIL import Image, PngImagePlugin

from tests.files import films, pictures

EXECUTED = "/executed"
JS = (
    f"document.title='taken';try{{parent.document.title='taken'}}catch(e){{}};new Image().src='{EXECUTED}?image';"
    f"fetch('{EXECUTED}?fetch').catch(()=>0);alert(1)"
)
SCRIPT = f"<script>{JS}</script>"
_HTML = f'<!doctype html><html><body onload="{JS}"><img src=x onerror="{JS}">{SCRIPT}'.encode()
_SVG = f'<svg xmlns="http://www.w3.org/2000/svg" onload="{JS}"><script>{JS}</script></svg>'
_XHTML = f'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body><script>{JS}</script></body></html>'

NAMES = (
    "../../../../etc/passwd", "..\\..\\windows\\win.ini", "/etc/cron.d/madang", "....//....//x", "%2e%2e%2f%2e%2e%2fx",
    "..", ".", "", " ", "CON", "nul.txt", "thumbnail", "a\x00b.png", "a\r\nSet-Cookie: x=1\r\n\r\n<script>", "x" * 5000,
    'a"; filename="evil.html', "a;b=c.txt", "x\u202egpj.exe", "photo.png.html", "한글 \U0001f334.png", "a/b/c.txt",
    "~/x", "$(reboot)", "`id`", "<img src=x onerror=alert(1)>.png", "\u2028line", "con\u0301.txt",
)  # fmt: skip
"""What files are called by those who try."""


@functools.cache
def corpus() -> dict[str, bytes]:
    """Contents under the names with which they would do most."""
    jpeg = pictures.encoded(pictures.noise((40, 30)), "JPEG", comment=_HTML)
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", SCRIPT)
    png = pictures.encoded(Image.new("RGB", (30, 20), "red"), "PNG", pnginfo=texts)
    # Its width is written as the beginning of a comment in JavaScript, which ends behind the picture.
    gif = pictures.encoded(Image.new("P", (0x2A2F, 1)), "GIF")
    script_behind = f"*/=1;{JS}//".encode()
    wave = b"RIFF\x24\x00\x00\x00WAVEfmt " + _HTML
    return {
        "page.html": _HTML,
        "page.txt": _HTML,
        "page.png": _HTML,
        "drawing.svg": _SVG.encode(),
        "drawing.png": b"\xef\xbb\xbf" + _SVG.encode(),
        "drawing.svgz": gzip.compress(_SVG.encode()),
        "page.xhtml": _XHTML.encode(),
        "page.utf16.html": f"\ufeff{_HTML.decode()}".encode("utf-16-le"),
        "page.utf7.html": b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
        "sheet.xml": f'<?xml version="1.0"?><?xml-stylesheet href="x"?><x:script xmlns:x="http://www.w3.org/1999/xhtml">{JS}</x:script>'.encode(),
        "entities.svg": b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><svg>&c;</svg>',
        "code.js": JS.encode(),
        "code.mjs": f"export default 1;{JS}".encode(),
        "code.css": f"body{{background:url('{EXECUTED}?css')}}".encode(),
        "mail.mhtml": b"MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n" + _HTML,
        "gif and js.gif": gif[:-1] + b"\x21\xfe" + bytes([len(script_behind)]) + script_behind + b"\0;",
        "gif and js behind.gif": gif + script_behind,
        "gif only by name.gif": b"GIF89a/*" + bytes(8) + script_behind,
        "jpeg and html.html": jpeg,
        "jpeg and html behind.html": pictures.plain("JPEG") + _HTML,
        "png and html.html": png,
        "png and html behind.html": pictures.plain("PNG") + _HTML,
        "webp and html.html": pictures.plain("WEBP") + _HTML,
        "avif and html.html": pictures.plain("AVIF") + _HTML,
        "pdf and html.html": b"%PDF-1.4\n" + _HTML,
        "html and pdf.pdf": _HTML + b"\n%PDF-1.4\n",
        "wave and html.html": wave,
        "mp3 and html.html": b"ID3\x03\0\0\0\0\0\0" + _HTML,
        "film and html.html": films.film() + films.box(b"free", _HTML),
        "webm and html.html": b"\x1aE\xdf\xa3\x01\0\0\0\0\0\0\x1fB\x82\x84webm" + _HTML,
        "zip and html.html": _zip_of_zeros(100_000) + _HTML,
        "bomb.png": pictures.bomb(),
        "bomb.zip": _zip_of_zeros(20_000_000),
        "bomb.docx": _zip_of_zeros(5_000_000),
        "bomb.gif": _many_frames(3000),
        "bomb of size.gif": b"GIF89a" + b"\xff" * 4 + b"\0\0\0\x2c\0\0\0\0" + b"\xff" * 4 + b"\0\x08\x01\0\0;",
        "bomb.jpg": _jpeg_of(65_000, 65_000),
        "bomb.avif": pictures.plain("AVIF").replace(struct.pack(">II", 60, 40), struct.pack(">II", 60_000, 60_000)),
        "bomb.webp": b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff" + bytes(20),
        "text bomb.png": _png_with_much_text(),
        "empty.png": b"",
    }  # fmt: skip


def _zip_of_zeros(size: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("../../zeros.bin", bytes(size))
    return out.getvalue()


def _many_frames(count: int) -> bytes:
    """A film of so many pictures of 4000 x 4000, each a few bytes."""
    head = b"GIF89a" + struct.pack("<HH", 4000, 4000) + b"\x80\0\0" + bytes(6)
    frame = b"\x2c" + struct.pack("<HHHH", 0, 0, 4000, 4000) + b"\0\x02\x02\x44\x01\0"
    return head + frame * count + b";"


def _jpeg_of(width: int, height: int) -> bytes:
    """One that says that it is so large."""
    small = pictures.plain("JPEG")
    at = small.index(b"\xff\xc0") + 5
    return small[:at] + struct.pack(">HH", height, width) + small[at + 4 :]


def _png_with_much_text() -> bytes:
    """A few kilobytes that would be ten megabytes of text."""
    text = b"zTXt" + b"Comment\0\0" + zlib.compress(bytes(10_000_000), 9)
    plain = pictures.plain("PNG")
    return plain[:33] + pictures.chunk(text[:4], text[4:]) + plain[33:]
