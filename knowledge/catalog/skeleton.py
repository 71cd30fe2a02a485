"""The template of a new entry file, which `python app.py entries new` writes."""

from __future__ import annotations

import re

from knowledge.model.entry import COMPLETE_LANGUAGES

_TEMPLATE = """\
id: {id}
phase: {phase}
area: scripts
severity: error
retry: after-fix
role: cause
priority: 2
basis: reported
reviewed: {day}
title:
  en:
symptom:
  en:
cause:
  en:
signatures:
  - id: main
    strength: decisive
    text:
explains: []
steps:
  - do:
      en:
look_alikes: []
references:
  - title:
    url:
examples:
  - source:
    text: |-
    evidence:
near_misses:
  - why:
    text: |-
words:
  en: []
"""


def render_skeleton(name: str, phase: str, reviewed: str) -> str:
    """Return a new entry file with empty values; `entries check` names the ones to fill in."""
    english = _TEMPLATE.format(id=name, phase=phase, day=reviewed)
    return re.sub(
        "( +)en:(.*\n)", lambda line: "".join(f"{line[1]}{code}:{line[2]}" for code in COMPLETE_LANGUAGES), english
    )
