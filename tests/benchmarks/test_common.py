from benchmarks import common


def test_least_seconds_takes_turns_and_keeps_the_least_of_each(monkeypatch):
    now, worked, order = 0.0, 0.0, []

    def one_pass(name, durations):
        def run():
            nonlocal now, worked
            order.append(name)
            now += durations.pop(0)
            worked += 0.5

        return run

    monkeypatch.setattr(common.time, "perf_counter", lambda: now)
    monkeypatch.setattr(common.time, "process_time", lambda: worked)
    passes = {"a": one_pass("a", [3.0, 1.0, 2.0]), "b": one_pass("b", [5.0, 6.0, 4.0])}
    assert common.least_seconds(passes, turns=3) == {"a": (1.0, 0.5), "b": (4.0, 0.5)}
    assert order == ["a", "b"] * 3
