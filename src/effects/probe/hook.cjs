// Asked by dbguard where this program would connect: says so at its first connection, and ends before it is made.
"use strict";
const fs = require("fs");
const net = require("net");

const SSL = 80877103;
const VERSION = 196608;

function tell(told) {
  fs.writeSync(1, "\ndbguard-probe " + JSON.stringify(told) + "\n");
  process.reallyExit(97);
}

// What node-postgres says first: a request for TLS, or the start of a session with its user and database.
function read(socket, to, data) {
  const text = Buffer.isBuffer(data) ? data : Buffer.from(data);
  const code = text.length >= 8 ? text.readInt32BE(4) : 0;
  if (code === SSL) {
    setImmediate(() => socket.emit("data", Buffer.from("N")));
  } else if (code === VERSION) {
    const words = text.toString("utf8", 8).split("\0");
    const named = {};
    for (let at = 0; at + 1 < words.length && words[at]; at += 2) named[words[at]] = words[at + 1];
    tell({ ...to, user: named.user, dbname: named.database || named.user });
  }
}

// Prisma's engine is a program of its own, and told where to go by an argument.
const children = require("child_process");
const { spawn } = children;
children.spawn = function (program, args, ...rest) {
  const at = Array.isArray(args) ? args.indexOf("--datasource") : -1;
  if (at >= 0) {
    const text = String(args[at + 1]);
    const url = new URL(text.startsWith("{") ? JSON.parse(text).url : text);
    const part = (name) => decodeURIComponent(url[name]);
    const host = url.searchParams.get("host") || part("hostname");
    tell({ host, port: url.port || "5432", user: part("username"), dbname: part("pathname").slice(1) });
  }
  return spawn.call(this, program, args, ...rest);
};

net.Socket.prototype.connect = function (...args) {
  let [first, second] = Array.isArray(args[0]) ? args[0] : args;
  if (typeof first !== "object" || first === null) {
    first = /^\d+$/.test(String(first)) ? { port: first, host: typeof second === "string" ? second : "localhost" } : { path: first };
  }
  const path = /^(.*)\/\.s\.PGSQL\.(\d+)$/.exec(first.path || "");
  const to = path ? { host: path[1], port: path[2] } : { host: first.host || "localhost", port: String(first.port) };
  this.connecting = true;
  this.write = (data) => {
    read(this, to, data);
    return true;
  };
  setImmediate(() => {
    this.connecting = false;
    this.emit("connect");
    this.emit("ready");
  });
  return this;
};
