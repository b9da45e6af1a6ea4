"""The PyTorch side of `conventions.py`: networks as modules, and the tools that count them."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from functools import singledispatch
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from netspec.api import Spec
from netspec.conventions import _torch as written
from netspec.conventions._as_torch import as_torch
from netspec.conventions._rules import NoRuleError
from netspec.graph import Graph, Input

ORIGINALS = {  # what torchvision calls the same network, and how it is made
    "resnet18": ("resnet18", {}),
    "resnet50v1_5": ("resnet50", {}),
    "resnext50_32x4d": ("resnext50_32x4d", {}),
    "wide_resnet50_2": ("wide_resnet50_2", {}),
    "regnet_y_400mf": ("regnet_y_400mf", {}),
    "vgg16": ("vgg16", {}),
    "mobilenetv2": ("mobilenet_v2", {}),
    "mobilenetv3small": ("mobilenet_v3_small", {}),
    "densenet121": ("densenet121", {}),
    "efficientnetb0": ("efficientnet_b0", {}),
    "inceptionv3": ("inception_v3", {"aux_logits": False, "transform_input": False, "init_weights": False}),
    "convnexttiny": ("convnext_tiny", {}),
    "vitb16": ("vit_b_16", {}),
}
BECAUSE = {  # why torchvision's network counts otherwise
    ("mobilenetv2", "thop"): "torchvision pools by a function, which thop does not see",
    ("densenet121", "thop"): "torchvision pools by a function, which thop does not see",
    ("inceptionv3", "thop"): "torchvision pools by functions, which thop does not see",
    ("convnexttiny", "thop"): "torchvision's LayerNorm2d is a class of its own, which thop does not know",
    ("mobilenetv3small", "thop"): "torchvision has no softmax at the end",
    ("vgg16", "thop"): "torchvision pools 7×7 values to 7×7 before the dense layers",
    ("vgg16", "fvcore"): "torchvision pools 7×7 values to 7×7 before the dense layers",
}


def ask(spec: Spec, network: str, tools: list[str]) -> Iterator[dict[str, Any]]:
    """Ask the tools about torchvision's network, where there is one, and about the spec written in modules."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    graph = spec.graph()
    models: list[tuple[str, nn.Module, tuple[torch.Tensor, ...]]] = []
    vision = _torchvision()
    if vision is not None and network in ORIGINALS:
        name, options = ORIGINALS[network]
        height, width, channels = graph.nodes[graph.inputs[0]].shape
        image = torch.zeros((1, channels or 3, height or 224, width or 224))
        models.append((f"torchvision {name}", getattr(vision.models, name)(weights=None, **options), (image,)))
    models.append(("modules", Modules(graph), (torch.zeros(1),)))
    for how, model, inputs in models:
        for tool in tools:
            value, params = TOOLS[tool](Called(model).eval(), inputs)
            row = {"tool": tool, "how": how, "value": value, "params": params}
            because = BECAUSE.get((network, tool)) if how != "modules" else None
            yield {**row, "because": because} if because else row


def _torchvision() -> Any:
    """Import torchvision. Its compiled operators, which no classifier has, may be made for another PyTorch."""
    register = torch.library.register_fake

    def register_others(name: Any, *arguments: Any, **options: Any) -> Any:
        if str(name).startswith("torchvision::"):
            return lambda function: function
        return register(name, *arguments, **options)

    torch.library.register_fake = register_others  # type: ignore[assignment]
    try:
        import torchvision
    except ImportError:
        return None
    finally:
        torch.library.register_fake = register
    return torchvision


# -------------------------------------------------------------------------------------------------------------- tools


def by_fvcore(model: nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple[int, None]:
    from fvcore.nn import FlopCountAnalysis

    return int(
        FlopCountAnalysis(model, inputs).unsupported_ops_warnings(False).uncalled_modules_warnings(False).total()
    ), None


def by_thop(model: nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple[int, int]:
    from thop import profile

    operations, parameters = profile(model, inputs, verbose=False)
    return int(operations), int(parameters)


def by_torchinfo(model: nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple[int, int]:
    from torchinfo import summary

    found = summary(model, input_data=inputs, verbose=0)
    return int(found.total_mult_adds), int(found.total_params)


def by_ptflops(model: nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple[int, int]:
    from ptflops import get_model_complexity_info

    with redirect_stdout(io.StringIO()):
        operations, parameters = get_model_complexity_info(
            model,
            (1,),
            as_strings=False,
            print_per_layer_stat=False,
            backend="aten",
            input_constructor=lambda _: {"inputs": inputs},
        )
    return int(operations), int(parameters)


def by_pytorch(model: nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple[int, None]:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        model(*inputs)
    return int(counter.get_total_flops()), None


TOOLS: dict[str, Callable[..., tuple[int, int | None]]] = {
    "fvcore": by_fvcore,
    "thop": by_thop,
    "torchinfo": by_torchinfo,
    "ptflops": by_ptflops,
    "flop2": by_pytorch,
}


class Called(nn.Module):
    """Calls a network with the names that the tools use: one tensor by place, or several by name."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, *places: torch.Tensor, inputs: tuple[torch.Tensor, ...] = ()) -> torch.Tensor:
        return self.model(*places, *inputs)


# ------------------------------------------------------------------------------------------------------------- modules


class Modules(nn.Module):
    """A spec as modules of PyTorch, each called on zeros of the shape that it gets in the network."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.parts = nn.ModuleList()
        self.calls: list[tuple[nn.Module, list[torch.Size]]] = []
        made: dict[object, nn.Module] = {}
        for node in graph.nodes.values():
            if isinstance(node.layer, Input):
                continue
            try:
                calls, _ = as_torch(node)
            except NoRuleError:
                continue
            owner = (node.owner or node).name
            for place, call in enumerate(calls):
                module, shapes = make(call)
                if module is None:
                    continue
                apart = isinstance(call, written.Linear) and call.apart
                key = (owner, place, apart)
                if key not in made:
                    made[key] = module
                    self.parts.append(module)
                if isinstance(call, written.Linear) and call.tied:
                    made[key].weight = made[(owner, place, False)].weight
                self.calls.append((made[key], [torch.Size(shape) for shape in shapes]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for module, shapes in self.calls:
            kind = torch.long if isinstance(module, nn.Embedding) else torch.float32
            made = module(*(torch.zeros(shape, dtype=kind) for shape in shapes))
            first = made[0] if isinstance(made, tuple) else made
            x = x + first.flatten()[0]  # so that the tracer does not leave it out
        return x


class Function(nn.Module):
    """Calls a function, perhaps with modules or parameters that it needs."""

    def __init__(self, function: Callable[..., Any], **parts: Any) -> None:
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, *tensors: torch.Tensor) -> Any:
        return self.function(self, *tensors)


Made = tuple[nn.Module | None, list[tuple[int, ...]]]


@singledispatch
def make(call: written.Call) -> Made:
    """Make the module of a call, and say the shapes of its inputs."""
    return None, []


def _numbered(name: str, rank: int) -> Any:
    return getattr(nn, f"{name}{rank}d")


@make.register
def _(call: written.Convolution) -> Made:
    module = _numbered("Conv", len(call.kernel))(
        call.inputs, call.outputs, call.kernel, groups=call.groups, bias=call.bias
    )
    read = (made + taps - 1 for made, taps in zip(call.made, call.kernel, strict=True))
    return module, [(call.times, call.inputs, *read)]


@make.register
def _(call: written.TransposedConvolution) -> Made:
    cut, added = [], []
    for read, made, taps, stride in zip(call.read, call.made, call.kernel, call.strides, strict=True):
        missing = made - ((read - 1) * stride + taps)
        cut.append(max(0, (1 - missing) // 2))
        added.append(missing + 2 * cut[-1])
    module = _numbered("ConvTranspose", len(call.kernel))(
        call.inputs, call.outputs, call.kernel, call.strides, tuple(cut), tuple(added), bias=call.bias
    )
    return module, [(call.times, call.inputs, *call.read)]


@make.register
def _(call: written.Linear) -> Made:
    positions = (call.positions,) if call.positions > 1 else ()
    return nn.Linear(call.inputs, call.outputs, bias=call.bias), [(call.times, *positions, call.inputs)]


@make.register
def _(call: written.BatchNorm) -> Made:
    *sizes, channels = call.shape
    rank = max(1, len(sizes))
    return _numbered("BatchNorm", rank)(channels, affine=call.weight > 0), [(call.times, channels, *sizes)]


@make.register
def _(call: written.LayerNorm) -> Made:
    learned = call.weight > 0
    options = {"bias": call.biases > 0} if learned else {}
    return nn.LayerNorm(call.shape[-call.axes :], elementwise_affine=learned, **options), [(call.times, *call.shape)]


@make.register
def _(call: written.GroupNorm) -> Made:
    *sizes, channels = call.shape
    return nn.GroupNorm(call.groups, channels, affine=call.weight > 0), [(call.times, channels, *sizes)]


@make.register
def _(call: written.RMSNorm) -> Made:
    return nn.RMSNorm(call.shape[-call.axes :]), [(call.times, *call.shape)]


@make.register
def _(call: written.AdaptiveAvgPool) -> Made:
    return _numbered("AdaptiveAvgPool", len(call.read))(call.made), [(call.times, call.channels, *call.read)]


@make.register
def _(call: written.AvgPool) -> Made:
    return _numbered("AvgPool", len(call.made))(1), [(call.times, call.channels, *call.made)]


@make.register
def _(call: written.Interpolate) -> Made:
    if call.mode.startswith("lanczos"):
        return None, []
    module = Function(lambda _, x: functional.interpolate(x, size=call.made, mode=call.mode))
    return module, [(call.times, call.channels, *call.read)]


@make.register
def _(call: written.Upsample) -> Made:
    if call.mode.startswith("lanczos"):
        return None, []
    return nn.Upsample(size=call.made, mode=call.mode), [(call.times, call.channels, *call.read)]


@make.register
def _(call: written.Softmax) -> Made:
    return nn.Softmax(call.axis + 1), [(call.times, *call.shape)]


@make.register
def _(call: written.PReLU) -> Made:
    others = torch.Size(call.shape).numel() // call.weight
    return nn.PReLU(call.weight), [(call.times, call.weight, others)]


@make.register
def _(call: written.Embedding) -> Made:
    return nn.Embedding(call.rows, call.size), [(call.times, call.positions)]


@make.register
def _(call: written.Recurrent) -> Made:
    kind = getattr(nn, type(call).__name__)
    both = call.directions == 2
    module = kind(call.inputs, call.units, bias=call.bias, batch_first=True, bidirectional=both)
    return module, [(call.times, call.steps, call.inputs)]


@make.register
def _(call: written.MultiheadAttention) -> Made:
    attention = nn.MultiheadAttention(
        call.size, call.heads, bias=call.bias, kdim=call.key_size, vdim=call.value_size, batch_first=True
    )
    module = Function(lambda part, q, k, v: part.attention(q, k, v, need_weights=False), attention=attention)
    sides = ((call.queries, call.size), (call.keys, call.key_size), (call.keys, call.value_size))
    return module, [(call.times, *side) for side in sides]


@make.register
def _(call: written.ScaledDotProductAttention) -> Made:
    module = Function(lambda _, q, k, v: functional.scaled_dot_product_attention(q, k, v))
    sides = ((call.queries, call.size), (call.keys, call.size), (call.keys, call.value_size))
    return module, [(call.times, call.heads, *side) for side in sides]


@make.register
def _(call: written.MatrixProduct) -> Made:
    left, right = (call.batch, call.rows, call.inner), (call.batch, call.inner, call.columns)
    return Function(lambda _, a, b: a @ b), [(call.times, *left), (call.times, *right)]


@make.register
def _(call: written.Einsum) -> Made:
    kernel = nn.Parameter(torch.zeros(call.second))
    return Function(lambda part, x: torch.einsum(call.equation, x, part.kernel), kernel=kernel), [call.first]


@make.register
def _(call: written.Parameter) -> Made:
    return Function(lambda part, x: x * part.kernel, kernel=nn.Parameter(torch.zeros(call.count))), [(1, call.count)]
