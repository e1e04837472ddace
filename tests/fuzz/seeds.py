"""Small valid files of each kind, made on the fly, from which the inputs are varied."""

import csv
import io
import json
import struct
import tempfile
import zipfile
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from tests.image.lmdbs import make_lmdb
from tests.inference import tiny_model

IMAGES = (
    "a.png",
    "b.png",
    "images/c.jpg",
    "words/a01/a01-000u/a01-000u-00-00.png",
    "1/2_cat_3.jpg",
)
BETWEEN = b"\0\xff"  # parts several texts in one input
PNG_START = b"\x89PNG\r\n\x1a\n"


def _picture(mode: str, size: tuple[int, int] = (9, 5)) -> Image.Image:
    values = np.arange(size[0] * size[1] * 3, dtype=np.uint8).reshape(size[1], size[0], 3)
    return Image.fromarray(values).convert(mode)


def _encoded(form: str, mode: str, **options: object) -> bytes:
    file = io.BytesIO()
    _picture(mode, (32, 16) if form == "JPEG2000" else (9, 5)).save(file, form, **options)
    return file.getvalue()


def images() -> list[bytes]:
    """Image files of all formats."""
    several = {"save_all": True, "append_images": [_picture("RGB").rotate(180)]}
    exif = Image.Exif()
    exif[0x0112] = 6
    return [
        *pngs(),
        _encoded("PNG", "RGB", **several),
        _encoded("PNG", "RGB", exif=exif),
        _encoded("JPEG", "RGB", quality=30),
        _encoded("JPEG", "L", quality=30, progressive=True),
        _encoded("JPEG", "CMYK", quality=30, exif=exif),
        _encoded("GIF", "P"),
        _encoded("GIF", "P", **several),
        _encoded("BMP", "RGB"),
        _encoded("BMP", "P"),
        _encoded("BMP", "1"),
        _encoded("WEBP", "RGB"),
        _encoded("WEBP", "RGBA", lossless=True, exif=exif),
        _encoded("WEBP", "RGB", **several),
        _encoded("TIFF", "RGB"),
        _encoded("TIFF", "F"),
        _encoded("TIFF", "1", compression="group4"),
        _encoded("TIFF", "RGBA", compression="tiff_lzw", big_tiff=True),
        _encoded("TIFF", "L", compression="tiff_deflate"),
        _encoded("PPM", "RGB"),
        _encoded("PPM", "1"),
        b"P2\n# text\n3 2\n255\n0 1 2\n3 4 255\n",
        _encoded("JPEG2000", "RGB"),
        _encoded("JPEG2000", "L", no_jp2=True),
        _encoded("AVIF", "RGB"),
        _encoded("AVIF", "RGBA"),
    ]


def pngs() -> list[bytes]:
    """PNG files of several forms."""
    deep = io.BytesIO()
    Image.fromarray(np.arange(45, dtype=np.uint16).reshape(5, 9) * 1000).save(deep, "PNG")
    modes = ("1", "L", "LA", "P", "RGB", "RGBA")
    return [*(_encoded("PNG", mode, optimize=True) for mode in modes), deep.getvalue()]


def with_checksums(content: bytes) -> bytes:
    """Return a PNG file, the checksum of each chunk made right as far as they can be told."""
    fixed, start = bytearray(content), 8
    if not content.startswith(PNG_START):
        fixed[:8] = PNG_START
    while start + 12 <= len(fixed):
        (length,) = struct.unpack_from(">I", fixed, start)
        end = start + 8 + length
        if end + 4 > len(fixed):
            break
        struct.pack_into(">I", fixed, end, zlib.crc32(fixed[start + 4 : end]))
        start = end + 4
    return bytes(fixed)


def zips() -> list[bytes]:
    """Archives of images and lists."""
    plain = {"set/a.png": b"a", "set/b.png": b"b", "set/labels.csv": b"image,label\na.png,x\n"}
    odd = {"../a.png": b"a", "/b.png": b"b", "C:\\d\\c.png": b"c", "ä/d.png": b"d" * 300}
    return [
        _zip(plain, zipfile.ZIP_DEFLATED),
        _zip(odd, zipfile.ZIP_STORED),
        _zip({"abc.png": bytes(3000)}, zipfile.ZIP_BZIP2),
        _zip({"abc.png": bytes(3000)}, zipfile.ZIP_LZMA),
        _zip({}, zipfile.ZIP_STORED),
    ]


def _zip(files: dict[str, bytes], method: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return file.getvalue()


def lmdbs() -> list[bytes]:
    """LMDB files of one page of keys, and of a tree."""
    return [_lmdb(count, size) for count, size in ((0, 0), (1, 300), (1, 5000), (5, 900))]


def _lmdb(count: int, size: int) -> bytes:
    values = {"num-samples": str(count).encode()}
    for number in range(1, count + 1):
        values |= {f"image-{number:09}": b"GIF89a" + bytes(size), f"label-{number:09}": b"cat"}
    with tempfile.TemporaryDirectory() as folder:
        return make_lmdb(Path(folder, "set.lmdb"), values).read_bytes()


def tables() -> list[bytes]:
    """Lists as CSV and the like."""
    texts = [
        "image,label\na.png,cat\nb.png,dog\n",
        '# mine\r\nid;text;file\r\n1;"a ""b""";a.png\r\n2;é;b.png\r\n',
        "a.png\tcat\nb.png\tdog dog\nimages/c.jpg\t\n",
        "a.png cat\nb.png dog\n",
        "path,split,words\na.png,train,x\nb.png,val,y\n",
        "../a.png,cat\n/etc/passwd,dog\na.png,a\na.png,b\n",
    ]
    marks = ["\ufeff" + texts[0], texts[2].replace("\n", "\r")]
    return [text.encode() for text in (*texts, *marks)] + [texts[1].encode("utf-16")]


ROWS = [{"image": "a.png", "label": "cat"}, {"image": "b.png", "label": 12}]
DONUT = {"file_name": "a.png", "ground_truth": '{"gt_parse": {"text_sequence": "cat"}}'}


def json_lines() -> list[bytes]:
    """A JSON object a line."""
    return [
        "\n".join(json.dumps(row) for row in rows).encode()
        for rows in (ROWS, [{"file_name": "a.png", "text": "\ud800"}], [DONUT])
    ]


def json_lists() -> list[bytes]:
    """JSON objects in a list."""
    return [json.dumps(rows).encode() for rows in (ROWS, [DONUT], ROWS[:1] * 2)]


def doctr() -> list[bytes]:
    """Texts by the name of the image."""
    return [b'{"a.png": "cat", "b.png": "dog", "a.png": "cow"}', b'{"c.jpg": "I"}']


def mmocr() -> list[bytes]:
    """The form of MMOCR."""
    entries = [{"img_path": name, "instances": [{"text": "cat"}]} for name in IMAGES[:2]]
    return [json.dumps({"metainfo": {"task": "rec"}, "data_list": entries}).encode()]


def label_studio() -> list[bytes]:
    """Tasks and records of Label Studio."""
    result = {"from_name": "text", "type": "textarea", "value": {"text": ["cat"]}}
    annotation = {"result": [result], "was_cancelled": False, "updated_at": "2024-01-01"}
    tasks = [
        {"id": 1, "data": {"image": "/data/upload/1/1a2b3c4d-a.png"}, "annotations": [annotation]},
        {"id": 2, "data": {"image": "s3://x/b.png"}, "annotations": [annotation, annotation]},
    ]
    records = [
        {"image": "a.png", "id": 1, "text": "cat", "annotator": 1, "annotation_id": 1,
         "lead_time": 2.5},
    ]  # fmt: skip
    return [json.dumps(tasks).encode(), json.dumps(records).encode()]


def label_studio_tables() -> list[bytes]:
    """Records of Label Studio as CSV."""
    file = io.StringIO(newline="")
    header = ["annotation_id", "annotator", "created_at", "id", "image", "lead_time", "text"]
    rows = [[1, 1, "2024", 1, "a.png", 2.5, "cat"], [2, 1, "2024", 2, "b.png", 1, '["a", "b"]']]
    csv.writer(file).writerows([header, *rows])
    return [file.getvalue().encode()]


def cvat() -> list[bytes]:
    """Lines of CVAT."""
    return [b'a.png, "cat"\nb.png, "a \\"b\\""\n', b'a.png, \nb.png, "x"\n']


def iam() -> list[bytes]:
    """Lines of IAM."""
    return [
        b"# words\na01-000u-00-00 ok 154 408 768 27 51 AT A\na01-000u-00-01 err 1 2 3 4 5 A B\n"
    ]


def mjsynth() -> list[bytes]:
    """Lines of MJSynth."""
    return [b"./1/2_cat_3.jpg 3\n./1/4_dog_5.jpg 5\n"]


def ppocr_labels() -> list[bytes]:
    """Lines of PPOCRLabel."""
    return [b'a.png\t[{"transcription": "cat", "points": [[0, 0]]}]\n']


def sidecars() -> list[bytes]:
    """The text of one image."""
    return [b"cat\n", "\ufeffé".encode(), b"0 0.5 0.5 0.1 0.1\n", b"1,2,3,4,5,6,7,8,cat"]


def configs() -> list[bytes]:
    """Configurations of a training."""
    return [
        b"schema_version: 1\ndataset: set.zip\nvocab: abc\nheight: 32\nlearning_rate: 0.005\n",
        b"schema_version: 1\naugment: true\ntime_budget: 60s\ngroup_by: '[a-z]+'\n",
        b"a: &a [x, x]\nb: &b [*a, *a]\nheight: [*b, *b]\nschema_version: 1\n",
        b"schema_version: 1\nheight: !!python/object/apply:os.system ['true']\nwidth: 2001-01-01\n",
    ]


def metadata() -> list[bytes]:
    """Keys and values of metadata."""
    return [
        BETWEEN.join(text.encode() for pair in facts.to_strings().items() for text in pair)
        for facts in (tiny_model.metadata(), tiny_model.metadata(width=None))
    ]


def onnx_files() -> list[bytes]:
    """Tiny networks that read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        return [
            tiny_model.write_model(path, free_width=free).read_bytes() for free in (False, True)
        ]


def training_states() -> list[bytes]:
    """The state of a training, small."""
    from ctckit.training.state import TrainingState

    state = TrainingState(
        epoch=1,
        step=2,
        variables=[np.arange(3, dtype=np.float32), np.int64(5)[None]],
        memories={"Schedule": {"done": 1.5, "best": np.ones(2)}},
        saved_at=1.0,
        environment={"cores": 2},
    )
    with tempfile.TemporaryDirectory() as folder:
        state.save(Path(folder) / "state.npz")
        return [(Path(folder) / "state.npz").read_bytes()]


def run_files() -> list[bytes]:
    """The list of a run, where its images are, and what the list does not say."""
    root = {"root": "/nowhere", "relative_to_run": "."}
    facts = {
        "name": "set", "left_out": [["x.png", "", "empty label"]], "fingerprint": "1",
        "samples": [], "validation": [], "test": [], "layout": "", "notes": ["x"], "sampled": None,
    }  # fmt: skip
    parts = [b"image,label\na.png,cat\nb.png,dog\n", json.dumps(root).encode()]
    return [BETWEEN.join([*parts, json.dumps(facts).encode()])]
