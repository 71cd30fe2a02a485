"""The Teams protocol as plain JSON: activities, invokes, message extension, file consent."""
