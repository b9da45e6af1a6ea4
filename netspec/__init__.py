"""netspec: one YAML file describes one neural network.

from netspec import load_spec

spec = load_spec("specs/resnet50.yaml", set={"vars.classes": 10})
print(spec.summary())       # shapes, parameters and cost, without TensorFlow
model = spec.build()        # an ordinary Keras model
"""

from netspec.api import Spec, load_spec, parse_spec
from netspec.errors import (
    Diagnostic,
    InternalError,
    Mistake,
    NetspecError,
    RegistrationError,
    Related,
    SpecError,
    Where,
)
from netspec.graph import Graph, Node
from netspec.layer import Example, Layer, Weight, Weights, Work, register_layer
from netspec.limits import Limits
from netspec.options import Doc, Keywords
from netspec.shapes import Shape
from netspec.tensors import Tensor, apply, register_block

__version__ = "0.1.0"

__all__ = [
    "Diagnostic",
    "Doc",
    "Example",
    "Graph",
    "InternalError",
    "Keywords",
    "Layer",
    "Limits",
    "Mistake",
    "NetspecError",
    "Node",
    "RegistrationError",
    "Related",
    "Shape",
    "Spec",
    "SpecError",
    "Tensor",
    "Weight",
    "Weights",
    "Where",
    "Work",
    "apply",
    "load_spec",
    "parse_spec",
    "register_block",
    "register_layer",
]
