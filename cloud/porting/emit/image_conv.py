"""C of an ImageConvClassifier: layer after layer over the whole image, whole numbers throughout."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...models import IntegerConvolution, IntegerStage
from ...models.byte_layer import HIGHEST_VALUE
from ...models.confidence import GAP_BITS
from ...models.conv_stages import Patch
from ...models.inputs import InputScale
from ..errors import PortError
from ..model.features import FeatureType
from ..model.form import Form
from ..model.names import Names
from .byte_inputs import byte_inputs, highest_sum
from .c_text import render_body
from .low_bit_net import MOST_SUM
from .scores import Scale


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A layer of the C. A patch is `rows` of `count` values, rows of the image are `pitch` values apart; patches stand
    `high` below each other, `down` values apart, and `wide` beside each other, `step` values apart."""

    filters: int
    shift: int
    rows: int
    count: int
    pitch: int
    high: int
    down: int
    wide: int
    step: int

    @property
    def bytes(self) -> int:
        """Of all its values."""
        return self.high * self.wide * self.filters


def layers_of(net: IntegerConvolution, height: int, width: int) -> list[Layer]:
    """The stages, over images of one channel."""
    found, channels = [], 1
    for stage in net.stages:
        kind = stage.kind
        if not isinstance(kind, Patch):
            raise TypeError("every stage is of patches")
        pitch = width * channels
        height, width = (height - kind.height) // kind.stride + 1, (width - kind.width) // kind.stride + 1
        found.append(
            Layer(
                filters=kind.filters,
                shift=stage.shift,
                rows=kind.height,
                count=kind.width * channels,
                pitch=pitch,
                high=height,
                down=kind.stride * pitch,
                wide=width,
                step=kind.stride * channels,
            )
        )
        channels = kind.filters
    return found


def image_conv_body(
    net: IntegerConvolution, scale: InputScale, width: int, names: Names, feature: FeatureType, form: Form
) -> str:
    """The source's body, for images whose rows have `width` points.

    Raises:
        PortError: features with fractions, or sums that 24 bits do not hold.
    """
    layers = layers_of(net, len(names.features) // width, width)
    tops = [scale.top] + [HIGHEST_VALUE] * len(net.stages)
    weighed = [*((stage.weights, stage.bias) for stage in net.stages), (net.output_weights, net.output_bias)]
    reached = [highest_sum(weights, bias, top) for (weights, bias), top in zip(weighed, tops, strict=True)]
    if max(reached) >= MOST_SUM:
        raise PortError(f"sums reach {max(reached)}, more than 24 bits: train with fewer filters, or larger strides")
    bits = 16 if max(reached) < 1 << (14 + min(0, net.score_shift - GAP_BITS) if form.confidence else 15) else 32
    bias_bytes = 2 if max(np.abs(bias).max() for _, bias in weighed) < 1 << 15 else 4
    counts = [layer.count for layer in layers] + [net.output_weights.shape[1]]
    return render_body(
        "image_conv.c.jinja",
        names,
        feature,
        form,
        inputs=byte_inputs(scale, feature),
        layers=layers,
        maps=[max(layer.bytes for layer in layers[i::2]) for i in range(min(2, len(layers)))],
        numbers=_numbers(net, [layer.count for layer in layers], bias_bytes),
        bias_bytes=bias_bytes,
        odd=any(count % 2 for count in counts),
        ends=counts[-1],
        outputs=len(net.output_weights),
        sum_type=f"int{bits}_t",
        wide="" if bits == 16 else "wide_",
        highest=HIGHEST_VALUE,
        shift=net.score_shift,
        last_wins=False,
        **Scale(bits=bits, shift=net.score_shift).variables(),
    )


def _numbers(net: IntegerConvolution, counts: list[int], bias_bytes: int) -> list[int]:
    """Bytes of all filters, layer by layer, and of the scores."""
    found: list[int] = []
    for stage, count in zip(net.stages, counts, strict=True):
        found += _of_layer(stage, count, bias_bytes)
    for row, bias in zip(net.output_weights, net.output_bias.tolist(), strict=True):
        found += [*bias.to_bytes(bias_bytes, "little", signed=True), *_packed(row)]
    return found


def _of_layer(stage: IntegerStage, count: int, bias_bytes: int) -> list[int]:
    found: list[int] = []
    for weights, bias, factor in zip(stage.weights, stage.bias.tolist(), stage.factor.tolist(), strict=True):
        found += [factor, *bias.to_bytes(bias_bytes, "little", signed=True)]
        for row in weights.reshape(-1, count):
            found += _packed(row)
    return found


def _packed(row: NDArray[np.int64]) -> list[int]:
    """Weights of four bits, two in a byte; of an odd number the last with a 0."""
    even = np.append(row, np.zeros(len(row) % 2, np.int64)) + 8
    return [int(byte) for byte in even[::2] | even[1::2] << 4]
