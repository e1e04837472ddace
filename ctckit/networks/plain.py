"""A network made of Keras' own layers and plain operations only."""

from collections.abc import Callable

import keras


def plain_copy(network: keras.Model) -> keras.Model:
    """Return a copy of `network` made of Keras' own layers and their plain operations, in float32.

    Layers of ours that only train faster become the Keras layers they extend; layers of others
    stay what they are. Layers that train in 16 bits compute in 32. With a GPU visible Keras picks
    cuDNN kernels, which no ONNX operator stands for.
    """
    return copy_of(network, _plain)


def copy_of(
    network: keras.Model, copy_layer: Callable[[keras.Operation], keras.Operation]
) -> keras.Model:
    """Return a copy of a network with its weights, of what `copy_layer` makes of each layer.

    The networks of an ensemble are copied so, too; a Lambda stays, as its function is not made
    again of saved code.
    """

    def copied(layer: keras.Operation) -> keras.Operation:
        if isinstance(layer, keras.Model):  # of an ensemble
            member = copy_of(layer, copy_layer)
            member.name = layer.name
            return member
        return layer if isinstance(layer, keras.layers.Lambda) else copy_layer(layer)

    layers_only = keras.Model(network.input, network.output, name=network.name)  # not compiled
    copy = keras.models.clone_model(layers_only, clone_function=copied)
    copy.set_weights(network.get_weights())
    return copy


def _plain(layer: keras.Layer) -> keras.Layer:
    if type(layer) is keras.layers.Bidirectional:
        forward, backward = _plain(layer.forward_layer), _plain(layer.backward_layer)
        return keras.layers.Bidirectional(
            forward, layer.merge_mode, backward_layer=backward, name=layer.name, dtype="float32"
        )
    config = layer.get_config()
    if "dtype" in config:  # another's layer need not know it
        config["dtype"] = "float32"
    plain = _kind_without_ours(layer).from_config(config)
    if hasattr(plain, "use_cudnn"):
        plain.use_cudnn = False
    return plain


def _kind_without_ours(layer: keras.Layer) -> type[keras.Layer]:
    """Return the layer's class, or the class that it extends if it is one of ctckit."""
    kinds = type(layer).__mro__
    return next(kind for kind in kinds if not kind.__module__.startswith("ctckit."))
