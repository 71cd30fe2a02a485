"""Plain values that go into and come out of the dialogs, and the ports they call."""
