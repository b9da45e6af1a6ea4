"""Quantities as people write and read them."""

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.units import BYTE_UNITS, COUNT_UNITS, UNITS, parse_quantity, show_bytes, show_count


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("26M", "count", 26_000_000),
        ("4.1G", "count", 4_100_000_000),
        ("1.5e9", "count", 1_500_000_000),
        ("1.5E+9", "count", 1_500_000_000),
        ("7B", "count", 7_000_000_000),
        ("12k", "count", 12_000),
        ("12K", "count", 12_000),
        ("2t", "count", 2 * 10**12),
        (" 25 M ", "count", 25_000_000),
        ("25,557,032", "count", 25_557_032),
        ("25_557_032", "count", 25_557_032),
        (".5k", "count", 500),
        ("3.", "count", 3),
        ("0", "count", 0),
        ("24GiB", "bytes", 24 * 2**30),
        ("24 Gi", "bytes", 24 * 2**30),
        ("8GB", "bytes", 8 * 10**9),
        ("512 MiB", "bytes", 512 * 2**20),
        ("512\u00a0mib", "bytes", 512 * 2**20),
        ("1.5TiB", "bytes", 3 * 2**39),
        ("4096", "bytes", 4096),
        ("2 bytes", "bytes", 2),
        ("0.3GiB", "bytes", 322_122_547),  # and a fifth of a byte
        ("0.1e1kB", "bytes", 1000),
    ],
)
def test_what_people_write_is_read_exactly(text, kind, expected):
    assert parse_quantity(text, kind) == expected


COUNT = "write a number, with k, M, G or T where it is large: 26M, 4.1G, 1.5e9"
BYTES = "write a number of bytes with its unit: 24GiB, 8GB, 512 MiB"


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("24G", "bytes", "'24G' may mean 24GB or 24GiB: write which"),
        ("1.5 k", "bytes", "'1.5 k' may mean 1.5kB or 1.5KiB: write which"),
        ("many", "count", f"'many' is not a count: {COUNT}"),
        ("", "bytes", f"'' is not an amount of memory: {BYTES}"),
        ("-5", "count", f"'-5' is not a count: {COUNT}"),
        ("nan", "count", f"'nan' is not a count: {COUNT}"),
        ("1e999999", "count", f"'1e999999' is not a count: {COUNT}"),
        ("2,5M", "count", f"'2,5M' is not a count: {COUNT}"),
        ("٣", "count", f"'٣' is not a count: {COUNT}"),
        ("26MB", "count", f"'MB' is no unit of a count: {COUNT}"),
        ("3 QiB", "bytes", f"'QiB' is no unit of an amount of memory: {BYTES}"),
        ("\x1b[1m", "bytes", f"'\\x1b[1m' is not an amount of memory: {BYTES}"),
        ("9" * 60, "count", f"'{'9' * 40}…' is not a count: {COUNT}"),
    ],
)
def test_what_can_not_be_read_is_told_with_what_is_wanted(text, kind, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_quantity(text, kind)


@pytest.mark.parametrize(
    ("number", "of_bytes", "of_count"),
    [
        (0, "0 B", "0"),
        (999, "999 B", "999"),
        (1000, "1,000 B", "1.00 k"),
        (1023, "1,023 B", "1.02 k"),
        (1024, "1.00 KiB", "1.02 k"),
        (999_499, "976 KiB", "999 k"),
        (999_500, "976 KiB", "1.00 M"),
        (2**20 - 1, "1.00 MiB", "1.05 M"),
        (9_999_999, "9.54 MiB", "10.0 M"),
        (99_950_000, "95.3 MiB", "100 M"),
        (25_557_032, "24.4 MiB", "25.6 M"),
        (24 * 2**30, "24.0 GiB", "25.8 G"),
        (10**30, "8.67e+11 EiB", "1.00e+12 E"),
        (-5000, "-4.88 KiB", "-5.00 k"),
    ],
)
def test_numbers_are_shown_to_three_digits(number, of_bytes, of_count):
    assert (show_bytes(number), show_count(number)) == (of_bytes, of_count)


@given(st.integers(0, 2**49))
def test_what_is_shown_can_be_written(number):
    for again in (parse_quantity(show_bytes(number), "bytes"), parse_quantity(show_count(number), "count")):
        assert abs(again - number) <= number / 100


@given(
    st.decimals(0, 10**6, allow_nan=False, places=3),
    st.sampled_from([("count", unit) for unit in COUNT_UNITS] + [("bytes", unit) for unit in BYTE_UNITS]),
)
def test_no_digit_is_lost(number, unit):
    kind, name = unit
    exact = Fraction(number) * UNITS[kind][name]
    assert parse_quantity(f"{number:f}{name}", kind) <= exact < parse_quantity(f"{number:f}{name}", kind) + 1
