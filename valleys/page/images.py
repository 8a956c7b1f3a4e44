"""The pictures of the page: copies with few colours and small previews of the 300 dpi originals."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from valleys.run.errors import InputError
from valleys.run.record import write_bytes

COLOURS = 256
#: Width and height that a preview fits into, in pixels.
PREVIEW = (420, 300)


def compact(content: bytes, within: tuple[int, int] | None = None) -> tuple[bytes, tuple[int, int]]:
    """A PNG with at most 256 colours and the same text in its metadata, a third of the size; its width and height.

    Args:
        content: the picture's bytes.
        within: width and height that it is made to fit into; None leaves it as large as it is.

    Returns:
        the bytes, and width and height in pixels.
    """
    with Image.open(BytesIO(content)) as image:
        kept = PngInfo()
        for key, text in image.text.items():  # type: ignore[attr-defined]
            kept.add_text(key, text)
        few = image.convert("RGB")
        if within:
            few.thumbnail(within, Image.Resampling.LANCZOS)
        few = few.quantize(64 if within else COLOURS, dither=Image.Dither.NONE)
        buffer = BytesIO()
        few.save(buffer, "PNG", optimize=True, pnginfo=None if within else kept, dpi=image.info.get("dpi"))
    return buffer.getvalue(), few.size


def copy_picture(source: Path, target: Path, within: tuple[int, int] | None = None) -> tuple[int, int]:
    """Put the compact picture on the page; its width and height in pixels.

    Raises:
        InputError: if the picture is broken, or cannot be written.
    """
    try:
        content, size = compact(source.read_bytes(), within)
    except (OSError, SyntaxError, AttributeError):  # Pillow's errors for a file that is no PNG
        raise InputError("picture", source, "a PNG file") from None
    write_bytes(target, content)
    return size
