"""What section 2 of the language refuses: each wrong spec, its code, its line, and a part of what is said about it."""

import pytest

from netspec import SpecError, load_spec, parse_spec

HEAD = """\
netspec: 1
name: x
input: {shape: [8, 8, 3]}
"""

# name, line, code, part of the message or its help, text
WRONG = [
    (
        "unknown_top_key",
        4,
        "E106",
        "a spec has no key 'hed'",
        HEAD
        + """\
hed: [flatten]
""",
    ),
    ("no_stages_no_head", 1, "E107", "stages", HEAD + ""),
    (
        "no_version",
        1,
        "E107",
        "netspec",
        """\
name: x
input: {shape: [3]}
head: [relu]
""",
    ),
    (
        "version_two",
        1,
        "E111",
        "this netspec reads version 1 of the language, no",
        """\
netspec: 2
name: x
input: {shape: [3]}
head: [relu]
""",
    ),
    (
        "input_and_inputs",
        4,
        "E105",
        "inputs",
        HEAD
        + """\
inputs: {a: {shape: [3]}}
head: [relu]
""",
    ),
    (
        "no_input",
        1,
        "E107",
        "input",
        """\
netspec: 1
name: x
head: [relu]
""",
    ),
    (
        "two_node_kinds",
        5,
        "E109",
        "not type and nodes",
        HEAD
        + """\
head:
  - {type: relu, nodes: [relu]}
""",
    ),
    (
        "no_node_kind",
        5,
        "E109",
        "none of type",
        HEAD
        + """\
head:
  - {name: a, repeat: 2}
""",
    ),
    (
        "unknown_type",
        5,
        "E101",
        "conv2d",
        HEAD
        + """\
head:
  - {type: Conv2D, filters: 1, kernel_size: 1}
""",
    ),
    (
        "alias_bn",
        4,
        "E101",
        "batch_normalization",
        HEAD
        + """\
head: [bn]
""",
    ),
    (
        "alias_fc",
        5,
        "E101",
        "dense",
        HEAD
        + """\
head:
  - {type: fc, units: 3}
""",
    ),
    (
        "identity_is_block",
        4,
        "E103",
        "filters",
        HEAD
        + """\
head: [identity]
""",
    ),
    (
        "unknown_option",
        5,
        "E102",
        "kernel_size",
        HEAD
        + """\
head:
  - {type: conv2d, filters: 1, kernal_size: 3}
""",
    ),
    (
        "missing_option",
        5,
        "E103",
        "kernel_size",
        HEAD
        + """\
head:
  - {type: conv2d, filters: 1}
""",
    ),
    (
        "data_format",
        5,
        "E102",
        "data_format",
        HEAD
        + """\
head:
  - {type: conv2d, filters: 1, kernel_size: 1, data_format: channels_first}
""",
    ),
    (
        "activation_takes_no_options",
        5,
        "E102",
        "alpha",
        HEAD
        + """\
head:
  - {type: silu, alpha: 1}
""",
    ),
    (
        "float_for_integer",
        5,
        "E104",
        "dense: units must be a positive integer, not 32.",
        HEAD
        + """\
head:
  - {type: dense, units: $(64 / 2)}
""",
    ),
    (
        "text_for_integer",
        5,
        "E104",
        "dense: units must be a positive integer, not '32'",
        HEAD
        + """\
head:
  - {type: dense, units: '32'}
""",
    ),
    (
        "octal_number",
        5,
        "E104",
        "0100",
        HEAD
        + """\
head:
  - {type: dense, units: 0100}
""",
    ),
    (
        "sexagesimal",
        5,
        "E104",
        "1:30",
        HEAD
        + """\
head:
  - {type: dense, units: 1:30}
""",
    ),
    (
        "no_is_text",
        5,
        "E104",
        "dense: use_bias must be true or false, not 'no'",
        HEAD
        + """\
head:
  - {type: dense, units: 3, use_bias: no}
""",
    ),
    (
        "nan",
        5,
        "E007",
        ".nan",
        HEAD
        + """\
head:
  - {type: dropout, rate: .nan}
""",
    ),
    (
        "infinity",
        4,
        "E007",
        "-.inf is no value an architecture can have",
        HEAD
        + """\
vars: {a: -.inf}
head: [relu]
""",
    ),
    (
        "duplicate_key",
        5,
        "E004",
        "units",
        HEAD
        + """\
head:
  - {type: dense, units: 3, units: 4}
""",
    ),
    (
        "tag",
        5,
        "E006",
        "the tag 'tag:yaml.org,2002:python/name:os.system': tags are ",
        HEAD
        + """\
head:
  - !!python/name:os.system x
""",
    ),
    (
        "merge_key",
        6,
        "E006",
        "merge keys (<<) are not part of the language",
        HEAD
        + """\
defaults: {dense: &d {units: 3}}
head:
  - {<<: *d, type: dense}
""",
    ),
    (
        "key_not_text",
        4,
        "E005",
        "a key must be text, not 1",
        HEAD
        + """\
vars: {1: 2}
head: [relu]
""",
    ),
    (
        "unclosed_expression",
        5,
        "E008",
        "quote",
        HEAD
        + """\
head:
  - {type: dense, units: $(max(2, 3))}
""",
    ),
    (
        "bracket_split",
        6,
        "E008",
        "quote",
        HEAD
        + """\
vars: {w: [1, 2]}
head:
  - {type: dense, units: $(w[0])}
""",
    ),
    (
        "unknown_name",
        6,
        "E201",
        "classes",
        HEAD
        + """\
vars: {classes: 3}
head:
  - {type: dense, units: $clases}
""",
    ),
    (
        "var_cycle",
        4,
        "E202",
        "a → b → a",
        HEAD
        + """\
vars: {a: $b, b: $(a + 1)}
head: [relu]
""",
    ),
    (
        "bad_dollar",
        5,
        "E203",
        "'$5' starts with $ but is neither $name nor $(…)",
        HEAD
        + """\
head:
  - {type: dense, units: $5}
""",
    ),
    (
        "attribute",
        5,
        "E203",
        "a dot can't stand in an expression",
        HEAD
        + """\
head:
  - {type: dense, units: $(channels.real)}
""",
    ),
    (
        "other_call",
        5,
        "E203",
        "there is no function abs()",
        HEAD
        + """\
head:
  - {type: dense, units: $(abs(-3))}
""",
    ),
    (
        "huge_power",
        5,
        "E407",
        "9**387420489 is larger than 1,000,000,000,000",
        HEAD
        + """\
head:
  - {type: dense, units: $(9 ** 9 ** 9)}
""",
    ),
    (
        "division_by_zero",
        5,
        "E204",
        "zero",
        HEAD
        + """\
head:
  - {type: dense, units: $(1 // 0)}
""",
    ),
    (
        "i_outside_repeat",
        5,
        "E201",
        "repeat",
        HEAD
        + """\
head:
  - {type: dense, units: $(i + 1)}
""",
    ),
    (
        "expression_in_type",
        6,
        "E101",
        "type",
        HEAD
        + """\
vars: {t: relu}
head:
  - {type: $t}
""",
    ),
    (
        "expression_in_from",
        6,
        "E205",
        "'$t' is not a reference",
        HEAD
        + """\
vars: {t: input}
head:
  - {type: relu, from: $t}
""",
    ),
    (
        "expression_in_name",
        6,
        "E110",
        "name",
        HEAD
        + """\
vars: {t: a}
head:
  - {type: relu, name: $t}
""",
    ),
    (
        "bad_name",
        5,
        "E110",
        "'a-b' can't be a name",
        HEAD
        + """\
head:
  - {type: relu, name: a-b}
""",
    ),
    (
        "reserved_name_prev",
        5,
        "E110",
        "prev",
        HEAD
        + """\
head:
  - {type: relu, name: prev}
""",
    ),
    (
        "same_name_twice",
        6,
        "E206",
        "the name 'a' is taken already",
        HEAD
        + """\
head:
  - {type: relu, name: a}
  - {type: relu, name: a}
""",
    ),
    (
        "stage_and_node_same_name",
        6,
        "E206",
        "'b' is taken",
        HEAD
        + """\
stages:
  a:
    - {type: relu, name: b}
  b: [relu]
""",
    ),
    (
        "forward_reference",
        5,
        "E205",
        "later",
        HEAD
        + """\
head:
  - {type: relu, from: later}
  - {name: later, type: relu}
""",
    ),
    (
        "unknown_reference",
        6,
        "E205",
        "first",
        HEAD
        + """\
head:
  - {name: first, type: relu}
  - {type: relu, from: frist}
""",
    ),
    (
        "inside_block_without_path",
        8,
        "E205",
        "write c.inner",
        HEAD
        + """\
blocks:
  b: {nodes: [{name: inner, type: relu}]}
head:
  - {name: c, type: b}
  - {type: relu, from: inner}
""",
    ),
    (
        "too_many_steps_back",
        6,
        "E205",
        "-3 goes back further than this list, which has 2",
        HEAD
        + """\
head:
  - relu
  - {type: relu, from: -3}
""",
    ),
    (
        "copy_out_of_range",
        6,
        "E205",
        "g has no copy 2 before this point",
        HEAD
        + """\
head:
  - {name: g, type: relu, repeat: 2}
  - {type: relu, from: g.2}
""",
    ),
    (
        "input_with_inputs",
        5,
        "E207",
        "input",
        """\
netspec: 1
name: x
inputs: {a: {shape: [3]}, b: {shape: [3]}}
head:
  - {type: relu, from: input}
""",
    ),
    (
        "first_must_say_from",
        5,
        "E207",
        "from",
        """\
netspec: 1
name: x
inputs: {a: {shape: [3]}, b: {shape: [3]}}
head:
  - relu
""",
    ),
    (
        "dead_copies",
        6,
        "E210",
        "only the last would be used",
        HEAD
        + """\
head:
  - {name: a, type: relu}
  - {type: relu, from: a, repeat: 3}
""",
    ),
    (
        "negative_repeat",
        5,
        "E108",
        "repeat",
        HEAD
        + """\
head:
  - {type: relu, repeat: -1}
""",
    ),
    (
        "when_not_boolean",
        5,
        "E108",
        "when",
        HEAD
        + """\
head:
  - {type: relu, when: 1}
""",
    ),
    (
        "merge_missing",
        5,
        "E107",
        "merge",
        HEAD
        + """\
head:
  - {branches: [[relu], []]}
""",
    ),
    (
        "merge_alone",
        5,
        "E106",
        "merge",
        HEAD
        + """\
head:
  - {type: relu, merge: add}
""",
    ),
    (
        "share_a_block_type",
        7,
        "E205",
        "there is no 'b' before this point",
        HEAD
        + """\
blocks:
  b: {nodes: [relu]}
head:
  - {share: b}
""",
    ),
    (
        "share_with_options",
        6,
        "E106",
        "units",
        HEAD
        + """\
head:
  - {name: d, type: dense, units: 3}
  - {share: d, units: 3}
""",
    ),
    (
        "share_shape",
        6,
        "E212",
        "the weights of head-d were made for 8×8×3 and don't fit 8×8×",
        HEAD
        + """\
head:
  - {name: d, type: dense, units: 4}
  - {share: d}
""",
    ),
    (
        "block_in_itself",
        6,
        "E211",
        "a → b → a",
        HEAD
        + """\
blocks:
  a: {nodes: [b]}
  b: {nodes: [a]}
head: [a]
""",
    ),
    (
        "block_named_like_layer",
        5,
        "E206",
        "relu",
        HEAD
        + """\
blocks:
  relu: {nodes: [elu]}
head: [relu]
""",
    ),
    (
        "reserved_param",
        5,
        "E110",
        "channels",
        HEAD
        + """\
blocks:
  a: {params: {channels: {type: integer}}, nodes: [relu]}
head: [a]
""",
    ),
    (
        "param_named_from",
        5,
        "E110",
        "from",
        HEAD
        + """\
blocks:
  a: {params: {from: {type: integer}}, nodes: [relu]}
head: [a]
""",
    ),
    (
        "param_range",
        7,
        "E104",
        "positive",
        HEAD
        + """\
blocks:
  a: {params: {n: {type: integer, minimum: 1}}, nodes: [relu]}
head:
  - {type: a, n: 0}
""",
    ),
    (
        "param_enum",
        7,
        "E104",
        "a: n must be x or y, not 'z'",
        HEAD
        + """\
blocks:
  a: {params: {n: {type: string, enum: [x, y]}}, nodes: [relu]}
head:
  - {type: a, n: z}
""",
    ),
    (
        "param_items",
        7,
        "E104",
        "a: n must be a list of at least 2 integers, not ",
        HEAD
        + """\
blocks:
  a: {params: {n: {type: array, items: {type: integer}, minItems: 2}}, nodes: [relu]}
head:
  - {type: a, n: [1]}
""",
    ),
    (
        "param_missing",
        6,
        "E103",
        "a needs n: an integer",
        HEAD
        + """\
blocks:
  a: {params: {n: {type: integer}}, nodes: [{type: dense, units: $n}]}
head: [a]
""",
    ),
    (
        "param_uses_later",
        5,
        "E201",
        "the default of n uses m, which is declared after",
        HEAD
        + """\
blocks:
  a: {params: {n: {type: integer, default: $m}, m: {type: integer, default: 3}}, nodes: [{type: dense, units: $n}]}
head: [a]
""",
    ),
    (
        "default_breaks_own_rule",
        5,
        "E112",
        "the default does not suit the param: n must be a",
        HEAD
        + """\
blocks:
  a: {params: {n: {type: integer, minimum: 5, default: 3}}, nodes: [{type: dense, units: $n}]}
head: [a]
""",
    ),
    (
        "schema_word",
        5,
        "E112",
        "type",
        HEAD
        + """\
blocks:
  a: {params: {n: {typ: integer}}, nodes: [relu]}
head:
  - {type: a, n: 3}
""",
    ),
    (
        "caller_vars_hidden",
        5,
        "E201",
        "$i counts copies, and nothing repeats here",
        HEAD
        + """\
blocks:
  a: {nodes: [{type: dense, units: $(i + 1)}]}
head:
  - {type: a, repeat: 2}
""",
    ),
    (
        "block_inputs_count",
        6,
        "E306",
        "a takes 2 inputs (p, q), but here it gets 1",
        HEAD
        + """\
blocks:
  a: {inputs: [p, q], nodes: [{type: add, from: [p, q]}]}
head: [a]
""",
    ),
    (
        "block_input_names",
        7,
        "E207",
        "a has no input 'r'",
        HEAD
        + """\
blocks:
  a: {inputs: [p, q], nodes: [{type: add, from: [p, q]}]}
head:
  - {type: a, from: {p: input, r: input}}
""",
    ),
    (
        "one_input_layer_given_two",
        5,
        "E306",
        "relu takes one input",
        HEAD
        + """\
head:
  - {type: relu, from: [input, input]}
""",
    ),
    (
        "shapes_do_not_join",
        6,
        "E301",
        "8×8×4",
        HEAD
        + """\
head:
  - {type: conv2d, filters: 4, kernel_size: 1}
  - {type: add, from: [prev, input]}
""",
    ),
    (
        "window_too_large",
        5,
        "E303",
        "conv2d needs a window of 9×9, but its input is o",
        HEAD
        + """\
head:
  - {type: conv2d, filters: 4, kernel_size: 9}
""",
    ),
    (
        "identity_channels",
        5,
        "E301",
        "the shortcut of an identity block carries 3 chan",
        HEAD
        + """\
head:
  - {type: identity, filters: [4, 4, 8], f: 3}
""",
    ),
    (
        "rank",
        6,
        "E302",
        "conv2d",
        HEAD
        + """\
head:
  - flatten
  - {type: conv2d, filters: 4, kernel_size: 1}
""",
    ),
    (
        "padding_with_inputs",
        4,
        "E105",
        "padding",
        """\
netspec: 1
name: x
inputs: {a: {shape: [3, 3]}}
padding: 3
head:
  - {type: relu, from: a}
""",
    ),
    (
        "padding_on_vector",
        4,
        "E302",
        "padding",
        """\
netspec: 1
name: x
input: {shape: [3]}
padding: 3
head: [relu]
""",
    ),
    (
        "unknown_output",
        5,
        "E205",
        "tail",
        HEAD
        + """\
head: [relu]
outputs: [tail]
""",
    ),
    (
        "budget",
        6,
        "E401",
        "params is 16, over the budget of 15 by 1",
        HEAD
        + """\
head:
  - {type: dense, units: 4}
budget: {params: 15}
""",
    ),
    (
        "budget_key",
        5,
        "E106",
        "params",
        HEAD
        + """\
head: [relu]
budget: {parms: 15}
""",
    ),
    (
        "defaults_unknown_type",
        4,
        "E101",
        "dense",
        HEAD
        + """\
defaults: {dens: {units: 3}}
head: [relu]
""",
    ),
    (
        "defaults_unknown_option",
        4,
        "E102",
        "units",
        HEAD
        + """\
defaults: {dense: {unit: 3}}
head: [relu]
""",
    ),
    (
        "set_no_such_path",
        5,
        "E209",
        "head.3: there is no item 3; the list has 1",
        HEAD
        + """\
head: [relu]
set: {head.3.rate: 1}
""",
    ),
    (
        "set_brackets",
        5,
        "E106",
        "head",
        HEAD
        + """\
head: [relu]
set: {'head[0]': elu}
""",
    ),
    (
        "shape_with_batch_zero",
        3,
        "E108",
        "a size is a positive integer, or null where it i",
        """\
netspec: 1
name: x
input: {shape: [0, 3]}
head: [relu]
""",
    ),
    (
        "unknown_dtype",
        3,
        "E108",
        "float",
        """\
netspec: 1
name: x
input: {shape: [3], dtype: floaty}
head: [relu]
""",
    ),
    (
        "too_many_layers",
        5,
        "E406",
        "20,000",
        HEAD
        + """\
head:
  - {type: relu, repeat: 1000000000}
""",
    ),
    (
        "nested_repeats_too_many",
        5,
        "E406",
        "20,000",
        HEAD
        + """\
head:
  - repeat: 1000
    nodes:
      - repeat: 1000
        nodes: [{type: relu, repeat: 1000}]
""",
    ),
    ("empty_file", 1, "E009", "the file is empty", ""),
    (
        "a_list",
        1,
        "E009",
        "mapping",
        """\
- relu
""",
    ),
    (
        "not_yaml",
        3,
        "E003",
        "close the bracket",
        """\
netspec: 1
name: [x
""",
    ),
    (
        "tabs",
        3,
        "E003",
        "broken YAML: found character that cannot start a",
        """\
netspec: 1
head:
\t- relu
""",
    ),
    (
        "star_needs_repeat",
        6,
        "E205",
        "g does not repeat, so it has no copies",
        HEAD
        + """\
head:
  - {name: g, nodes: [{name: n, type: relu}]}
  - {type: add, from: g.*.n}
""",
    ),
    (
        "unknown_dim_in_dense",
        5,
        "E304",
        "not known",
        """\
netspec: 1
name: x
input: {shape: [4, null]}
head:
  - {type: dense, units: 3}
""",
    ),
    (
        "arithmetic_with_null",
        5,
        "E204",
        "null",
        """\
netspec: 1
name: x
input: {shape: [null, 4]}
head:
  - {type: dense, units: '$(shape(prev)[0] * 2)'}
""",
    ),
    (
        "vars_reserved",
        4,
        "E110",
        "channels",
        HEAD
        + """\
vars: {channels: 3}
head: [relu]
""",
    ),
    (
        "vars_mapping",
        4,
        "E108",
        "a variable is a number, a text, true or false, o",
        HEAD
        + """\
vars: {a: {b: 3}}
head: [relu]
""",
    ),
    (
        "head_stage_twice",
        5,
        "E206",
        "'head' is taken",
        HEAD
        + """\
stages: {head: [relu]}
head: [relu]
""",
    ),
    (
        "negative_filters",
        5,
        "E104",
        "conv2d: filters must be a positive integer, not ",
        HEAD
        + """\
head:
  - {type: conv2d, filters: -4, kernel_size: 1}
""",
    ),
    (
        "empty_branches",
        5,
        "E108",
        "branch",
        HEAD
        + """\
head:
  - {branches: [], merge: add}
""",
    ),
    (
        "from_null",
        5,
        "E205",
        "null is not a reference",
        HEAD
        + """\
head:
  - {type: relu, from: null}
""",
    ),
    (
        "string_for_nodes",
        4,
        "E108",
        "list",
        HEAD
        + """\
head: relu
""",
    ),
]

# name, file, line, code, part of the message or its help, {file: text}; main.yaml is loaded, from the folder `specs`
BASE = HEAD + "head:\n  - {name: last, type: dense, units: 4}\n"
FILES = [
    ("extends_missing", "specs/main.yaml", 2, "E208", "nowhere.yaml", {"main": "netspec: 1\nextends: nowhere.yaml\n"}),
    (
        "extends_outside",
        "specs/main.yaml",
        2,
        "E208",
        "outside",
        {"main": "netspec: 1\nextends: ../other.yaml\n", "../other": BASE},
    ),
    ("extends_absolute", "specs/main.yaml", 2, "E208", "/etc/passwd", {"main": "netspec: 1\nextends: /etc/passwd\n"}),
    (
        "extends_expression",
        "specs/main.yaml",
        3,
        "E208",
        "$b",
        {"main": "netspec: 1\nvars: {b: base.yaml}\nextends: $b\n", "base": BASE},
    ),
    ("extends_itself", "specs/main.yaml", 2, "E208", "main.yaml", {"main": "netspec: 1\nextends: main.yaml\n"}),
    (
        "extends_in_circles",
        "specs/base.yaml",
        2,
        "E208",
        "main.yaml",
        {"main": "netspec: 1\nextends: base.yaml\n", "base": "netspec: 1\nextends: main.yaml\n"},
    ),
    (
        "mistake_in_base",
        "specs/base.yaml",
        5,
        "E102",
        "units",
        {"main": "netspec: 1\nextends: base.yaml\n", "base": BASE.replace("units", "unit")},
    ),
    (
        "set_no_name",
        "specs/main.yaml",
        3,
        "E209",
        "last",
        {"main": "netspec: 1\nextends: base.yaml\nset: {head.lasst.units: 3}\n", "base": BASE},
    ),
    (
        "set_past_the_end",
        "specs/main.yaml",
        3,
        "E209",
        "1",
        {"main": "netspec: 1\nextends: base.yaml\nset: {head.+2: relu}\n", "base": BASE},
    ),
    (
        "set_wrong_option",
        "specs/main.yaml",
        3,
        "E104",
        "units",
        {"main": "netspec: 1\nextends: base.yaml\nset: {head.last.units: many}\n", "base": BASE},
    ),
    ("use_missing", "specs/main.yaml", 4, "E208", "lib.yaml", {"main": HEAD + "use: [lib.yaml]\nhead: [relu]\n"}),
    (
        "use_outside",
        "specs/main.yaml",
        4,
        "E208",
        "outside",
        {"main": HEAD + "use: [../lib.yaml]\nhead: [relu]\n", "../lib": "blocks: {}\n"},
    ),
    (
        "library_with_more",
        "specs/lib.yaml",
        1,
        "E106",
        "vars",
        {"main": HEAD + "use: [lib.yaml]\nhead: [relu]\n", "lib": "vars: {a: 1}\nblocks: {}\n"},
    ),
    (
        "library_sees_no_vars",
        "specs/lib.yaml",
        2,
        "E201",
        "units",
        {
            "main": HEAD + "vars: {units: 3}\nuse: [lib.yaml]\nhead: [b]\n",
            "lib": "blocks:\n  b: {nodes: [{type: dense, units: $units}]}\n",
        },
    ),
    (
        "block_twice",
        "specs/main.yaml",
        5,
        "E206",
        "b",
        {
            "main": HEAD + "use: [lib.yaml]\nblocks: {b: {nodes: [elu]}}\nhead: [b]\n",
            "lib": "blocks:\n  b: {nodes: [relu]}\n",
        },
    ),
    (
        "mistake_in_library",
        "specs/lib.yaml",
        2,
        "E101",
        "relu",
        {"main": HEAD + "use: [lib.yaml]\nhead: [b]\n", "lib": "blocks:\n  b: {nodes: [rellu]}\n"},
    ),
]


def said(refused):
    return [(d.where.line, d.code, f"{d.message} {d.help or ''}") for d in refused.value.diagnostics]


@pytest.mark.parametrize("name, line, code, part, text", WRONG, ids=[row[0] for row in WRONG])
def test_text(name, line, code, part, text):
    with pytest.raises(SpecError) as refused:
        parse_spec(text)
    assert any((line, code) == found[:2] and part in found[2] for found in said(refused)), said(refused)


@pytest.mark.parametrize("name, file, line, code, part, files", FILES, ids=[row[0] for row in FILES])
def test_files(tmp_path, name, file, line, code, part, files):
    (tmp_path / "specs").mkdir()
    for stem, text in files.items():
        (tmp_path / "specs" / f"{stem}.yaml").write_text(text)
    with pytest.raises(SpecError) as refused:
        load_spec(tmp_path / "specs/main.yaml")
    where = [str(d.where.file) for d in refused.value.diagnostics]
    assert any(
        (line, code) == found[:2] and part in found[2] and place.endswith(file)
        for found, place in zip(said(refused), where, strict=True)
    ), list(zip(where, said(refused), strict=True))


# One mistake, one diagnostic: nothing that merely follows from it, and nothing twice.
ALONE = ["unknown_top_key", "var_cycle", "unknown_type", "unknown_reference", "shapes_do_not_join", "param_missing"]


@pytest.mark.parametrize("name", ALONE)
def test_one_mistake_is_told_once(name):
    text = next(row[4] for row in WRONG if row[0] == name)
    with pytest.raises(SpecError) as refused:
        parse_spec(text)
    assert len(refused.value.diagnostics) == 1, said(refused)
