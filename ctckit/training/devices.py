"""Where a training computes: on one device, on several of this machine, or on several machines.

Several devices share each batch by TensorFlow's own strategies, and the batch is the same for any
number of them: each computes the loss of its share, weighted by how much of the batch that is, and
one sum of all gradients makes one step of all copies of the network.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ctckit.errors import InputError
from ctckit.log import LOGGER, counted
from ctckit.networks.keras_privates import count_loss
from ctckit.training.configs import ALL
from ctckit.training.ctc_model import gradients_of
from ctckit.training.flat_start import FlatStart
from ctckit.training.provider import DataProvider
from ctckit.training.state import num_cores
from ctckit.training.workers import Workers, workers

Batch = tuple[np.ndarray, ...]
Form = Sequence[tf.TensorSpec]
CompiledStep = Callable[[Batch, DataProvider], dict]
NEWS = "news"  # among what a step returns: what the processes told each other with it
WISHES = ("stop", "leave")  # what one of several processes may want all of them to do


class Devices:
    """One device, which TensorFlow chooses: the first GPU, or the processor."""

    number = 1

    def __init__(self) -> None:
        self._own_wishes = dict.fromkeys(WISHES, False)

    def scope(self) -> AbstractContextManager:
        """Lend where a network is to be built."""
        return nullcontext()

    def batches(self, provider: DataProvider, epoch: int, first_step: int = 0) -> Iterator[Batch]:
        """Yield what this process computes of each batch of an epoch, from a step on."""
        return provider.batches(epoch, first_step)

    def train_step(self, model: keras.Model) -> CompiledStep:
        """Return a step of training, compiled: what `batches` yields to the logs."""
        return _compiled(model, model.train_step)

    def test_step(self, model: keras.Model) -> CompiledStep:
        """Return a step of measuring, compiled."""
        return _compiled(model, model.test_step)

    def now(self) -> float:
        """Return the time in seconds, the same for all that train together, who ask at once."""
        return time.perf_counter()

    def recent_time(self) -> float:
        """Return the same clock's time as it is known here without asking the others."""
        return self.now()

    def wish(self, what: str, wished: bool = True) -> None:
        """Want all that train together to do one of `WISHES`; they know it behind a step."""
        self._own_wishes[what] = wished

    def wished(self, what: str) -> bool:
        """Tell whether one of all that train together wants it, the same to all of them."""
        return self._own_wishes[what]

    def watched(self) -> AbstractContextManager:
        """Lend a block in which all that train together take part.

        Raises:
            InputError: one of them has ended; names it.
        """
        return nullcontext()

    def require_same(self, **values: Any) -> None:
        """Refuse to train together on different things.

        Raises:
            InputError: names the value that differs, and the worker.
        """


class ManyDevices(Devices):
    """Several devices of this machine, each with a copy of the network.

    Sources: synchronous data-parallel training, Goyal et al. 2017, https://arxiv.org/abs/1706.02677,
    section 2.3; `tf.distribute.MirroredStrategy`.

    Args:
        strategy: knows the devices, and sums what they computed.
        first: the number of this process' first device among all.
    """

    def __init__(self, strategy: tf.distribute.Strategy, first: int = 0) -> None:
        super().__init__()
        self._strategy = strategy
        self._own = range(first, first + len(strategy.extended.worker_devices))
        self.number = strategy.num_replicas_in_sync

    def scope(self) -> AbstractContextManager:
        """Lend where a network is built that each device gets a copy of."""
        return self._strategy.scope()

    def batches(self, provider: DataProvider, epoch: int, first_step: int = 0) -> Iterator[Batch]:
        """Yield the shares of this process' devices: images, labels and weight of each in turn."""
        shares = provider.shares(epoch, first_step, own=self._own, number=self.number)
        try:
            while own := tuple(part for _, part in zip(self._own, shares, strict=False)):
                yield tuple(part for share in own for part in share)
        finally:
            shares.close()

    def train_step(self, model: keras.Model) -> CompiledStep:
        """Return a step of training; its logs hold the mean loss of the batch alone."""
        weights = [weight.value for weight in model.trainable_weights]
        flat_start: FlatStart | None = getattr(model, "flat_start", None)
        means = _running_statistics(model) + ([] if flat_start is None else [flat_start.gain])

        def share(x: tf.Tensor, y: tf.Tensor, weight: tf.Tensor) -> list[tf.Tensor]:
            loss, y_pred, gradients = gradients_of(model, x, y, weight * self.number)
            loss *= self.number  # Keras divides each loss by the number of devices
            _count_if_any(model, weight, x, y, y_pred, loss)
            return [loss * weight, *gradients, *(one / self.number for one in means)]

        def step(news: tf.Tensor, *shares: tf.Tensor) -> dict[str, tf.Tensor]:
            form = [(), *(one.shape for one in weights), *(one.shape for one in means)]
            heard, loss, *sums = self._sum(share, form, news, shares)
            gradients, new_means = sums[: len(weights)], sums[len(weights) :]
            # Here, where there is one gradient for all, its norm is clipped as for one device.
            model.optimizer.apply_gradients(zip(gradients, model.trainable_weights, strict=True))
            for one, mean in zip(means, new_means, strict=True):
                one.assign(mean)
            if flat_start is not None:
                flat_start.decide()  # each device did by its own share
            return {"loss": loss, NEWS: heard}

        return self._traced(step)

    def test_step(self, model: keras.Model) -> CompiledStep:
        """Return a step of measuring; what is measured is that of the whole batch."""

        def share(x: tf.Tensor, y: tf.Tensor, weight: tf.Tensor) -> list[tf.Tensor]:
            y_pred = model(x, training=False)
            loss = model.compute_loss(x, y, y_pred, training=False) * self.number
            _count_if_any(model, weight, x, y, y_pred, loss)
            return [loss * weight]

        def step(news: tf.Tensor, *shares: tf.Tensor) -> dict[str, tf.Tensor]:
            heard, loss = self._sum(share, [()], news, shares)
            return {"loss": loss, NEWS: heard}

        return self._traced(step)

    def _news(self) -> np.ndarray:
        """Return what this process tells the others with a step; all tell as many numbers."""
        return np.zeros(0, np.float32)

    def _hear(self, news: np.ndarray) -> None:
        """Take the sum of what all processes told."""

    def _sum(
        self,
        share: Callable[..., list[tf.Tensor]],
        form: Sequence[Sequence[int]],
        news: tf.Tensor,
        shares: Sequence[tf.Tensor],
    ) -> list[tf.Tensor]:
        """Return the sums of the news and of what all devices compute of their shares.

        Args:
            share: of a batch, to what a device computes of it.
            form: shape of each thing it computes.
            news: of this process.
            shares: of this process' devices, one behind the other.
        """

        def own() -> tf.Tensor:
            place = self._place()
            told = news if place == 0 else tf.zeros_like(news)
            return _packed([told, *share(*shares[3 * place :][:3])])

        total = self._strategy.reduce("SUM", self._strategy.run(own), axis=None)
        return _unpacked(total, [news.shape, *form])

    def _place(self) -> int:
        """Return which of this process' devices runs what is being traced."""
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        return int(tf.get_static_value(replica)) - self._own.start

    def _traced(self, step: Callable) -> CompiledStep:
        def form_of(batch: Batch, provider: DataProvider) -> Form:
            share = [*provider.form_of(batch[1:3]), tf.TensorSpec((), tf.float32)]
            return [tf.TensorSpec(batch[0].shape, tf.float32), *share * len(self._own)]

        traced = _traced(step, form_of)

        def run(batch: Batch, provider: DataProvider) -> dict:
            logs = traced((self._news(), *batch), provider)
            self._hear(logs.pop(NEWS).numpy())
            return logs

        return run


class WorkerDevices(ManyDevices):
    """The devices of several machines, on each of which a process like this one trains.

    All do the same steps and decide the same things, by what all of them computed and by the
    clock of the first. Source: `tf.distribute.MultiWorkerMirroredStrategy`.

    Args:
        cluster: the processes.
    """

    def __init__(self, cluster: Workers) -> None:
        self._cluster = cluster
        cluster.meet()
        _share_cores(cluster)
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
        super().__init__(strategy, first=cluster.index * len(strategy.extended.worker_devices))
        self._total = tf.function(
            self._add, input_signature=[tf.TensorSpec([None], tf.float64)], autograph=False
        )
        self._began = time.perf_counter()  # small numbers, as they travel as float32
        self._heard = np.zeros(1 + len(WISHES))

    def now(self) -> float:
        """Return the time on the clock of the first worker."""
        self._hear(self._sums(self._news()))
        return self.recent_time()

    def recent_time(self) -> float:
        """Return when the last step began, or `now` was asked for, by that clock."""
        return float(self._heard[0])

    def wished(self, what: str) -> bool:
        """Tell whether a worker wanted it when the last step began."""
        return bool(self._heard[1 + WISHES.index(what)])

    def _news(self) -> np.ndarray:
        now = time.perf_counter() - self._began if self._cluster.is_first else 0.0
        return np.array([now, *self._own_wishes.values()], np.float32)

    def _hear(self, news: np.ndarray) -> None:
        self._heard = news

    def require_same(self, **values: Any) -> None:
        """Compare a few plain values with those of the first worker."""
        own = json.dumps(values, sort_keys=True).encode()
        length = int(self._from_first([len(own)])[0])
        padded = np.zeros(length)
        padded[: len(own)] = np.frombuffer(own, np.uint8)[:length]
        of_first = json.loads(bytes(self._from_first(padded).astype(np.uint8)).decode())
        differing = [name for name in values if of_first.get(name) != values[name]]
        places = np.zeros(len(self._cluster.addresses))
        places[self._cluster.index] = bool(differing)
        others = np.flatnonzero(self._sums(places)).tolist()
        if differing:
            name = differing[0]
            raise InputError(
                f"expected the same {name} on all workers, received {values[name]} on "
                f"{self._cluster.named([self._cluster.index])} and {of_first.get(name)} on "
                f"{self._cluster.named([0])}; give all the same images and settings"
            )
        if others:
            raise InputError(
                f"expected the same images and settings on all workers, received others on "
                f"{self._cluster.named(others)}, whose error says which; give all the same"
            )

    def _from_first(self, values: Sequence[float] | np.ndarray) -> np.ndarray:
        """Return the values of the first worker; all give as many."""
        values = np.asarray(values, np.float64)
        return self._sums(values if self._cluster.is_first else np.zeros_like(values))

    def _sums(self, values: Sequence[float] | np.ndarray) -> np.ndarray:
        """Return the sum of what all workers give; all give as many values."""
        with self.watched():
            return self._total(np.asarray(values, np.float64)).numpy()

    def _add(self, values: tf.Tensor) -> tf.Tensor:
        def own() -> tf.Tensor:
            return values if self._place() == 0 else tf.zeros_like(values)

        return self._strategy.reduce("SUM", self._strategy.run(own), axis=None)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Lend a block in which all workers take part.

        Raises:
            InputError: one of them has ended; names it.
        """
        try:
            yield
        except tf.errors.OpError as error:
            gone = self._cluster.missing()
            if not gone:
                raise
            raise InputError(
                f"expected {counted(len(self._cluster.addresses), 'worker')} at work, received no "
                f"answer of {self._cluster.named(gone)} ({type(error).__name__}); look why it "
                "ended, then go on with --resume on all workers"
            ) from error


@cache
def open_devices(chosen: str | None) -> Devices:
    """Return where this process trains; called before anything is computed.

    Args:
        chosen: "all" GPUs of this machine, their numbers as "0,1", or "cpu"; None: the first GPU,
            or all where several machines train together, as TF_CONFIG says.

    Raises:
        InputError: there is no such device, or a worker does not come.
    """
    _show_only(chosen)
    cluster = workers()
    gpus = tf.config.list_logical_devices("GPU") if len(cluster.addresses) == 1 else []
    if len(cluster.addresses) > 1:
        devices: Devices = WorkerDevices(cluster)
        LOGGER.info("devices     %s of %s", counted(devices.number, "device"),
                    counted(len(cluster.addresses), "worker"))  # fmt: skip
    elif chosen and len(gpus) > 1:
        devices = ManyDevices(tf.distribute.MirroredStrategy([gpu.name for gpu in gpus]))
        LOGGER.info("devices     %s", counted(devices.number, "GPU"))
    else:
        devices = Devices()
    return devices


def _show_only(chosen: str | None) -> None:
    """Let TensorFlow see the chosen GPUs and no others."""
    if chosen in (None, ALL):
        return
    gpus = tf.config.list_physical_devices("GPU")
    numbers = [] if chosen == "cpu" else [int(number) for number in chosen.split(",")]
    if numbers and max(numbers) >= len(gpus):
        raise InputError(
            f"expected one of {counted(len(gpus), 'GPU')} that TensorFlow finds here, received "
            f"number {max(numbers)}; they are counted from 0, and nvidia-smi lists them",
            argument="devices",
        )
    tf.config.set_visible_devices([gpus[number] for number in numbers], "GPU")


def _share_cores(cluster: Workers) -> None:
    """Give each worker its share of the threads where several run on one machine."""
    if "TF_NUM_INTRAOP_THREADS" not in os.environ:
        threads = max(1, num_cores() // cluster.num_on_this_machine)
        tf.config.threading.set_intra_op_parallelism_threads(threads)


def _running_statistics(model: keras.Model) -> list[tf.Variable]:
    """Return the weights that each device changes by its own share, not by gradients."""
    return [weight.value for weight in model.non_trainable_weights if "float" in weight.dtype]


def _count_if_any(
    model: keras.Model,
    weight: tf.Tensor,
    x: tf.Tensor,
    y: tf.Tensor,
    y_pred: Any,
    loss: tf.Tensor,
) -> None:
    """Add a share to what is measured, unless another one stands in for none."""

    def count() -> tf.Tensor:
        count_loss(model, loss, x)
        model.compute_metrics(x, y, y_pred)
        return weight

    tf.cond(weight > 0, count, lambda: weight)


def _packed(parts: Sequence[tf.Tensor]) -> tf.Tensor:
    """Return all numbers in one vector: one sum over a network is cheaper than hundreds."""
    return tf.concat([tf.reshape(tf.cast(part, tf.float32), [-1]) for part in parts], axis=0)


def _unpacked(vector: tf.Tensor, shapes: Sequence[Sequence[int]]) -> list[tf.Tensor]:
    sizes = [int(np.prod(shape)) for shape in shapes]
    return [
        tf.reshape(part, shape) for part, shape in zip(tf.split(vector, sizes), shapes, strict=True)
    ]


def _compiled(model: keras.Model, step: Callable) -> CompiledStep:
    """Return `step` as a graph that is traced once, for batches of any size."""
    if model.run_eagerly:
        return lambda batch, provider: step(batch)
    return _traced(lambda *parts: step(parts), lambda batch, provider: provider.form_of(batch))


def _traced(step: Callable, form_of: Callable[[Batch, DataProvider], Form]) -> CompiledStep:
    graph: Callable | None = None

    def run(batch: Batch, provider: DataProvider) -> dict:
        nonlocal graph
        if graph is None:
            form = form_of(batch, provider)
            graph = tf.function(step, input_signature=form, autograph=False)
        return graph(*batch)

    return run
