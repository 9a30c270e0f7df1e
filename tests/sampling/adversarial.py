"""Pieces that, repeated, have made splitters slow: openings that are never closed, signs that almost fit."""

SIGNS = [
    "###",
    "### a\n",
    "#",
    "####\n",
    "＃＃＃",
    "\\###",
    "> ### ",
    "### ### ",
    "`###`",
    "### Why\n",
    "## a\n",
    "### 1 ",
]
BRACKETS = ["[", '["', '["a",', "{", '{"a":', '{"a":"b"}\n', "['a',", "// a\n", '"', "(", "[1] ", "«", "“"]
LABELS = [
    "1. a\n",
    "1",
    "I",
    "a) ",
    "Response 1:\n",
    "Response ",
    "Option A ",
    "उत्तर ",
    "الرد ",
    "पहला: ",
    "First: ",
    "My own ",
]
LABELS += ["The perspective ", "view ", "1st response", "One ", "(1) ", "①"]
MARKS = [
    "**",
    "* ",
    "*",
    "_",
    "-",
    "---\n",
    "- - -\n",
    "~~~\n",
    "~~~x\n",
    "```\n",
    "```json\n",
    "• a\n",
    "|",
    "| a |\n",
    "|-|\n",
]
TAGS = [
    "<think>",
    "</think>",
    "<",
    "<response>",
    "</response>",
    "<response ",
    "<li>a</li>",
    "<|",
    "<|end|>",
    "[INST",
    "<|channel|>",
]
ROLES = ["User:", "\n\nUser", "\n\nUser:", "### Human:", "Assistant: ", "Note: "]
BLANKS = ["\n", " ", "\t", "a\n\n", "a ", "a", "\u200d", "\u200f", "\u00a0", "\r\n", "\u2028"]
REMARKS = [
    "Let me know ",
    "these responses ",
    "\n\nI hope these responses",
    "here are four ",
    "\n\nHere are responses\n\n",
    "end of ",
]

REPEATED = [*SIGNS, *BRACKETS, *LABELS, *MARKS, *TAGS, *ROLES, *BLANKS, *REMARKS]


def long_text(piece: str, characters: int) -> str:
    """Return a piece, repeated up to this length."""
    return piece * (characters // len(piece))
