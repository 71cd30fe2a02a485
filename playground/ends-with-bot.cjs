"use strict";
// The bot ends the Playground when it stops. Where the bot is killed instead, nobody would: so it holds the other end of
// this process's input open, and when that closes, the Playground ends too.

process.stdin.on("error", () => process.exit(0));
process.stdin.on("end", () => process.exit(0));
process.stdin.resume();
