"""Did you mean: from what was written to what exists.

First the words of other frameworks, then spelling distance on names folded to lower case without underscores, with a
threshold that grows with the length. Only names that exist in the place asked about are ever suggested.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher

# What people coming from PyTorch, Caffe, papers or habit write, folded; several candidates where the word is ambiguous.
TYPE_WORDS: Mapping[str, tuple[str, ...]] = {
    "fc": ("dense",),
    "Linear": ("dense",),  # as PyTorch spells it: folded it would be our linear, which is Keras's Identity
    "fullyconnected": ("dense",),
    "innerproduct": ("dense",),
    "conv": ("conv2d",),
    "convolution": ("conv2d",),
    "conv2": ("conv2d",),
    "depthwise": ("depthwise_conv2d",),
    "dwconv": ("depthwise_conv2d",),
    "depthwiseconv": ("depthwise_conv2d",),
    "separableconv": ("separable_conv2d",),
    "sepconv": ("separable_conv2d",),
    "sepconv1d": ("separable_conv1d",),
    "sepconv2d": ("separable_conv2d",),
    "dwconv1d": ("depthwise_conv1d",),
    "dwconv2d": ("depthwise_conv2d",),
    "deconv": ("conv2d_transpose",),
    "deconv2d": ("conv2d_transpose",),
    "convtranspose": ("conv2d_transpose",),
    "convtranspose1d": ("conv1d_transpose",),
    "convtranspose2d": ("conv2d_transpose",),
    "convtranspose3d": ("conv3d_transpose",),
    "bn": ("batch_normalization",),
    "batchnorm": ("batch_normalization",),
    "batchnorm1d": ("batch_normalization",),
    "batchnorm2d": ("batch_normalization",),
    "batchnorm3d": ("batch_normalization",),
    "ln": ("layer_normalization",),
    "layernorm": ("layer_normalization",),
    "gn": ("group_normalization",),
    "groupnorm": ("group_normalization",),
    "norm": ("batch_normalization",),
    "pool": ("max_pooling2d",),
    "maxpool": ("max_pooling2d",),
    "maxpool1d": ("max_pooling1d",),
    "maxpool2d": ("max_pooling2d",),
    "maxpool3d": ("max_pooling3d",),
    "maxpooling": ("max_pooling2d",),
    "avgpool": ("average_pooling2d",),
    "avgpool1d": ("average_pooling1d",),
    "avgpool2d": ("average_pooling2d",),
    "avgpool3d": ("average_pooling3d",),
    "avgpooling": ("average_pooling2d",),
    "averagepooling": ("average_pooling2d",),
    "averagepool": ("average_pooling2d",),
    "gap": ("global_average_pooling2d",),
    "globalpool": ("global_average_pooling2d",),
    "globalavgpool": ("global_average_pooling2d",),
    "globalavgpool2d": ("global_average_pooling2d",),
    "globalaveragepooling": ("global_average_pooling2d",),
    "globalmaxpool": ("global_max_pooling2d",),
    "upsample": ("up_sampling2d",),
    "upsampling": ("up_sampling2d",),
    "zeropad": ("zero_padding2d",),
    "zeropad2d": ("zero_padding2d",),
    "pad": ("zero_padding2d",),
    "padding": ("zero_padding2d",),
    "crop": ("cropping2d",),
    "concat": ("concatenate",),
    "cat": ("concatenate",),
    "sum": ("add",),
    "mul": ("multiply",),
    "sub": ("subtract",),
    "mean": ("average",),
    "max": ("maximum",),
    "min": ("minimum",),
    "view": ("reshape",),
    "transpose": ("permute",),
    "drop": ("dropout",),
    "dropout2d": ("spatial_dropout2d",),
    "embed": ("embedding",),
    "swish": ("silu",),
    "hardswish": ("hard_silu",),
    "hswish": ("hard_silu",),
    "hsigmoid": ("hard_sigmoid",),
    "logsoftmax": ("log_softmax",),
    "residual": ("identity", "basic"),
    "bottleneck": ("identity", "convolutional"),
    "convblock": ("convolutional",),
    "identityblock": ("identity",),
    "basicblock": ("basic",),
    "noop": ("linear",),
}

OPTION_WORDS: Mapping[str, tuple[str, ...]] = {
    "outchannels": ("filters", "units"),
    "outfeatures": ("units", "filters"),
    "outputdim": ("units", "output_dim"),
    "out": ("filters", "units"),
    "channels": ("filters", "units"),
    "numfilters": ("filters",),
    "nfilters": ("filters",),
    "features": ("units", "filters"),
    "neurons": ("units",),
    "hidden": ("units",),
    "size": ("units", "kernel_size", "pool_size"),
    "units": ("filters",),
    "filters": ("units",),
    "kernel": ("kernel_size", "pool_size", "f"),
    "kernelsize": ("kernel_size", "pool_size", "f"),
    "poolsize": ("pool_size", "kernel_size"),
    "k": ("kernel_size", "pool_size", "f"),
    "f": ("kernel_size", "pool_size"),
    "ksize": ("kernel_size", "pool_size"),
    "window": ("pool_size", "kernel_size"),
    "stride": ("strides", "s"),
    "strides": ("s",),
    "s": ("strides",),
    "pad": ("padding",),
    "dilation": ("dilation_rate",),
    "bias": ("use_bias",),
    "eps": ("epsilon",),
    "p": ("rate",),
    "prob": ("rate",),
    "dropout": ("rate",),
    "dropoutrate": ("rate",),
    "act": ("activation",),
    "init": ("kernel_initializer",),
    "weightinit": ("kernel_initializer",),
    "numgroups": ("groups",),
    "numembeddings": ("input_dim",),
    "embeddingdim": ("output_dim",),
    "vocabsize": ("input_dim",),
    "slope": ("negative_slope",),
    "alpha": ("negative_slope",),
    "scalefactor": ("size",),
    "shape": ("target_shape",),
    "std": ("stddev",),
    "scale": ("gain", "stddev"),
    "dim": ("axis",),
    "depth": ("depth_multiplier",),
}


# What makes no sense here, and why.
OPTION_NOTES: Mapping[str, str] = {
    "dataformat": "channels always come last; leave it out",
    "inputshape": "the shape follows from what flows in; leave it out",
    "inputdim": "the number of inputs follows from what flows in; leave it out",
    "inchannels": "the number of channels follows from what flows in; leave it out",
    "infeatures": "the number of features follows from what flows in; leave it out",
    "numfeatures": "the number of features follows from what flows in; leave it out",
    "inplace": "nothing is changed in place; leave it out",
}

OBJECT_WORDS: Mapping[str, tuple[str, ...]] = {
    "kaiming": ("he_normal",),
    "kaimingnormal": ("he_normal",),
    "kaiminguniform": ("he_uniform",),
    "he": ("he_normal",),
    "xavier": ("glorot_uniform",),
    "xaviernormal": ("glorot_normal",),
    "xavieruniform": ("glorot_uniform",),
    "glorot": ("glorot_uniform",),
    "lecun": ("lecun_normal",),
    "normal": ("random_normal",),
    "gaussian": ("random_normal",),
    "uniform": ("random_uniform",),
    "truncnormal": ("truncated_normal",),
    "zero": ("zeros",),
    "one": ("ones",),
    "weightdecay": ("l2",),
    "lasso": ("l1",),
    "ridge": ("l2",),
    "clip": ("max_norm",),
    "nonnegative": ("non_neg",),
}

KEY_WORDS: Mapping[str, tuple[str, ...]] = {
    "flops": ("macs",),
    "madds": ("macs",),
    "parameters": ("params",),
    "weights": ("params",),
    "memory": ("activation_memory",),
    "variables": ("vars",),
    "parent": ("extends",),
    "base": ("extends",),
    "import": ("use",),
    "include": ("use",),
    "layers": ("stages", "nodes"),
    "backbone": ("stages",),
    "top": ("head",),
    "size": ("shape",),
    "body": ("nodes",),
    "args": ("params",),
    "arguments": ("params",),
    "required": ("default",),
    "min": ("minimum",),
    "max": ("maximum",),
    "title": ("name",),
    "version": ("netspec",),
    "times": ("repeat",),
    "inputs": ("from", "input"),
    "if": ("when",),
}


def fold(name: str) -> str:
    """Drop what spelling of the same word differs in: case, underscores, hyphens, blanks."""
    return "".join(c for c in name.casefold() if c.isalnum())


def nearest(name: str, existing: Iterable[str], words: Mapping[str, tuple[str, ...]] | None = None) -> str | None:
    """Find what ``name`` was meant to be among the ``existing`` names, or None where nothing is near enough."""
    folded = {fold(candidate): candidate for candidate in existing}
    words = words or {}
    wanted = fold(name)
    if wanted in folded and name not in words:
        return folded[wanted]
    for candidate in words.get(name) or words.get(wanted, ()):
        if fold(candidate) in folded:
            return candidate
    # A short name needs to be nearly right; in a long one a few wrong letters still leave no doubt.
    threshold = 0.75 if len(wanted) <= 4 else 0.7
    best, best_ratio = None, threshold
    for key, candidate in folded.items():
        ratio = SequenceMatcher(None, wanted[:80], key).ratio()
        if ratio > best_ratio or (best is None and ratio == threshold):
            best, best_ratio = candidate, ratio
    return best
