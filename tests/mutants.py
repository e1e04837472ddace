"""Break the code in one place at a time: the tests that carry the promise must fail.

    make mutants                               all of them, about 15 minutes
    python -m tests.mutants lock events        those whose names hold one of these words

Each change is made in a copy of the tree, in which all of its tests are run before, too: one that
fails anyway tells nothing. Where a mutant survives, its test is too weak. Where a text is not found
any more the code has changed: say there what breaks it now.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PARTS = ("ctckit", "tests", "benchmarks", "docs", "examples")  # of the tree, besides its files
PATIENCE_S = 600  # for the tests of a mutant; one that hangs is noticed, too


class Mutant(NamedTuple):
    """A change that must not go unnoticed.

    Attributes:
        name: what is broken.
        file: where, from the root of the tree.
        text: what stands there, exactly once.
        replacement: what stands there instead.
        tests: each of which must fail then: `file::function`, or `file::function[id]`.
    """

    name: str
    file: str
    text: str
    replacement: str
    tests: tuple[str, ...]


FILES = "tests/test_files.py"
A_FILE = f"{FILES}::test_a_file_is_on_the_disk_before_it_takes_its_name_and_then_the_name"
A_FOLDER = f"{FILES}::test_the_files_of_a_new_folder_are_on_the_disk_before_it_takes_its_name"
RESUME = "tests/training/test_resume.py"
GOES_ON = f"{RESUME}::test_a_training_goes_on_as_if_it_had_not_been_broken_off"
EARLY = f"{GOES_ON}[within the first epoch]"
MEMORIES = f"{RESUME}::test_callbacks_have_their_memories_back"
ADDRESS = "tests/properties/test_addresses.py::test_each_address_leads_to_the_image_of_its_label"

MUTANTS = (
    # What lies elsewhere
    Mutant("the halves of two objects are joined", "ctckit/remote/s3.py",
           '"IfMatch": tag} if place', '} if place',
           ("tests/remote/test_fetching.py::"
            "test_another_object_is_not_joined_to_the_half_of_the_first",)),
    Mutant("a key leads out of the folder", "ctckit/remote/folders.py",
           'return own and "\\0" not in name and not set(parts) & {"", ".", ".."}', "return own",
           ("tests/remote/test_fetching.py::test_no_name_leads_out_of_the_folder[up]",)),
    Mutant("another run is written over", "ctckit/remote/publish.py",
           "if is_new and any(", "if False and any(",
           ("tests/remote/test_publish.py::test_another_run_of_that_name_stays",)),
    Mutant("sizes of what was published are not compared", "ctckit/remote/publish.py",
           "            self._require_all(there)\n", "",
           ("tests/remote/test_publish.py::test_a_file_that_is_there_by_half_is_told",)),
    Mutant("a configuration of others publishes", "ctckit/cli/training.py",
           'replaced = {"model_path", "publish"}', 'replaced = {"model_path"}',
           ("tests/cli/test_training.py::"
            "test_where_another_run_was_published_nothing_is_published_unasked",)),
    # Who may ask a server, and for how much
    Mutant("a server may be called by any name", "ctckit/serve/guard.py",
           "return name in self.allowed_hosts or _is_address(name)", "return True",
           ("tests/serve/test_guard.py::"
            "test_a_name_that_was_not_told_is_refused_before_the_token",)),
    Mutant("a page of another site may ask", "ctckit/serve/guard.py",
           "if foreign or (", "if (",
           ("tests/serve/test_read.py::test_no_page_of_another_site_may_ask",)),
    Mutant("any token will do", "ctckit/serve/bearer.py",
           "return same and scheme", "return scheme",
           ("tests/serve/test_guard.py::"
            "test_a_token_is_asked_for_what_reads_or_tells",)),
    Mutant("any number may wait", "ctckit/serve/batching.py",
           "if len(self._queue) + len(asked) > self._max_queue:", "if False:",
           ("tests/serve/test_batching.py::"
            "test_while_a_thread_is_busy_others_gather_up_to_the_limit",)),
    # What is there after a power failure
    Mutant("a file is not waited for", "ctckit/files.py",
           "        sync_file(temporary)\n", "", (A_FILE,)),
    Mutant("a file is waited for too late", "ctckit/files.py",
           "sync_file(temporary)\n        put_in_place(temporary, path)\n",
           "put_in_place(temporary, path)\n        sync_file(path)\n", (A_FILE,)),
    Mutant("the name of a file is not waited for", "ctckit/files.py",
           "    file.replace(path)\n    _sync_folder(path.parent)\n", "    file.replace(path)\n",
           (A_FILE,)),
    Mutant("the files of a folder are not waited for", "ctckit/files.py",
           "            os.sync()\n", "            pass\n", (A_FOLDER,)),
    # A run that goes on
    Mutant("the sums of the metrics are no part of the state", "ctckit/training/state.py",
           ", *model.metrics_variables]", "]", (EARLY,)),
    Mutant("the optimizer is no part of the state", "ctckit/training/state.py",
           " *model.optimizer.variables,", "", (EARLY,)),
    Mutant("the state is taken for that of the step before", "ctckit/training/callbacks/state.py",
           "self._save(self.path, batch + 1)", "self._save(self.path, max(batch, 1))", (EARLY,)),
    Mutant("the mean of the weights is forgotten", "ctckit/training/callbacks/averaging.py",
           'mean.assign(memory[f"mean_{place}"])', "pass", (MEMORIES,)),
    Mutant("the weights that it began with are forgotten",
           "ctckit/training/callbacks/averaging.py",
           'memory.get(f"start_{place}") for', "self._starts[place] for", (MEMORIES,)),
    Mutant("what was measured is forgotten", "ctckit/training/callbacks/schedule.py",
           '[Measured(**one) for one in memory["measured"]]', "[]", (MEMORIES,)),
    Mutant("the file of the best epoch is forgotten", "ctckit/training/callbacks/export.py",
           'temporary.write_bytes(memory["file"].tobytes())',
           "temporary.write_bytes(self.path.read_bytes())", (MEMORIES,)),
    Mutant("how long nothing got better is forgotten",
           "ctckit/training/callbacks/early_stopping.py",
           'self.wait = memory["wait"]', "self.wait = 0", (MEMORIES,)),
    Mutant("the loop goes on one step later", "ctckit/training/loop.py",
           "devices.batches(provider, epoch, first_step)",
           "devices.batches(provider, epoch, first_step + 1)",
           ("tests/training/test_order.py::test_the_loop_starts_at_any_epoch_and_step",)),
    Mutant("events of after the state are kept", "ctckit/training/events.py",
           " if event.wall_time <= since]", "]",
           ("tests/training/test_events.py::test_what_came_after_the_state_is_forgotten",)),
    Mutant("the lock is not taken", "ctckit/run_folder.py",
           'with held(run.state / "lock", what=f"the run {run.path}"):',
           'with __import__("contextlib").nullcontext():',
           ("tests/test_run_folder.py::"
            "test_a_second_process_is_refused_and_told_which_one_is_at_work",)),
    # Which batch comes when
    Mutant("all epochs have one order", "ctckit/feed/order.py",
           "default_rng([seed, epoch])", "default_rng([seed, 0])",
           ("tests/feed/test_order.py::test_every_epoch_has_an_order_of_its_own",)),
    Mutant("two batches are swapped", "ctckit/feed/stream.py",
           "            if len(waiting) > ahead:\n                yield waiting.popleft().result()",
           "            if len(waiting) > ahead:\n                yield waiting.pop().result()",
           ("tests/feed/test_stream.py::test_batches_come_in_the_order_of_their_plans",
            "tests/properties/test_batches.py::"
            "test_any_threads_order_copy_and_beginning")),
    Mutant("all images of an epoch are varied alike", "ctckit/feed/batches.py",
           '["counter"][3] = position', '["counter"][3] = 0',
           ("tests/training/test_provider.py::"
            "test_random_numbers_depend_on_seed_epoch_and_position_alone",)),
    Mutant("the split depends on the order of the input", "ctckit/data/split.py",
           "sorted(range(len(keys)), key=keys.__getitem__)", "list(range(len(keys)))",
           ("tests/data/test_split.py::"
            "test_same_seed_same_parts_whatever_the_order_of_the_input",)),
    Mutant("a split by groups depends on it", "ctckit/data/split.py",
           "shuffled[~np.isin(shuffled, second)]", "np.setdiff1d(shuffled, second)",
           ("tests/properties/test_split.py::test_two_parts",)),
    Mutant("validation images are varied", "ctckit/training/provider.py",
           "self.with_(dataset=second, shuffle=False, **unvaried)",
           "self.with_(dataset=second, shuffle=False)",
           ("tests/training/test_provider.py::test_augmentors_never_reach_the_validation_part",)),
    Mutant("the recipe varies validation images", "train.py",
           "val_provider = provider.with_(", "val_provider = train_provider.with_(",
           ("tests/test_train.py::"
            "test_training_images_are_varied_and_validation_images_are_not",)),
    Mutant("images that were held back are varied", "ctckit/training/ensemble.py",
           "provider.with_(shuffle=False, augmentors=())", "provider.with_(shuffle=False)",
           ("tests/training/test_ensemble.py::"
            "test_images_are_read_in_their_order_and_unvaried",)),
    # What is read, and what is said of it
    Mutant("a file with a mark in its name is taken for an archive", "ctckit/image/address.py",
           "if not places or os.path.isfile(text):", "if not places:", (ADDRESS,)),
    Mutant("the first mark of an address counts", "ctckit/image/address.py",
           "next((place for place in places if os.path.isfile(place[0])), places[0])", "places[0]",
           (ADDRESS,)),
    Mutant("a checkpoint keeps the first weights", "ctckit/training/callbacks/export.py",
           "        self._plain.set_weights(network.get_weights())\n", "",
           ("tests/training/test_callbacks.py::"
            "test_a_checkpoint_has_the_weights_of_its_epoch_and_one_network_for_all",)),
    Mutant("a weight of the exported file is another one", "ctckit/export/onnx.py",
           "    make_lean(model)\n",
           "    make_lean(model)\n"
           "    largest = max(model.graph.initializer, key=lambda one: len(one.raw_data))\n"
           "    array = onnx.numpy_helper.to_array(largest).copy()\n"
           "    array.flat[0] += 0.1\n"
           "    largest.CopyFrom(onnx.numpy_helper.from_array(array, largest.name))\n",
           ("tests/export/test_onnx.py::test_every_network_keeps_its_probabilities",)),
    Mutant("an edit is counted that was none", "ctckit/text/error_rates.py",
           "edits=sum(edits),", "edits=sum(edits) + 1,",
           ("tests/text/test_error_rates_by_jiwer.py::"
            "test_the_character_error_rate_is_that_of_jiwer",)),
    Mutant("a text is taken for misread that was not", "ctckit/text/error_rates.py",
           "wrong_texts=sum(map(bool, edits)),", "wrong_texts=len(edits),",
           ("tests/text/test_error_rates_by_jiwer.py::"
            "test_our_word_error_is_the_sentence_error_of_jiwer",)),
    Mutant("what does not fit into the cache is kept all the same", "ctckit/feed/cache.py",
           "            if size <= self._left:\n", "            if True:\n",
           ("tests/feed/test_cache.py::test_what_does_not_fit_is_read_again",)),
    Mutant("an image that ends a model's process takes others with it", "ctckit/serve/process.py",
           "            return [self._read_alone(one) for one in asked]\n",
           "            return [self._read_alone(one) for one in asked[:1]] * len(asked)\n",
           ("tests/serve/test_model_process.py::"
            "test_an_image_that_ends_it_takes_no_other_with_it",)),
    Mutant("each image that was read stays in memory", "ctckit/image/decode.py",
           "        return np.ascontiguousarray(pixels), label\n",
           "        self.__dict__.setdefault('kept', []).append(pixels)\n"
           "        return np.ascontiguousarray(pixels), label\n",
           ("tests/benchmarks/test_under_load.py::test_many_epochs_leave_nothing",
            "tests/benchmarks/test_under_load.py::"
            "test_an_image_read_again_and_again_leaves_nothing")),
)  # fmt: skip


def main(words: Sequence[str]) -> int:
    """Try the mutants whose names hold one of the words; return 1 if a test is too weak."""
    chosen = [each for each in MUTANTS if not words or any(word in each.name for word in words)]
    with TemporaryDirectory() as folder:
        tree = copy_tree(ROOT, Path(folder, "tree"))
        print("first all tests as the code is …", flush=True)
        if bad := failing(tree, dict.fromkeys(test for each in chosen for test in each.tests)):
            print("these fail anyway:", *bad, sep="\n    ")
            return 1
    survivors = [mutant.name for mutant in chosen if not is_killed(mutant)]
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} mutants were killed")
    return int(bool(survivors))


def is_killed(mutant: Mutant) -> bool:
    """Say whether each test of a mutant fails, and print it."""
    with TemporaryDirectory() as folder:
        tree = copy_tree(ROOT, Path(folder, "tree"))
        apply(mutant, tree)
        alive = set(mutant.tests) - set(failing(tree, mutant.tests))
    print("survived" if alive else "killed  ", mutant.name, *sorted(alive), sep="  ", flush=True)
    return not alive


def copy_tree(root: Path, tree: Path) -> Path:
    """Copy what the tests need; return the copy."""
    for part in PARTS:
        if (root / part).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "results")
            shutil.copytree(root / part, tree / part, ignore=ignored)
    for file in root.iterdir():
        if file.is_file():
            shutil.copy(file, tree)
    return tree


def apply(mutant: Mutant, tree: Path) -> None:
    """Make the change in a tree.

    Raises:
        ValueError: the text is not there exactly once.
    """
    file = tree / mutant.file
    content = file.read_text(encoding="utf-8")
    if (count := content.count(mutant.text)) != 1:
        raise ValueError(
            f"{mutant.name}: expected once in {mutant.file}, received {count} times: {mutant.text}"
        )
    file.write_text(content.replace(mutant.text, mutant.replacement), encoding="utf-8")


def failing(tree: Path, tests: Iterable[str]) -> list[str]:
    """Return those of the tests that fail, or hang, in a tree, each run by itself.

    Raises:
        RuntimeError: one could not be run; what pytest says of it.
    """
    return [test for test in tests if not _passes(tree, test)]


def _passes(tree: Path, test: str) -> bool:
    command = [sys.executable, "-B", "-m", "pytest", "-n0", "-x", "-p", "no:cacheprovider", test]
    try:
        done = subprocess.run(
            command, cwd=tree, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    if done.returncode not in (0, 1):  # 1: a test failed; others: there was none to run
        raise RuntimeError(f"{test} cannot be run:\n{done.stdout}{done.stderr}")
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
