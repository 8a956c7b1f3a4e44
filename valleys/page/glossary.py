"""Words that the page explains where they stand: a small note opens at the first use in each text."""

from __future__ import annotations

import re

from markupsafe import Markup

GLOSSARY = {
    "leg": "one piece of a path: on a straight leg the parameters move along a line.",
    "judge": "the code that recomputes the loss along a path from the parameters alone; it did not build the path.",
    "gate": "the lowest point of the wall around a valley: the cheapest way out passes there.",
    "floor": "a level below which the loss does not fall, on a set of parameters or on every path of a kind.",
    "law": "the distribution of the pair (X, Y): random inputs and the targets that belong to them.",
    "filter": "the function x ↦ σ(⟨w, x⟩) that one hidden unit computes.",
    "dead": "of a hidden unit: its output weight is 0, so that its row w can move without any change of the network.",
    "sub-level set": "all parameters whose loss is at most a given number: the land under water.",
}
#: One use of a term as a word of its own, also in the plural.
WORD = re.compile(r"\b(" + "|".join(sorted(map(re.escape, GLOSSARY), key=len, reverse=True)) + r")(s?)\b")
#: Tags, and all that stands inside formulas and links, are left alone.
APART = re.compile(r"(<math.*?</math>|<a .*?</a>|<[^>]+>)", re.DOTALL)


def anchor(word: str) -> str:
    """The id of a note.

    >>> anchor("sub-level set")
    'term-sub-level-set'
    """
    return "term-" + word.replace(" ", "-")


def button(word: str, shown: str | None = None) -> Markup:
    """The word as a button that opens its note."""
    return Markup('<button type="button" class="term" popovertarget="{}">{}</button>').format(
        anchor(word), shown or word
    )


def explained(text: Markup) -> Markup:
    """``text`` with the first use of each term of the glossary as a button that opens its note.

    >>> explained(Markup("<p>a gate</p>"))
    Markup('<p>a <button type="button" class="term" popovertarget="term-gate">gate</button></p>')
    """
    met: set[str] = set()

    def note(match: re.Match[str]) -> str:
        word = match[1]
        if word in met:
            return match[0]
        met.add(word)
        return str(button(word, match[0]))

    parts = APART.split(str(text))
    return Markup("".join(part if i % 2 else WORD.sub(note, part) for i, part in enumerate(parts)))
