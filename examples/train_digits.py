"""Train specs/digits.yaml on scikit-learn's 8×8 digits with plain Keras, and say how good it is on a quarter held out.

python examples/train_digits.py [EPOCHS]
"""

from __future__ import annotations

import sys
from pathlib import Path

from netspec import load_spec

SPEC = Path(__file__).parent.parent / "specs" / "digits.yaml"


def train(epochs: int = 20, seed: int = 0) -> float:
    """Train the network and give back its accuracy on the digits it has not seen."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    images, digits = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8, 1).astype("float32")
    images, held_out, digits, answers = train_test_split(
        images, digits, test_size=0.25, random_state=seed, stratify=digits
    )
    spec = load_spec(SPEC)
    print(spec.summary())
    model = spec.build(seed=seed)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images, digits, batch_size=64, epochs=epochs, verbose=2)
    _, accuracy = model.evaluate(held_out, answers, verbose=0)
    return float(accuracy)


if __name__ == "__main__":
    print(f"accuracy on the quarter held out: {train(*map(int, sys.argv[1:])):.1%}")
