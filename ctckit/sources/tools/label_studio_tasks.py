"""The export of Label Studio called JSON: tasks with their data and all annotations.

https://labelstud.io/guide/task_format: a task has `data`, with the image under a key of the
project's choice, and `annotations`, each with `was_cancelled`, `ground_truth`, `updated_at` and the
`result`: a list of what was filled in, by the name of the tag (`from_name`).
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ctckit.errors import InputError
from ctckit.sources.lists.columns import choose_columns, usual_image, usual_label
from ctckit.sources.lists.json_text import kind_of
from ctckit.sources.options import SourceOptions
from ctckit.sources.tools.label_studio_answers import EMPTY, SKIPPED, Answer
from ctckit.sources.tools.label_studio_images import looks_like_image

NUM_LOOKED_AT = 100  # tasks, to see which keys hold images
VALUES = {"textarea": "text", "choices": "choices"}  # types of results, and the key of their texts


class _Task(NamedTuple):
    data: dict[str, Any]
    annotations: list[dict[str, Any]]


def answers_of_tasks(
    content: Sequence[Any], options: SourceOptions, place: str
) -> Iterator[Answer]:
    """Yield the answer of each annotation; one of a task that has none.

    Raises:
        InputError: it is no such export; which keys hold image and text is not certain; or the
            texts are those of boxes within images.
    """
    tasks = [_task(value, number, place) for number, value in enumerate(content, start=1)]
    image_key, tag = _keys(tasks, options, place)
    for number, (data, annotations) in enumerate(tasks, start=1):
        image = data.get(image_key)
        if not isinstance(image, str):
            raise InputError(
                f"expected a file name as {image_key} in task {number} of {place}, received "
                f"{kind_of(image)}"
            )
        name = str(number)  # not its id: two exports in one file may have the same
        if not annotations:
            yield Answer(name, image, None, EMPTY, line=number)
        for annotation in annotations:
            text, reason = _text(annotation, tag)
            when = str(annotation.get("updated_at") or annotation.get("created_at") or "")
            is_truth = bool(annotation.get("ground_truth"))
            yield Answer(name, image, text, reason, when, is_truth, number)


def _task(value: Any, number: int, place: str) -> _Task:
    """Return data and annotations of a task, if it has the form of one."""
    if not isinstance(value, dict) or not isinstance(value.get("data"), dict):
        raise InputError(
            f"expected tasks of Label Studio with their data in {place}, received another entry as "
            f"number {number}; export the project as JSON once more"
        )
    found = value.get("annotations") or value.get("completions") or []  # the second until 2021
    annotations = found if isinstance(found, list) else [found]
    for each in annotations:
        results = each.get("result") if isinstance(each, dict) else None
        if not isinstance(results, list) or not all(map(_is_result, results)):
            raise InputError(
                f"expected annotations with a result in {place}, received another form in task "
                f"{number}; export the project as JSON once more"
            )
    return _Task(value["data"], annotations)


def _is_result(value: Any) -> bool:
    """Say whether a value has the form of a result, of whatever type."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("type"), str | None)
        and isinstance(value.get("value"), dict | None)
    )


def _keys(tasks: Sequence[_Task], options: SourceOptions, place: str) -> tuple[str, str]:
    """Return the key of the image in the data, and the name of the tag that holds the text."""
    keys = list(dict.fromkeys(key for task in tasks for key in task.data))
    tags = _tags(tasks, place)
    start = [task.data for task in tasks[:NUM_LOOKED_AT]]
    images = [key for key in keys if any(looks_like_image(data.get(key)) for data in start)]
    if options.columns is None:
        image = 0 if len(images) == 1 else usual_image(images)
        label = 0 if len(tags) == 1 else usual_label(tags)
        if image is not None and label is not None:
            return images[image], tags[label]
        names = [*images, *tags]
    else:
        names = [*keys, *(tag for tag in tags if tag not in keys)]
    image, label = choose_columns(names, options, place)
    if names[label] not in tags:
        raise InputError(
            f"expected a tag that holds texts in {place}: {', '.join(tags) or 'it has none'}; "
            f"received '{names[label]}'",
            argument="columns",
        )
    return names[image], names[label]


def _tags(tasks: Sequence[_Task], place: str) -> list[str]:
    """Return the names of the tags with texts; where there are text areas, of these alone."""
    types: dict[str, str] = {}
    boxes = 0
    for result in (one for task in tasks for each in task.annotations for one in each["result"]):
        kind, value = result.get("type"), result.get("value")
        if kind in VALUES and isinstance(value, dict):
            if "x" in value or "points" in value:
                boxes += 1
            else:
                types[str(result.get("from_name"))] = kind
    if boxes and not types:
        raise InputError(
            f"expected one text for each image in {place}, received {boxes} texts of boxes within "
            "images; cut these out, and label the pieces"
        )
    areas = [name for name, kind in types.items() if kind == "textarea"]
    return areas or list(types)


def _text(annotation: dict[str, Any], tag: str) -> tuple[str | None, str]:
    """Return the text of an annotation, or why it has none."""
    if annotation.get("was_cancelled") or annotation.get("skipped"):
        return None, SKIPPED
    texts: list[Any] = []
    for result in annotation["result"]:
        if result.get("from_name") == tag and result.get("type") in VALUES:
            found = (result.get("value") or {}).get(VALUES[result["type"]], [])
            texts.extend(found if isinstance(found, list) else [found])
    if not texts:
        return None, EMPTY
    return (str(texts[0]), "") if len(texts) == 1 else (None, "several texts")
