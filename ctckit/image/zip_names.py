"""In which encoding the names in a zip archive are, where the archive does not say so.

Programs of Windows write names in the code page of their country. Read in another one they become
other characters, which are wrong labels; so an encoding that is not certain is refused.
"""

import unicodedata
from collections.abc import Sequence

from ctckit.errors import InputError

# The code pages that zip programs write: of China, Japan, Taiwan, Korea, the West, Russia.
CODE_PAGES = ("gb18030", "cp932", "big5", "cp949", "cp437", "cp1252", "cp866", "cp1251")
MAX_MESS = 0.05  # share of unlikely characters, as charset-normalizer counts them
MARGIN = 0.05  # by which the next encoding must be worse
UNLIKELY = {"Cn", "Co", "Cs", "Cc", "So", "Sk", "Sm"}  # categories of Unicode, boxes among them


def guess_encoding(names: Sequence[bytes], archive: str) -> str:
    """Return the encoding of names that are not marked as UTF-8.

    Args:
        names: those that are not ASCII.
        archive: to name it.

    Raises:
        InputError: several encodings are as likely, or none is.
    """
    text = b" ".join(dict.fromkeys(names))
    if _decodes(text, "utf-8"):
        return "utf-8"
    mess = {page: _mess(text, page) for page in CODE_PAGES if _is_plausible(text, page)}
    ranked = sorted((value, page) for page, value in mess.items() if value is not None)
    if ranked and ranked[0][0] <= MAX_MESS:
        best = ranked[0]
        decoded = text.decode(best[1])
        rivals = [value for value, page in ranked[1:] if text.decode(page) != decoded]
        if not rivals or min(rivals) >= best[0] + MARGIN:
            return best[1]
    readings = ", ".join(f"{names[0].decode(page)} ({page})" for _, page in ranked[:3])
    raise InputError(
        f"cannot read {archive}: expected names in UTF-8, received {len(names)} in the code page "
        f"of some country, such as {readings or names[0]!r}; unpack it where they look right and "
        "give the folder, or pack it again with names in UTF-8 (7-Zip: -mcu=on)"
    )


def _decodes(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _is_plausible(text: bytes, encoding: str) -> bool:
    """Say whether `text` would be letters of one script beside Latin ones, or Latin ones alone."""
    if not _decodes(text, encoding):
        return False
    beyond = {character for character in text.decode(encoding) if not character.isascii()}
    halfwidth = any("｡" <= character <= "ﾟ" for character in beyond)
    return not halfwidth and not any(unicodedata.category(c) in UNLIKELY for c in beyond)


def _mess(text: bytes, encoding: str) -> float | None:
    """Return the share of unlikely characters if `text` were in this encoding, 0…1."""
    from charset_normalizer import from_bytes  # such archives are rare

    found = from_bytes(text, cp_isolation=[encoding], threshold=1.0).best()
    return None if found is None else float(found.chaos)
