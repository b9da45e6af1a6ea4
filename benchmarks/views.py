"""Whole processes, side by side: what it takes to see a network before it exists, next to building it with Keras.

    python benchmarks/views.py [--runs 7]

For ResNet-50 and EfficientNetV2-L: `netspec summary`, `diff` (with ResNet-101 and EfficientNetV2-M) and `plot` as .svg
and .html, the median of so many runs taken in turn; `netspec build` once. Also the bytes of what is drawn.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
NETWORKS = {"resnet50": "resnet101", "efficientnetv2l": "efficientnetv2m"}


def seconds(arguments: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "netspec", *arguments], cwd=ROOT, capture_output=True, check=True)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        for name, other in NETWORKS.items():
            spec = f"specs/zoo/{name}.yaml"
            drawn = {ending: f"{folder}/{name}.{ending}" for ending in ("svg", "html")}
            commands = {
                "summary": ["summary", spec],
                "summary --cost": ["summary", spec, "--cost"],
                f"diff with {other}": ["diff", spec, f"specs/zoo/{other}.yaml"],
                **{f"plot .{ending}": ["plot", spec, "-o", file] for ending, file in drawn.items()},
            }
            taken: dict[str, list[float]] = {what: [] for what in commands}
            for _ in range(runs):
                for what, arguments in commands.items():
                    taken[what].append(seconds(arguments))
            built = seconds(["build", spec])
            print(f"{name}: netspec build {built:.1f} s")
            for what, times in taken.items():
                median = statistics.median(times)
                print(f"  {what:24} {median:.2f} s  {built / median:5.1f} times as fast as build")
            for ending, file in drawn.items():
                print(f"  {'.' + ending:24} {Path(file).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
