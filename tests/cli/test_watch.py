import os
import webbrowser

import pytest

from ctckit.run_folder import RunFolder


@pytest.fixture
def opened(monkeypatch, tmp_path):
    """Note which pages are opened, in a folder of one's own."""
    pages = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(webbrowser, "open", pages.append)
    return pages


def write_page(run, at):
    page = RunFolder(run).progress
    page.parent.mkdir(parents=True)
    page.write_text("")
    os.utime(page, (at, at))
    return page


def test_the_newest_page_is_opened(opened, call, tmp_path):
    older = write_page(tmp_path / "Models" / "a", 1000)
    newer = write_page(tmp_path / "Models" / "b" / "member_2", 2000)
    status, lines, _ = call("watch")
    assert status == 0 and lines[0].endswith("member_2/report/progress.html")
    assert opened == [newer.as_uri()]
    call("watch", older.parents[1])
    assert opened[1:] == [older.as_uri()]


def test_without_a_browser_its_address_is_printed(opened, call, tmp_path):
    page = write_page(tmp_path / "Models" / "a", 1000)
    _, lines, _ = call("watch", tmp_path / "Models" / "a", "--no-browser")
    assert lines == [str(page)] and not opened


def test_where_nothing_is_trained(opened, call):
    status, _, said = call("watch")
    assert status == 2 and "come to the end of an epoch" in said and not opened
