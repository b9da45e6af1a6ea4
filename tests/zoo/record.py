"""Keras's word on its networks, written down: ``python -m tests.zoo.record`` builds all of them and writes it anew.

`tests/zoo/test_static.py` holds the specs to the record without Keras, `tests/zoo/test_against_keras_applications.py`
the record to Keras.
"""

from __future__ import annotations

import gc

import keras

from tests.zoo.applications import write_record
from tests.zoo.originals import measured, names, original


def main() -> None:
    found = {}
    for name in names():
        keras.utils.clear_session()
        found[name] = measured(name, original(name))
        print(f"{name}: {found[name].total:,} parameters, {found[name].macs:,} MACs", flush=True)
        gc.collect()
    write_record(found)


if __name__ == "__main__":
    main()
