"""What people and tasks of a Label Studio project say, and which answer counts where several do.

https://labelstud.io/guide/task_format and https://labelstud.io/guide/export describe the files.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ctckit.data.samples import LeftOut
from ctckit.log import counted
from ctckit.sources.files.tree import first
from ctckit.sources.lists.rows import Row

SKIPPED, EMPTY = "skipped", "no annotation"


class Answer(NamedTuple):
    """What one person says of a task.

    Attributes:
        task: what tells it from others.
        image: as the task names it.
        text: None where `reason` says why there is none.
        reason: why the task cannot be used, if no other answer can.
        when: of the last change; later ones are greater.
        is_truth: whether it was marked as ground truth.
        line: where it stands in the file.
    """

    task: str
    image: str
    text: str | None
    reason: str = ""
    when: str = ""
    is_truth: bool = False
    line: int = 0


class Settled(NamedTuple):
    """One row for each task, the tasks that cannot be used, and lines for people."""

    rows: list[Row]
    left_out: list[LeftOut]
    notes: list[str]


def settle(answers: Iterable[Answer]) -> Settled:
    """Let one answer of each task count.

    One that is marked as ground truth counts before all others. Else the text that most people gave
    counts, and of texts that as many gave the one that was given or changed last.
    """
    by_task: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        by_task[answer.task].append(answer)
    rows: list[Row] = []
    left_out: list[LeftOut] = []
    several: list[list[Answer]] = []
    for found in by_task.values():
        usable = [answer for answer in found if answer.text is not None]
        if not usable:
            left_out.append(LeftOut(found[0].image, "", found[0].reason))
            continue
        chosen = usable[0] if len(usable) == 1 else _choose(usable)
        rows.append(Row(chosen.image, chosen.text or "", chosen.line))
        if len(usable) > 1:
            several.append(usable)
    return Settled(rows, left_out, [*_notes_left_out(left_out), *_notes_of_several(several)])


def _choose(answers: Sequence[Answer]) -> Answer:
    truths = [answer for answer in answers if answer.is_truth] or answers
    votes = Counter(answer.text for answer in truths)
    return max(truths, key=lambda answer: (votes[answer.text], answer.when))


def _notes_left_out(left_out: Sequence[LeftOut]) -> Iterator[str]:
    for reason, number in Counter(record.reason for record in left_out).items():
        yield f"left out, {reason}: {counted(number, 'task')}"


def _notes_of_several(several: Sequence[Sequence[Answer]]) -> Iterator[str]:
    if not several:
        return
    texts = {found[0].image: dict.fromkeys(answer.text for answer in found) for found in several}
    differ = [
        f"{image} is {' and '.join(map(repr, each))}"
        for image, each in texts.items()
        if len(each) > 1
    ]
    yield (
        f"{counted(len(several), 'task')} with several annotations, which differ in {len(differ)}: "
        "the ground truth counts, else what most say, else the latest"
        + (f" ({first(differ)})" if differ else "")
    )
