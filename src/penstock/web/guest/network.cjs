// Makes a Node process a member of Penstock's network: `Network.guest` names this file in NODE_OPTIONS.
// Every HTTP client and server of Node ends up in `net` and `dns`. See ../guest_network.py, which does the same for
// Python, and ../network.py for what PENSTOCK_NETWORK says.
'use strict';

const dgram = require('node:dgram');
const dns = require('node:dns');
const net = require('node:net');

const [resolver = '', block = '', runtimePort = '', shift = '0', kind = '', own = ''] = (process.env.PENSTOCK_NETWORK || '').split(' ');
const [resolverHost, resolverPort] = resolver.split(':');
const isTask = kind.endsWith('task') && own !== '';
const WILDCARD = new Set([undefined, null, '', '0.0.0.0', '::']);
const OWN = new Set(['localhost', '127.0.0.1', '::1']);
const TRIES = [500, 1000, 2000]; // milliseconds that an answer of the resolver is waited for

const isMember = (address) => typeof address === 'string' && address.startsWith(block);
const plain = (address) => String(address || '').replace(/^::ffff:/, '');

function listens(host) {
  return isTask && (WILDCARD.has(host) || OWN.has(host)) ? own : host;
}

// Where a port of a member really is: those below 1024 may not be had by everybody.
function moved(host, port) {
  return isMember(host) && Number(port) > 0 && Number(port) < 1024 ? Number(port) + Number(shift) : port;
}

function reaches(host, port) {
  return isTask && OWN.has(host || 'localhost') && Number(port) !== Number(runtimePort) ? own : host;
}

// Calls back with addresses of a name of the network, or its records of a type; with null: ask the system's resolver.
function resolve(name, done, type) {
  if (typeof name !== 'string' || !name || OWN.has(name) || net.isIP(name)) return done(null);
  const question = type ? `${name}/${type}` : name;
  const socket = dgram.createSocket('udp4');
  let attempt = 0;
  let timer;
  const finish = (found) => {
    clearTimeout(timer);
    socket.removeAllListeners('message');
    socket.close();
    done(found);
  };
  const ask = () => {
    if (attempt === TRIES.length) return finish(null);
    timer = setTimeout(ask, TRIES[attempt++]);
    socket.send(question, Number(resolverPort), resolverHost, () => {});
  };
  socket.on('error', () => finish(null));
  socket.on('message', (data, from) => {
    if (from.address !== resolverHost || from.port !== Number(resolverPort)) return; // anybody on this machine may send
    const [asked, ...found] = data.toString('ascii').split(' ').filter(Boolean);
    if (asked === question) finish(found[0] === '?' ? null : found);
  });
  socket.bind(0, own || '127.0.0.1', ask);
}

function notFound(name) {
  const error = new Error(`getaddrinfo ENOTFOUND ${name}`);
  return Object.assign(error, { errno: -3008, code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: name });
}

function patchNames() {
  const lookup = dns.lookup;
  function find(name, options, callback) {
    if (typeof options === 'function') [options, callback] = [{}, options];
    const wanted = typeof options === 'number' ? { family: options } : options || {};
    if (isTask && name === 'localhost') return lookup(own, wanted, callback);
    resolve(name, (found) => {
      if (found === null) return lookup(name, wanted, callback);
      if (found.length === 0 || wanted.family === 6) return callback(notFound(name));
      if (wanted.all) return callback(null, found.map((address) => ({ address, family: 4 })));
      return callback(null, found[0], 4);
    });
  }
  dns.lookup = find;
  dns.promises.lookup = (name, options) =>
    new Promise((done, failed) =>
      find(name, options || {}, (error, address, family) => {
        if (error) failed(error);
        else done(Array.isArray(address) ? address : { address, family });
      }),
    );
}

// The records that Cloud Map makes, by the functions that c-ares answers otherwise: it asks the world's name servers.
const RECORDS = { resolve4: 'A', resolve6: 'AAAA', resolveCname: 'CNAME', resolveSrv: 'SRV' };

function service(text) {
  const [priority, weight, port, name] = text.split(':');
  return { name, port: Number(port), priority: Number(priority), weight: Number(weight) };
}

// As c-ares calls back: a name that is not there, one without such records, or what they say.
function answer(found, name, type, options, callback) {
  if (found.length === 0 || found[0] === '!') {
    const code = found.length ? 'ENOTFOUND' : 'ENODATA';
    const syscall = `query${type[0]}${type.slice(1).toLowerCase()}`;
    return callback(Object.assign(new Error(`${syscall} ${code} ${name}`), { errno: undefined, code, syscall, hostname: name }));
  }
  if (type === 'SRV') return callback(null, found.map(service));
  callback(null, options && options.ttl ? found.map((address) => ({ address, ttl: 1 })) : found);
}

// `owner` has functions with a callback, or ones that promise.
function patchRecords(owner, promises) {
  const patch = (method, typeOf) => {
    const plain = owner[method];
    owner[method] = function (name, ...rest) {
      const type = typeOf(rest[0]);
      const options = typeof rest[0] === 'object' ? rest[0] : undefined;
      const ask = (found, other, callback) => (found ? answer(found, name, type, options, callback) : other());
      if (type === undefined) return plain.call(this, name, ...rest);
      if (!promises) {
        const callback = rest[rest.length - 1];
        return resolve(name, (found) => ask(found, () => plain.call(this, name, ...rest), callback), type);
      }
      return new Promise((done, failed) => {
        const callback = (error, records) => (error ? failed(error) : done(records));
        resolve(name, (found) => ask(found, () => plain.call(this, name, ...rest).then(done, failed), callback), type);
      });
    };
  };
  const known = new Set(Object.values(RECORDS));
  for (const [method, type] of Object.entries(RECORDS)) patch(method, () => type);
  patch('resolve', (type) => (typeof type !== 'string' ? 'A' : known.has(type) ? type : undefined));
}

function patchConnect() {
  const connect = net.Socket.prototype.connect;
  net.Socket.prototype.connect = function (...args) {
    const normalized = Array.isArray(args[0]) ? args[0] : net._normalizeArgs(args);
    const options = normalized[0];
    if (options.path || options.port === undefined) return connect.apply(this, args);
    const go = (host) => {
      options.host = host;
      options.port = moved(host, options.port);
      if (own && isMember(host) && !options.localAddress) options.localAddress = own;
      return connect.call(this, normalized);
    };
    const host = reaches(options.host, options.port);
    if (net.isIP(host || '') || host === undefined || options.lookup) return go(host);
    this.connecting = true; // what is written meanwhile waits, as it does for a name's resolution
    resolve(host, (found) => {
      if (this.destroyed) return;
      if (found && found.length === 0) this.destroy(notFound(host));
      else go(found ? found[0] : host);
    });
    return this;
  };
}

function patchListen() {
  const listen = net.Server.prototype.listen;
  net.Server.prototype.listen = function (...args) {
    const normalized = Array.isArray(args[0]) ? args[0] : net._normalizeArgs(args);
    const options = normalized[0];
    if (options.path || options.port === undefined || Number(options.port) === 0) return listen.apply(this, args);
    options.host = listens(options.host);
    options.port = moved(options.host, options.port);
    if (kind === 'task') {
      this.prependListener('connection', (socket) => {
        if (!isMember(plain(socket.remoteAddress))) socket.destroy();
      });
    }
    return normalized[1] ? listen.call(this, options, normalized[1]) : listen.call(this, options);
  };
}

if (resolver) {
  patchNames();
  patchRecords(dns, false);
  patchRecords(dns.promises, true);
  patchRecords(dns.Resolver.prototype, false);
  patchRecords(dns.promises.Resolver.prototype, true);
  patchConnect();
  if (isTask) patchListen();
  require('node:module').syncBuiltinESMExports();
}
