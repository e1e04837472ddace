import pytest

from ctckit.training.length import Measured, passes_per_epoch, steps_per_epoch, why_cool_down


@pytest.mark.parametrize(
    ("images", "passes", "steps"),
    [(1, 400, 25), (12, 34, 26), (100, 4, 25), (400, 1, 25), (401, 1, 26), (10_000, 1, 625)],
)
def test_an_epoch_has_enough_steps(images, passes, steps):
    assert (passes_per_epoch(images, 16), steps_per_epoch(images, 16)) == (passes, steps)


def run(rates, losses=None, every=100):
    losses = losses or [10 * rate for rate in rates]
    return [
        Measured((index + 1) * every, loss, rate, rate)
        for index, (rate, loss) in enumerate(zip(rates, losses, strict=True))
    ]


FALLING = [0.9**index for index in range(40)]


@pytest.mark.parametrize(
    ("measured", "why"),
    [
        pytest.param(run([0.01] * 5), None, id="too early, however good"),
        pytest.param(run([0.03] * 6), "3.0% of the texts are misread, 3% or less", id="good"),
        pytest.param(run(FALLING[:6]), None, id="many are misread, and it gets better"),
        pytest.param(run([*FALLING[:6], 0.6, 0.6]), None, id="better since 70 % of the steps"),
        pytest.param(
            run([*FALLING[:6], 0.6, 0.6, 0.6, 0.6]),
            "nothing has got better in the last 300 steps",
            id="no better",
        ),
        pytest.param(
            run([0.5] * 10, [1 / step for step in range(1, 11)]), None, id="the loss gets better"
        ),
        pytest.param(
            run([0.9**step for step in range(10)], [1.0] * 10), None, id="the texts get better"
        ),
        pytest.param(
            run([0.5 - step / 1e4 for step in range(10)]),
            "nothing has got better in the last 300 steps",
            id="hardly better",
        ),
        pytest.param(run(FALLING[:18]), "this is the longest run", id="the longest"),
        pytest.param(run(FALLING[:17]), None, id="not yet the longest"),
    ],
)
def test_why_the_rate_falls(measured, why):
    assert why_cool_down(measured, usual=1000, most=3000) == why
