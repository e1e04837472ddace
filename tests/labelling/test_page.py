"""The page in a browser, by the keyboard alone."""

import socket
import threading

import pytest

from ctckit.inference.reader import ImageToWordModel
from ctckit.labelling.journal import Journal
from ctckit.labelling.server import label_app
from ctckit.labelling.session import Item, Session
from ctckit.serve.guard import Guard
from ctckit.serve.server import make_server
from tests.devtools import new_tab
from tests.drawing import write_image
from tests.inference.tiny_model import draw_stripes, write_model

pytestmark = pytest.mark.slow
TEXTS = ("234", "345", "22", "54")
KEYS = {
    "Enter": {"code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"},
    "F2": {"windowsVirtualKeyCode": 113},
    "F4": {"windowsVirtualKeyCode": 115},
    "F8": {"windowsVirtualKeyCode": 119},
    "PageUp": {"windowsVirtualKeyCode": 33},
    "PageDown": {"windowsVirtualKeyCode": 34},
    "ArrowUp": {"windowsVirtualKeyCode": 38},
    "ArrowDown": {"windowsVirtualKeyCode": 40},
}


@pytest.fixture
def session(tmp_path):
    """Four images, the last of which has a label that is wrong."""
    (tmp_path / "images").mkdir()
    images = [
        str(write_image(tmp_path / "images" / f"{place}.png", draw_stripes(text)))
        for place, text in enumerate(TEXTS)
    ]
    reader = ImageToWordModel(write_model(tmp_path / "stripes.onnx"))
    items = [*map(Item, images[:3]), Item(images[3], "55", "54", "the label looks wrong")]
    with Journal.opened(tmp_path / "images" / "labels.csv") as journal:
        yield Session(items, journal, reader=reader)


@pytest.fixture
def tab(browser, session, tmp_path):
    server = make_server(Guard(label_app(session, command="ctckit train --dataset x")))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        with new_tab(browser, tmp_path / "profile") as tab:
            tab.open(f"http://127.0.0.1:{listening.getsockname()[1]}/", 390, 800, is_phone=True)
            tab.wait_until("document.querySelector('#text')?.value")
            yield tab
        server.should_exit = server.force_exit = True
        thread.join()


def press(tab, key):
    for kind in ("keyDown", "keyUp"):
        options = {"type": kind, "key": key, **KEYS[key]}
        tab.call("Input.dispatchKeyEvent", **options)


def shows(tab, name):
    tab.wait_until(f"document.querySelector('#name').textContent === '{name}' && !busy")
    return tab.value("document.querySelector('#text').value")


def test_the_keyboard_is_enough(tab, session):
    assert shows(tab, "0.png") == "234"
    assert tab.value("document.activeElement.id") == "text"
    press(tab, "Enter")
    assert shows(tab, "1.png") == "345"
    tab.call("Input.insertText", text="5")
    press(tab, "Enter")
    assert shows(tab, "2.png") == "22"
    press(tab, "PageUp")
    assert shows(tab, "1.png") == "3455"
    assert "saved" in tab.value("document.querySelector('#note').textContent")
    press(tab, "F4")
    assert shows(tab, "2.png") == "22"
    press(tab, "PageDown")
    assert shows(tab, "3.png") == "55"
    assert tab.value("document.querySelector('#reading').textContent") == "54"
    press(tab, "ArrowDown")
    assert shows(tab, "2.png") == "22"
    press(tab, "F2")
    tab.wait_until("!document.querySelector('#done').hidden")
    assert tab.value("document.querySelector('#command').textContent") == "ctckit train --dataset x"
    found = {place: session.journal.entries[item.image] for place, item in enumerate(session.items)}
    assert [(found[place].label, found[place].state) for place in range(4)] == [
        ("234", "labelled"), ("", "empty"), ("", "unreadable"), ("54", "labelled"),
    ]  # fmt: skip


def test_what_is_wrong_is_said_and_nothing_is_lost(tab, session, tmp_path):
    shows(tab, "0.png")
    tab.value("document.querySelector('#text').value = ' '")
    press(tab, "Enter")
    tab.wait_until("!document.querySelector('#problem').hidden")
    assert "press F4" in tab.value("document.querySelector('#problem').textContent")
    (tmp_path / "images" / "2.png").unlink()
    for _ in range(2):
        tab.value("document.querySelector('#text').value = '22'")
        press(tab, "Enter")
        tab.wait_until("!busy")
    tab.wait_until("document.querySelector('#name').textContent === '2.png'")
    assert "2.png" in tab.value("document.querySelector('#problem').textContent")
    assert len(session.journal.entries) == 2


def test_it_fits_a_phone_and_keeps_to_its_policy(tab):
    shows(tab, "0.png")
    assert tab.value("document.documentElement.scrollWidth <= innerWidth")
    wide = "document.querySelector('#image').clientWidth"
    tab.wait_until(f"{wide} > 0")
    plain = tab.value(wide)
    for zoom in (2, 4, 1):
        press(tab, "F8")
        assert tab.value(wide) == zoom * plain
    assert tab.value("document.documentElement.scrollWidth <= innerWidth")
    said = [params for method, params in tab.events if method == "Log.entryAdded"]
    assert not [one for one in said if one["entry"]["level"] == "error"], said


def test_going_back_and_forth_loses_neither_image_nor_text(tab):
    shows(tab, "0.png")
    press(tab, "Enter")
    shows(tab, "1.png")
    tab.call("Input.insertText", text="9")
    press(tab, "PageUp")
    shows(tab, "0.png")
    press(tab, "Enter")
    assert shows(tab, "1.png") == "3459"
    tab.wait_until("document.querySelector('#image').naturalWidth > 0")


def test_a_key_that_is_held_saves_nothing_unseen(tab, session):
    shows(tab, "0.png")
    for _ in range(4):
        tab.call(
            "Input.dispatchKeyEvent", type="keyDown", key="Enter", autoRepeat=True, **KEYS["Enter"]
        )
    tab.wait_until("!busy")
    assert not session.journal.entries


def test_what_is_put_off_comes_when_all_others_are_done(tab):
    shows(tab, "0.png")
    press(tab, "PageDown")
    for name in ("1.png", "2.png", "3.png"):
        shows(tab, name)
        press(tab, "Enter")
    assert shows(tab, "0.png") == "234"
    press(tab, "PageDown")
    assert shows(tab, "0.png") == "234"
