"""How fast netspec is, as ratios taken side by side in one run.

    python benchmarks/speed.py                     everything, some minutes
    python benchmarks/speed.py start expand …      some of it

start   `netspec summary specs/resnet50.yaml` as a whole process, next to one that imports Keras, builds
        keras.applications.ResNet50 and prints its summary; alternating, medians
expand  expanding, inferring and counting ResNet-50 in one process, times a second, next to building it in Keras once
chain   the time of a chain of layers, by its length: linear if the time per layer stays the same
build   Spec.build() next to the same network written by hand in Keras, in one process, alternating, medians
zoo     `netspec summary` of every spec as one process, next to building all of them
"""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ROOT = Path(__file__).parent.parent
SPEC = ROOT / "specs" / "resnet50.yaml"
KERAS = "import keras; keras.applications.ResNet50(weights=None).summary()"


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def process(*arguments: str) -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True)


def start(rounds: int = 7) -> None:
    """Compare whole processes."""
    ours, keras = process("-m", "netspec", "summary", str(SPEC)), process("-c", KERAS)
    ours(), keras()  # both warm: files in memory, byte code written
    times = [(seconds(ours), seconds(keras)) for _ in range(rounds)]
    mine, theirs = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"start   netspec summary {mine:.3f} s · Keras summary {theirs:.2f} s · {theirs / mine:.1f} times as fast")


def expand(rounds: int = 1000) -> None:
    """Count how often a second ResNet-50 is expanded, inferred and counted."""
    from netspec import load_spec
    from netspec.expand import expand as expand_network
    from netspec.values import Problems

    spec = load_spec(SPEC)

    def once() -> None:
        graph = expand_network(spec.network, Problems(), spec.limits)
        assert graph is not None
        assert (graph.params.total, graph.macs) == (23_600_006, 308_178_944)

    times = [seconds(once) for _ in range(rounds)]
    built = min(seconds(spec.build) for _ in range(3))
    median = statistics.median(times)
    print(
        f"expand  {1 / median:,.0f} times a second ({median * 1000:.2f} ms) · "
        f"{built / median:,.0f} times as fast as building it in Keras"
    )


def chain(lengths: tuple[int, ...] = (2_500, 5_000, 10_000, 20_000)) -> None:
    """Time chains of different layers, written out and repeated."""
    from netspec import parse_spec

    first = 0.0
    for length in lengths:
        pair = "[{type: conv2d, filters: 4, kernel_size: 1}, relu]"
        text = f"netspec: 1\ninput: {{shape: [8, 8, 4]}}\nhead: [{{nodes: {pair}, repeat: {length // 2}}}]\n"
        parse_spec(text)
        each = min(seconds(lambda text=text: parse_spec(text)) for _ in range(3)) / length * 1e6
        first = first or each
        print(f"chain   {length:>6,} layers: {each:.2f} µs a layer · {each / first:.2f} of the shortest chain's")


def build(rounds: int = 10) -> None:
    """Compare building with Keras by hand."""
    import keras

    sys.path.insert(0, str(ROOT))
    from netspec import load_spec
    from tests.test_resnet50 import by_hand

    spec = load_spec(SPEC)
    times: dict[Callable[[], object], list[float]] = {spec.build: [], by_hand: []}
    for number in range(rounds):
        # whoever comes second finds memory warmer, so they take turns
        for call in list(times)[:: 1 if number % 2 else -1]:
            keras.backend.clear_session()
            gc.collect()
            times[call].append(seconds(call))
    mine, theirs = map(statistics.median, times.values())
    print(f"build   Spec.build() {mine:.2f} s · by hand {theirs:.2f} s · {mine / theirs:.3f} of its time")


def zoo(rounds: int = 3) -> None:
    """Check and count all of specs/ with one command, and build the same networks."""
    import keras

    from netspec import load_spec

    specs = sorted(map(str, [*(ROOT / "specs").glob("*.yaml"), *(ROOT / "specs" / "zoo").glob("*.yaml")]))
    ours = process("-m", "netspec", "summary", *specs)
    ours()
    mine = statistics.median(seconds(ours) for _ in range(rounds))
    theirs = 0.0
    for spec in map(load_spec, specs):
        theirs += seconds(spec.build)
        keras.utils.clear_session()
        gc.collect()
    print(f"zoo     {len(specs)} specs {mine:.2f} s · built {theirs:.0f} s · {theirs / mine:.0f} times as fast")


MEASURES = {"start": start, "expand": expand, "chain": chain, "build": build, "zoo": zoo}

if __name__ == "__main__":
    for name in sys.argv[1:] or MEASURES:
        MEASURES[name]()
