"""Two operations for each multiply-add, as most papers on hardware and PyTorch's `FlopCounterMode` count."""

from __future__ import annotations

from netspec.conventions import Count
from netspec.graph import Graph


def count(graph: Graph) -> Count:
    """Double netspec's number."""
    value = None if graph.macs is None else 2 * graph.macs
    shown = "an unknown number of" if graph.macs is None else f"{graph.macs:,}"
    why = (
        f"netspec counts {shown} multiply-adds; each is two operations here, a product and a sum, and nothing else is "
        "counted.",
        "This is what torch.utils.flop_counter.FlopCounterMode counts where it sees the products. Those inside "
        "F.scaled_dot_product_attention and nn.LSTM on a CPU it does not see, and counts 0 for them.",
    )
    return Count("flop2", value, "operations, two for each multiply-add of one sample", graph.macs, why)
