"""Dialogs about live Azure: find a template, show its status, read its log, watch a run."""
