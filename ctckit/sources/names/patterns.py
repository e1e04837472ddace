"""What programs put into the names of files: words, hashes, dates and times."""

# What programs, cameras and people call files that they number.
FILE_WORDS = frozenset({
    "img", "image", "images", "dsc", "dscn", "dscf", "dcim", "pic", "picture", "photo", "scan",
    "screenshot", "screen", "shot", "frame", "captcha", "captchas", "word", "words", "crop",
    "crops", "cropped", "line", "lines", "text", "texts", "plate", "plates", "sample", "samples",
    "file", "files", "label", "labels", "train", "test", "val", "valid", "data", "number", "digit",
    "digits", "page", "row", "box", "region", "roi", "patch", "tile", "output", "result",
    "snapshot", "capture", "video", "cam", "camera", "pxl", "mvimg", "vid", "untitled", "download",
    "unnamed", "whatsapp", "wa", "at", "am", "pm", "bildschirmfoto", "um", "uhr", "bild", "foto",
    "imagen", "снимок", "图片", "图像", "画像", "スクリーンショット", "doc", "document",
    "batch", "part", "set", "folder", "dir", "group", "writer", "user", "class",
})  # fmt: skip

HASH = r"[0-9a-fA-F]{16,128}"
UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
SECONDS = r"1[0-9]{9}(?:[0-9]{3}|[0-9]{6}|[._][0-9]{1,9})?"  # since 1970, in this century
DATE = r"(?:19|20)[0-9]{2}[-_.]?(?:0[1-9]|1[0-2])[-_.]?(?:0[1-9]|[12][0-9]|3[01])"
TIME = (
    r"(?:[-_T ]?(?:[01][0-9]|2[0-3])[-_.:h]?[0-5][0-9](?:[-_.:m]?[0-5][0-9](?:[-_.]?[0-9]{3,6})?)?)"
)
DAY_FIRST = r"(?:0[1-9]|[12][0-9]|3[01])[-.](?:0[1-9]|1[0-2])[-.](?:19|20)[0-9]{2}"
# Those of them that are hardly ever the first or last word of a text.
MARKS = ("captcha", "captchas", "crop", "cropped", "dsc", "frame", "image", "img", "label", "photo",
         "pic", "plate", "sample", "screenshot", "snapshot")  # fmt: skip
MARK = rf"(?:{'|'.join(MARKS)})"
UNIQUE = rf"(?:{UUID}|{HASH}|{SECONDS}|(?:{DATE}|{DAY_FIRST}){TIME}?)"
