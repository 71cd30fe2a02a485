"""The skeleton of a new entry: every key, to be filled in; `entries check` names what is missing."""

from __future__ import annotations

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
  it:
symptom:
  en:
  it:
cause:
  en:
  it:
signatures:
  - id: main
    strength: decisive
    text:
explains: []
steps:
  - do:
      en:
      it:
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
  it: []
"""


def render_skeleton(name: str, phase: str, reviewed: str) -> str:
    """A new entry's file, with all that has to be filled in."""
    return _TEMPLATE.format(id=name, phase=phase, day=reviewed)
