"""Where a training computes: on one device, on several of this machine, or on several machines.

Several devices share each batch by TensorFlow's own strategies, and the batch is the same for any
number of them: each computes the loss of its share, weighted by how much of the batch that is, and
one sum of all gradients makes one step of all copies of the network.
"""

import json
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
from ctckit.training.workers import Workers, workers

Batch = tuple[np.ndarray, ...]
Form = Sequence[tf.TensorSpec]
CompiledStep = Callable[[Batch, DataProvider], dict]


class Devices:
    """One device, which TensorFlow chooses: the first GPU, or the processor."""

    number = 1
    decide_alone = True  # no other process takes part

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
        """Return the time in seconds, the same for all that train together."""
        return time.perf_counter()

    def any(self, wish: bool) -> bool:
        """Tell whether one of all that train together wishes it."""
        return wish

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

        def share(x: tf.Tensor, y: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
            loss, y_pred, gradients = gradients_of(model, x, y, weight * self.number)
            loss *= self.number  # Keras divides each loss by the number of devices
            _count_if_any(model, weight, x, y, y_pred, loss)
            return _packed([loss * weight, *gradients, *(one / self.number for one in means)])

        def step(*shares: tf.Tensor) -> dict[str, tf.Tensor]:
            form = [(), *(one.shape for one in weights), *(one.shape for one in means)]
            loss, *sums = _unpacked(self._sum(share, shares), form)
            gradients, new_means = sums[: len(weights)], sums[len(weights) :]
            # Here, where there is one gradient for all, its norm is clipped as for one device.
            model.optimizer.apply_gradients(zip(gradients, model.trainable_weights, strict=True))
            for one, mean in zip(means, new_means, strict=True):
                one.assign(mean)
            if flat_start is not None:
                flat_start.decide()  # each device did by its own share
            return {"loss": loss}

        return self._traced(step)

    def test_step(self, model: keras.Model) -> CompiledStep:
        """Return a step of measuring; what is measured is that of the whole batch."""

        def share(x: tf.Tensor, y: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
            y_pred = model(x, training=False)
            loss = model.compute_loss(x, y, y_pred, training=False) * self.number
            _count_if_any(model, weight, x, y, y_pred, loss)
            return loss * weight

        def step(*shares: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"loss": self._sum(share, shares)}

        return self._traced(step)

    def _sum(self, share: Callable[..., tf.Tensor], shares: Sequence[tf.Tensor]) -> tf.Tensor:
        """Return the sum of what all devices compute of their shares."""

        def own() -> tf.Tensor:
            return share(*shares[3 * self._place() :][:3])

        return self._strategy.reduce("SUM", self._strategy.run(own), axis=None)

    def _place(self) -> int:
        """Return which of this process' devices runs what is being traced."""
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        return int(tf.get_static_value(replica)) - self._own.start

    def _traced(self, step: Callable) -> CompiledStep:
        def form_of(batch: Batch, provider: DataProvider) -> Form:
            return [*provider.form_of(batch[:2]), tf.TensorSpec((), tf.float32)] * len(self._own)

        return _traced(step, form_of)


class WorkerDevices(ManyDevices):
    """The devices of several machines, on each of which a process like this one trains.

    All do the same steps and decide the same things, by what all of them computed and by the
    clock of the first. Source: `tf.distribute.MultiWorkerMirroredStrategy`.

    Args:
        cluster: the processes.
    """

    decide_alone = False

    def __init__(self, cluster: Workers) -> None:
        self._cluster = cluster
        cluster.meet()
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
        super().__init__(strategy, first=cluster.index * len(strategy.extended.worker_devices))
        self._total = tf.function(
            self._add, input_signature=[tf.TensorSpec([None], tf.float64)], autograph=False
        )

    def now(self) -> float:
        """Return the time on the clock of the first worker."""
        return float(self._from_first([time.perf_counter()])[0])

    def any(self, wish: bool) -> bool:
        """Tell whether one of the workers wishes it."""
        return bool(self._sums([float(wish)])[0])

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
