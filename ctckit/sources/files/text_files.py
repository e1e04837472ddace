"""Text files in whatever encoding they were saved."""

import codecs

from ctckit.errors import InputError

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode_text(content: bytes, name: str) -> str:
    """Return the text of a file: UTF-8, with or without a mark, or UTF-16 with one.

    Raises:
        InputError: it is in another encoding, which is guessed in the message, or no text.
    """
    encoding = next((kind for mark, kind in BYTE_ORDER_MARKS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        from charset_normalizer import from_bytes  # such files are rare

        guess = from_bytes(content[:100_000]).best()
        looks = f"one that looks like {guess.encoding}" if guess else "another file"
        raise InputError(
            f"expected {name} to be text in UTF-8, received {looks} (byte {error.start}); "
            "save it as UTF-8"
        ) from error
    if "\0" in text:
        raise InputError(f"expected {name} to be text in UTF-8, received a binary file")
    return text
