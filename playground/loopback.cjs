"use strict";
// The Playground has no option for the address it listens on and takes every interface, where anyone on the network could
// talk to a bot that runs without credentials. Loaded with `node --require`, this keeps its servers to this machine.

const net = require("node:net");

const LOOPBACK = "127.0.0.1";
const listen = net.Server.prototype.listen;

/** `Server.listen` as Node defines it, but whatever TCP port is asked for is opened on loopback only. */
net.Server.prototype.listen = function listenOnLoopback(first, ...rest) {
  const callback = rest.find((argument) => typeof argument === "function");
  if (first !== null && typeof first === "object") {
    const options = "port" in first ? { ...first, host: LOOPBACK } : first;
    return listen.call(this, options, callback);
  }
  if (typeof first === "string" && !/^\d+$/.test(first)) {
    return listen.call(this, first, ...rest); // a local socket's path
  }
  if (typeof first === "function") {
    return listen.call(this, { port: 0, host: LOOPBACK }, first);
  }
  return listen.call(this, { port: Number(first ?? 0), host: LOOPBACK }, callback);
};
