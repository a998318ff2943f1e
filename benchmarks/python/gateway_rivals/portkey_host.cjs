// Portkey's server listens on every interface, and on Node 20 its streams fail on immutable headers. This is loaded
// before it: it listens on loopback only, and replies have headers that can be changed.
'use strict';
const net = require('node:net');
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...args) {
  const port = typeof args[0] === 'object' && args[0] !== null ? args[0].port : args[0];
  const listening = args.find((arg) => typeof arg === 'function');
  return listen.call(this, { port: Number(port), host: '127.0.0.1' }, listening);
};
const fetched = globalThis.fetch;
globalThis.fetch = async (...args) => {
  const reply = await fetched(...args);
  return new Response(reply.body, { status: reply.status, statusText: reply.statusText, headers: new Headers(reply.headers) });
};
