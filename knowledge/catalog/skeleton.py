"""The template of a new entry file, which `python app.py entries new` writes."""

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
    """Return a new entry file with empty values; `entries check` names those that must be filled in."""
    return _TEMPLATE.format(id=name, phase=phase, day=reviewed)
