"""How much memory the images take that are kept."""

import pickle

import numpy as np
import psutil
import pytest

from ctckit.errors import InputError
from ctckit.feed import BatchMaker, BatchPlan, CacheRoom, cache, cache_room
from ctckit.feed.cache import OVERHEAD, Kept, cache_size, free_memory

IMAGE = 10_000  # bytes
SAMPLE = IMAGE + 4 + 2 * OVERHEAD


def draw(image, label):
    return np.full((100, 100, 1), int(image), np.uint8), np.full(1, label, np.int32)


@pytest.mark.parametrize(
    ("text", "size"),
    [("2GB", 2 * 10**9), ("500 mb", 5 * 10**8), ("0.5GB", 5 * 10**8), ("off", 0), ("auto", None)],
)
def test_sizes(text, size):
    assert cache_size(text) == size


@pytest.mark.parametrize("text", ["", "2", "2 TB", "-1GB", "all", "1e9MB"])
def test_what_is_no_size(text):
    with pytest.raises(InputError, match="^cache: expected auto, off or a size, received"):
        cache_size(text)


def test_off_and_nothing_keep_nothing():
    assert cache_room("off") is None and cache_room("0MB") is None


def test_auto_is_half_of_what_is_free(monkeypatch):
    monkeypatch.setattr(cache, "free_memory", lambda: 1000)
    assert cache_room("auto").size == cache_room().size == 500


def test_what_does_not_fit_is_read_again(caplog):
    """What came first stays, and the batches are the same as without."""
    caplog.set_level("INFO", "ctckit")
    read = []

    def step(image, label):
        read.append(image)
        return draw(image, label)

    samples = [(str(number), number) for number in range(10)]
    make = BatchMaker(samples, [step], cache=CacheRoom(4 * SAMPLE + 1))
    plain = BatchMaker(samples, [draw])
    for order in (range(10), range(9, -1, -1)):
        plan = BatchPlan([*order])
        for ours, theirs in zip(make(plan), plain(plan), strict=True):
            np.testing.assert_array_equal(ours, theirs)
    assert read == [*"0123456789", *"987654"]
    assert [record.message for record in caplog.records] == [
        "the cache is full: 4 images in 0 MB; the others are read again in every epoch (--cache)"
    ]


def test_two_share_a_room():
    room = CacheRoom(3 * SAMPLE)
    makers = [BatchMaker([("1", 1), ("2", 2)], [draw], cache=room) for _ in range(2)]
    for make in makers:
        make(BatchPlan([0, 1]))
    assert [len(make._kept._samples) for make in makers] == [2, 1]


def test_processes_share_a_room():
    make = BatchMaker([("1", 1)], [draw], cache=CacheRoom(3000))
    make(BatchPlan([0]))
    copy = pickle.loads(pickle.dumps(make.for_processes(3)))
    assert copy._kept._room.size == 1000 and copy._kept._samples == {}
    assert make._kept._room.size == 3000
    assert BatchMaker([], []).for_processes(2)._kept._room is None


def test_what_is_gone_gives_its_room_back():
    """As folds do, of which each has a provider of its own."""
    room = CacheRoom(2 * SAMPLE)
    for _ in range(3):
        make = BatchMaker([("1", 1), ("2", 2)], [draw], cache=room)
        make(BatchPlan([0, 1]))
        assert len(make._kept._samples) == 2
        del make


def test_a_sample_that_two_threads_make_takes_room_once():
    kept = Kept(CacheRoom(2 * SAMPLE))
    sample = draw("1", 1)

    def make(key):
        assert kept.get(key, lambda key: sample) is sample  # the other one, meanwhile
        return draw("1", 1)

    kept.get("a", make)
    kept.get("b", lambda key: draw("2", 2))
    assert kept.get("a", draw) is sample and len(kept._samples) == 2


@pytest.fixture
def group(tmp_path, monkeypatch):
    """Write the files of a control group; returns the function that does."""
    monkeypatch.setattr(cache, "CGROUPS", tmp_path)

    def write(folder, values):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        for name, text in values.items():
            (tmp_path / folder / name).write_text(f"{text}\n")

    return write


V2 = {"memory.max": 10_000_000, "memory.current": 8_000_000,
      "memory.stat": "anon 5\ninactive_file 1000000"}  # fmt: skip
V1 = {"memory.limit_in_bytes": 9_000_000, "memory.usage_in_bytes": 8_500_000,
      "memory.stat": "inactive_file 7\ntotal_inactive_file 500000"}  # fmt: skip


@pytest.mark.parametrize(
    ("groups", "lines", "left"),
    [
        ({"a/b": V2}, "0::/a/b", 3_000_000),
        ({"": V2}, "0::/seen/from/outside", 3_000_000),
        ({"a/b": V2 | {"memory.max": "max"}, "a": V2 | {"memory.current": 9_500_000}}, "0::/a/b",
         1_500_000),
        ({"memory/a": V1}, "9:cpu:/x\n4:memory,hugetlb:/a\n0::/", 1_000_000),
        ({"a": V2 | {"memory.current": 12_000_000}}, "0::/a", 0),
    ],
)  # fmt: skip
def test_a_container_may_have_less_than_the_machine(group, monkeypatch, groups, lines, left):
    for folder, values in groups.items():
        group(folder, values)
    monkeypatch.setattr(cache, "OWN_CGROUPS", cache.CGROUPS / "own")
    cache.OWN_CGROUPS.write_text(lines)
    assert free_memory() == left


def test_a_machine_without_containers(monkeypatch, tmp_path):
    monkeypatch.setattr(cache, "OWN_CGROUPS", tmp_path / "gone")
    assert 0 < free_memory() <= psutil.virtual_memory().total
