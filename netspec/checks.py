"""Checks of values that are made when a spec is read, and again when an expression's value is known."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from netspec.budgets import BUDGETS, bound_of
from netspec.errors import Mistake, Where
from netspec.layer import MAX_AXES
from netspec.options import show_value
from netspec.suggest import nearest
from netspec.syntax import Source
from netspec.values import Problems, Value

INPUT_DTYPES = (
    "float32", "float16", "bfloat16", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "bool",
)  # fmt: skip

# The functions of keras.applications, all of which have published weights: https://keras.io/api/applications/.
KERAS_APPLICATIONS = (
    "ConvNeXtBase", "ConvNeXtLarge", "ConvNeXtSmall", "ConvNeXtTiny", "ConvNeXtXLarge",
    "DenseNet121", "DenseNet169", "DenseNet201",
    "EfficientNetB0", "EfficientNetB1", "EfficientNetB2", "EfficientNetB3",
    "EfficientNetB4", "EfficientNetB5", "EfficientNetB6", "EfficientNetB7",
    "EfficientNetV2B0", "EfficientNetV2B1", "EfficientNetV2B2", "EfficientNetV2B3",
    "EfficientNetV2L", "EfficientNetV2M", "EfficientNetV2S",
    "InceptionResNetV2", "InceptionV3", "MobileNet", "MobileNetV2", "MobileNetV3Large", "MobileNetV3Small",
    "NASNetLarge", "NASNetMobile", "ResNet101", "ResNet101V2", "ResNet152", "ResNet152V2", "ResNet50", "ResNet50V2",
    "VGG16", "VGG19", "Xception",
)  # fmt: skip


def report_mistakes(
    problems: Problems, mistakes: Iterable[Mistake], options: Mapping[str, Value], where: Where, path: str
) -> None:
    """Report what is wrong with the options of a node, each at the option where that is known."""
    for mistake in mistakes:
        at = f"{path}.{mistake.option[0]}" if mistake.option else path
        problems.mistake(mistake, place_of(mistake, options, where), at)


def place_of(mistake: Mistake, options: Mapping[str, Value], where: Where) -> Where:
    """Find the option that a mistake is about; ``where`` is the node, for a mistake that names none."""
    value = options.get(str(mistake.option[0])) if mistake.option else None
    return value.find(mistake) if value else where


def check_shape(problems: Problems, value: Value, sizes: Any, path: str) -> None:
    """Report a shape that is not a list of sizes, and mark the value as broken."""
    if not isinstance(sizes, list):
        problems.say(
            "E108",
            f"a shape is a list of sizes, not {show_value(sizes)}",
            value.where,
            path=path,
            help=_shape_meant(sizes) or "write [height, width, channels], without the batch",
        )
        value.broken = True
        return
    if len(sizes) > MAX_AXES:
        message = f"a shape of {len(sizes):,} axes; {MAX_AXES} are allowed"
        problems.say("E108", message, value.where, path=path)
        value.broken = True
        return
    for index, size in enumerate(sizes):
        if isinstance(size, str) and len(sizes) == 1 and (help := _shape_meant(size)):
            problems.say(
                "E108", f"a shape is a list of sizes, not {show_value(sizes)}", value.where, path=path, help=help
            )
            value.broken = True
            return
        if size is not None and (type(size) is not int or size < 1):
            problems.say(
                "E108",
                f"a size is a positive integer, or null where it is unknown, not {show_value(size)}",
                value.find(Mistake("E108", "", option=("shape", index))),
                path=f"{path}.{index}",
                help=_size_meant(size),
            )
            value.broken = True
            return  # the others are wrong in the same way


def check_repeat(problems: Problems, value: Value, times: Any, path: str, source: Source | None = None) -> None:
    """Report a number of copies that is none, or copies that nothing would use."""
    if type(times) is not int or times < 0:
        message = f"repeat must be a non-negative integer, not {show_value(times)}"
        help = _number_meant("repeat", times) or _meant(
            "repeat", times, lambda value: type(value) is int and value >= 0
        )
        problems.say("E108", message, value.where, path=path, help=help)
        value.broken = True
    elif times > 1 and source is not None and not source.flows():
        message = f"all {times} copies would read the same tensor, and only the last would be used"
        help = "leave from out, so that each copy reads the one before it, or name prev in it"
        problems.say("E210", message, source.where, path=path.removesuffix("repeat") + "from", help=help)
        value.broken = True


def check_when(problems: Problems, value: Value, decision: Any, path: str) -> None:
    """Report a condition that is neither true nor false."""
    if type(decision) is not bool:
        problems.say(
            "E108",
            f"when must be true or false, not {show_value(decision)}",
            value.where,
            path=path,
            help=_meant("when", decision, lambda value: type(value) is bool)
            or "write true or false, or compare: $(i > 0)",
        )
        value.broken = True


def check_budget(problems: Problems, value: Value, bound: Any, path: str) -> None:
    """Report a budget that is no number, with a unit or without."""
    name = path.rpartition(".")[2]
    try:
        bound_of(name, bound)
    except ValueError as reason:
        in_bytes = BUDGETS[name].kind == "bytes"
        help = (not in_bytes and _number_meant(name, bound)) or str(reason)
        example = "64MiB" if in_bytes else "26M"
        message = f"{path} must be a non-negative number, such as {example}, not {show_value(bound)}"
        problems.say("E108", message, value.where, path=path, help=help)
        value.broken = True


def check_dtype(problems: Problems, value: Value, dtype: Any, path: str) -> None:
    """Report a dtype that no input can have."""
    if dtype not in INPUT_DTYPES:
        from netspec.readings import DTYPES

        word = dtype.rpartition(".")[2].casefold() if isinstance(dtype, str) else ""
        near = DTYPES.get(word) or nearest(word, INPUT_DTYPES)
        help = f"write {near}" if near else f"there are {', '.join(INPUT_DTYPES)}"
        problems.say("E108", f"there is no dtype {show_value(dtype)} for an input", value.where, path=path, help=help)
        value.broken = True


_UNITS = {
    "": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "b": 10**9, "thousand": 10**3, "mio": 10**6,
    "million": 10**6, "millions": 10**6, "billion": 10**9, "billions": 10**9, "bytes": 1, "kb": 10**3, "mb": 10**6,
    "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30, "params": 1, "parameters": 1, "macs": 1, "layers": 1,
}  # fmt: skip


def _number_meant(name: str, written: Any) -> str:
    """Read a number as people write it, ``26M`` or ``26,000,000``, and say how it is written here."""
    if isinstance(written, float) and written >= 0 and written.is_integer():
        return f"write {name}: {int(written)}"
    text = str(written) if isinstance(written, str) else ""
    found = re.fullmatch(r"\s*[<≤=]*\s*(\d[\d,_\s']*(?:\.\d+)?)\s*([A-Za-z]*)\s*", text[:60], re.ASCII)
    if found is None or found[2].casefold() not in _UNITS:
        return ""
    number = float(re.sub(r"[,_\s']", "", found[1])) * _UNITS[found[2].casefold()]
    return f"write {name}: {int(number)}"


def _shape_meant(written: Any) -> str:
    """Read a shape as people write it, ``224x224x3`` or ``(28, 28, 1)``, and say how it is written here."""
    from netspec.readings import readings

    for reading in readings(written):
        sizes = reading.value
        if isinstance(sizes, list) and all(size is None or (type(size) is int and size > 0) for size in sizes):
            return f"write {reading.written}{reading.note}"
    return ""


def _meant(name: str, written: Any, welcome: Callable[[object], bool]) -> str:
    """Read a value as people write it, and say how it is written here."""
    from netspec.readings import readings

    for reading in readings(written):
        if welcome(reading.value):
            return f"write {name}: {reading.written}{reading.note}"
    return ""


def _size_meant(size: Any) -> str:
    """Say how a size that is not known, or a number of another kind, is written."""
    if size == -1 or (isinstance(size, str) and size.casefold() in ("none", "?", "any", "batch", "-1")):
        return "write null where a size is not known"
    if isinstance(size, float) and size >= 1 and size.is_integer():
        return f"write {int(size)}"
    if isinstance(size, str) and size.strip().isdecimal() and size.strip().isascii():
        return f"write {int(size[:12])}"
    return ""
