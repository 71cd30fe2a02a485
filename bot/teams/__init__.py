"""The Teams protocol as plain JSON: activities, invokes, the message extension, file consent."""
