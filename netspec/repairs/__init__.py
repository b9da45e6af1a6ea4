"""Ways to mend a line of YAML that can't be read: what a person may have done, and the line as it was meant.

Each function looks at one line and proposes repairs; it need not be sure, for a repair is believed only if the text can
be read with it. What comes first in `FINDERS` is tried first, so the more particular a pattern the higher it stands.
Lines and columns count from 0 here.
"""

from __future__ import annotations

from netspec.repairs import indentation
from netspec.repairs.brackets import brackets, colons_in_braces, commas
from netspec.repairs.dashes import dashes
from netspec.repairs.keys import colons, item_behind_key, items_on_one_line, several_keys
from netspec.repairs.lines import Finder
from netspec.repairs.quotes import escapes, quotes, unquoted_text
from netspec.repairs.strange import comments, leftovers, odd_characters
from netspec.repairs.templates import block_text, indexed, split_expressions, templates

FINDERS: tuple[Finder, ...] = (
    leftovers,
    odd_characters,
    indentation.tabs,
    templates,
    split_expressions,
    indexed,
    comments,
    quotes,
    escapes,
    colons_in_braces,
    brackets,
    commas,
    several_keys,
    block_text,
    colons,
    dashes,
    indentation.first_below_key,
    indentation.regular,
    item_behind_key,
    items_on_one_line,
    indentation.irregular,
    unquoted_text,
)
