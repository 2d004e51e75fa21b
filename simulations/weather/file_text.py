"""The text of a weather file: plain, gzipped or alone in a zip, in the encodings that exports have."""

import gzip
import io
import zipfile
import zlib
from pathlib import Path

from edge.contract.errors import CooeeError

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
"""First bytes that name an encoding."""
DOS_END = "\x1a"
LARGEST_BYTES = 1 << 30
"""Beyond any file of weather: what comes after is not read, as of a device that never ends."""


def text_of(path: Path) -> str:
    """A file's text, with line ends and minus signs as ours. CooeeError when it cannot be read, or is no text."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES)
        if content[:2] == GZIP:
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
                content = packed.read(LARGEST_BYTES)
        elif content[:4] == ZIP:
            content = _alone(path, content)
    except (OSError, ValueError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise CooeeError(f"weather file {path}: cannot be read ({error})") from None
    for encoding in _encodings(content):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text and (text or not content):
            lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip(DOS_END)
            return lines.replace("\N{MINUS SIGN}", "-")
    raise CooeeError(f"weather file {path}: cannot be read (it is not a text file)")


def _encodings(content: bytes) -> tuple[str, ...]:
    if content[:2] in MARKS:
        return (MARKS[content[:2]],)
    if 0 in content[:2]:  # a letter of UTF-16 without a mark
        return ("utf-16-le",) if content[1:2] == b"\0" else ("utf-16-be",)
    return ("utf-8-sig", "latin-1")


def _alone(path: Path, content: bytes) -> bytes:
    """The one file in a zip."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        inside = [each for each in packed.infolist() if not each.is_dir()]
        if any(each.filename == "[Content_Types].xml" for each in inside):
            raise CooeeError(f"weather file {path}: is a spreadsheet; save it as CSV")
        if len(inside) != 1:
            named = ", ".join(each.filename for each in inside[:5])
            raise CooeeError(f"weather file {path}: holds {len(inside)} files ({named}); unpack it and name one")
        with packed.open(inside[0]) as only:
            return only.read(LARGEST_BYTES)
