import math
import re

import pytest

from ctckit.report.page.progress_page import ReadCard, save_progress

SOURCE = "data:image/png;base64,AAAA"
CARDS = [ReadCard(SOURCE, "12", "12"), ReadCard(SOURCE, "<b>", ""), ReadCard(SOURCE, "", "3")]


def row(epoch, **changes):
    figures = {"loss": 9.0 / epoch, "val_loss": 4.0 / epoch, "val_CER": 0.5 / epoch}
    facts = {
        "epoch": epoch,
        "seconds": 30.0 * epoch,
        "CER": 0.1,
        "WER": 0.2,
        "val_WER": 0.8 / epoch,
    }
    return facts | figures | {"learning_rate": 1e-3} | changes


def page(tmp_path, history, **options):
    path = tmp_path / "report" / "progress.html"
    save_progress(history, CARDS, path, title="run & co", report="evaluation.html", **options)
    return path.read_text(encoding="utf-8")


def points(text):
    return [
        [tuple(map(float, point.split(","))) for point in line.split()]
        for line in re.findall(r'points="([^"]*)"', text)
    ]


def test_it_reloads_itself_until_the_training_is_over(tmp_path):
    assert '<meta http-equiv="refresh" content="5">' in page(tmp_path, [row(1)])
    over = page(tmp_path, [row(1)], is_over=True)
    assert "refresh" not in over and 'href="evaluation.html"' in over


def test_it_holds_no_script_and_asks_for_nothing(tmp_path):
    text = page(tmp_path, [row(1), row(2)])
    assert "<script" not in text and "http://" not in text and "https://" not in text
    assert "default-src 'none'" in text and "style=" not in text


def test_texts_are_escaped(tmp_path):
    text = page(tmp_path, [row(1)])
    assert "<b>" not in text and "&lt;b&gt;" in text and "run &amp; co" in text


def test_figures_and_readings_are_those_of_now(tmp_path):
    text = page(tmp_path, [row(1), row(4)])
    assert "20.0\u202f%" in text and "12.5\u202f%" in text and "2.0 minutes" in text
    assert text.count('class="card right"') == 1 and text.count('class="card wrong"') == 2


def test_lines_fall_as_the_figures_do(tmp_path):
    lines = points(page(tmp_path, [row(epoch) for epoch in range(1, 11)]))
    assert len(lines) == 4
    for line in lines:
        across, down = zip(*line, strict=True)
        assert (across[0], across[-1], len(line)) == (48, 348, 10)
        assert list(down) == sorted(down) and 10 <= min(down) <= max(down) <= 160


@pytest.mark.parametrize("count", [1, 299, 1000, 12345])
def test_many_epochs_are_few_points_and_the_last_one_is_among_them(tmp_path, count):
    lines = points(page(tmp_path, [row(epoch) for epoch in range(1, count + 1)]))
    assert all(0 < len(line) <= 301 for line in lines)
    assert count == 1 or all(line[-1][0] == 348 for line in lines)


def test_what_is_no_number_is_left_out(tmp_path):
    text = page(tmp_path, [row(1), row(2, loss=math.nan, val_WER=math.nan), row(3)])
    assert "nan" not in text
    assert sorted(map(len, points(text))) == [2, 2, 3, 3]
    assert "–" in page(tmp_path, [row(1, val_CER=math.nan)])
