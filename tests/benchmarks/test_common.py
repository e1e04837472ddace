from benchmarks import common


def test_least_seconds_takes_turns_and_keeps_the_least_of_each(monkeypatch):
    now, order = 0.0, []

    def one_pass(name, durations):
        def run():
            nonlocal now
            order.append(name)
            now += durations.pop(0)

        return run

    monkeypatch.setattr(common.time, "perf_counter", lambda: now)
    passes = {"a": one_pass("a", [3.0, 1.0, 2.0]), "b": one_pass("b", [5.0, 6.0, 4.0])}
    assert common.least_seconds(passes, turns=3) == {"a": 1.0, "b": 4.0}
    assert order == ["a", "b"] * 3
