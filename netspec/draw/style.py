"""Colours: a tint and a line for each kind of work, light and dark, which colour-blind readers can tell apart.

The hues are those of Okabe and Ito. A layer's kind of work is that of the module that its class comes from.
"""

from __future__ import annotations

from collections.abc import Mapping

from netspec.layer import TYPES, Layer

# Which colour the families of layers have; a family that is not here is plain.
COLOURS: Mapping[str, str] = {
    "convolution": "convolution",
    "depthwise_convolution": "convolution",
    "transposed_convolution": "convolution",
    "convolutional_recurrent": "recurrent",
    "recurrent": "recurrent",
    "core": "dense",
    "einsum": "dense",
    "attention": "attention",
    "transformer": "attention",
    "normalization": "normalization",
    "scaling": "normalization",
    "preprocessing": "normalization",
    "activations": "activation",
    "pooling": "pooling",
    "adaptive_pooling": "pooling",
    "resampling": "pooling",
    "merging": "merge",
}
WEIGHTS_ONLY = ("core",)  # a family whose layers without weights only change the form

Palette = Mapping[str, tuple[str, str]]  # colour → fill and line

LIGHT: Palette = {
    "convolution": ("#d9e9f7", "#3f7fb5"),
    "dense": ("#f4dfec", "#b0608f"),
    "attention": ("#fbdfd0", "#c9662c"),
    "recurrent": ("#d5f0e6", "#2f9475"),
    "normalization": ("#fbf6cf", "#b3a53a"),
    "activation": ("#def0d5", "#6a9f4f"),
    "pooling": ("#fdeac8", "#cf9127"),
    "merge": ("#e6e6ea", "#74747f"),
    "plain": ("#f4f4f6", "#94949e"),
    "block": ("#e7e9f4", "#6a72a0"),
    "input": ("#ffffff", "#6b6b76"),
}
DARK: Palette = {
    "convolution": ("#1d3a54", "#6ea8d8"),
    "dense": ("#4b2a40", "#d692bb"),
    "attention": ("#54301b", "#e59a6b"),
    "recurrent": ("#173f34", "#63bf9f"),
    "normalization": ("#45401a", "#cdbf5c"),
    "activation": ("#2b4222", "#92c279"),
    "pooling": ("#4f3a13", "#e0ad55"),
    "merge": ("#3a3a42", "#a2a2ae"),
    "plain": ("#2b2b31", "#82828e"),
    "block": ("#2b3050", "#959ed0"),
    "input": ("#18181c", "#a2a2ae"),
}

# What has no family: paper, text, muted text, edges, frames and panels (fill, line).
LIGHT_INK = {"paper": "#ffffff", "text": "#1c1c22", "muted": "#5f5f6b", "edge": "#4a4a55", "frame": "#fafafc",
             "frame_line": "#c9c9d3", "panel": "#ffffff", "panel_line": "#a9aeca"}  # fmt: skip
DARK_INK = {"paper": "#18181c", "text": "#ececf1", "muted": "#a9a9b6", "edge": "#b9b9c6", "frame": "#1f1f25",
            "frame_line": "#44444f", "panel": "#18181c", "panel_line": "#565d8a"}  # fmt: skip


def colour(layer: Layer | None, has_weights: bool) -> str:
    """The colour of a layer: that of its family, of what it is derived from, or of the layer that it wraps."""
    if layer is None:
        return "plain"
    for value in layer.options().values():
        if isinstance(value, Layer):
            return colour(value, has_weights)
    for cls in type(layer).__mro__:
        entry = TYPES.get(getattr(cls, "type_name", "")) if issubclass(cls, Layer) else None
        family = entry.family if entry is not None and entry.target is cls else cls.__module__.rpartition(".")[2]
        if family in COLOURS and (has_weights or family not in WEIGHTS_ONLY):
            return COLOURS[family]
    return "plain"
