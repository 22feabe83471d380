// Keep-alive HTTP/1.1 to the Runtime API over one socket: `node:http` would cost a cold start more than all of this.
// The socket keeps the process alive only while an answer is awaited, so that Node can tell when a handler has left
// nothing to do (`beforeExit`).
'use strict';

const net = require('node:net');

const HEAD_END = '\r\n\r\n';

class Channel {
  constructor(address) {
    const [host, port] = address.split(':');
    this._host = address;
    this._waiting = []; // those who wait for answers, in their order
    this._received = Buffer.alloc(0);
    this._socket = net.connect({ host, port: Number(port), noDelay: true });
    this._socket.unref();
    this._socket.on('data', (data) => this._read(data));
    this._socket.on('error', () => {});
    this._socket.on('close', () => process.exit(0)); // the runtime is gone
  }

  // Requests made in one turn leave in one piece. The answer: { headers, body }.
  request(method, path, headers = {}, body = '') {
    this.send(this._head(method, path, { ...headers, 'Content-Length': Buffer.byteLength(body) }));
    if (body.length) this.send(body);
    return this.answer();
  }

  // A request whose body follows in pieces, by `send`, already in HTTP's chunks.
  open(method, path, headers) {
    this.send(this._head(method, path, { ...headers, 'Transfer-Encoding': 'chunked' }));
  }

  _head(method, path, headers) {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return `${method} ${path} HTTP/1.1\r\nHost: ${this._host}\r\n${lines.join('')}\r\n`;
  }

  send(data, sent) {
    if (!this._corked) {
      this._corked = true;
      this._socket.cork();
      process.nextTick(() => {
        this._corked = false;
        this._socket.uncork();
      });
    }
    return this._socket.write(data, sent);
  }

  answer() {
    this._socket.ref();
    return new Promise((resolve) => this._waiting.push(resolve));
  }

  _read(data) {
    this._received = this._received.length ? Buffer.concat([this._received, data]) : data;
    for (;;) {
      const end = this._received.indexOf(HEAD_END);
      if (end < 0) return;
      const headers = parse(this._received.latin1Slice(0, end));
      const start = end + HEAD_END.length;
      const stop = start + Number(headers['content-length'] || 0);
      if (this._received.length < stop) return;
      const body = this._received.subarray(start, stop);
      this._received = this._received.subarray(stop);
      if (this._waiting.length === 1) this._socket.unref();
      this._waiting.shift()({ headers, body });
    }
  }
}

function parse(head) {
  const headers = {};
  for (const line of head.split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return headers;
}

module.exports = { Channel };
