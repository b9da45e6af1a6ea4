"""How much a spec may ask for. Every limit has an error of its own and can be changed on the command line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds, each inclusive: a spec that reaches a limit is good, one past it is refused."""

    file_bytes: int = 2**20
    nesting: int = 64
    aliases: int = 64
    yaml_nodes: int = 100_000
    layers: int = 20_000
    magnitude: int = 10**12
    text_length: int = 10_000
    word_length: int = 250
    expression_length: int = 1_000
    expression_steps: int = 500_000
    extends_depth: int = 16
    build_parameters: int = 2 * 10**9


DEFAULT_LIMITS = Limits()
