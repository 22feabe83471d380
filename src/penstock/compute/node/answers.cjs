// Answers of custom resources. A ResponseURL of AWS is https and has no port, so code asks `node:https` for its host
// and path alone, as CDK's own custom resources do; this runtime's is plain HTTP on a port, and such requests go there.
'use strict';

const MARK = '"ResponseURL"';
let target; // the newest ResponseURL

// The options of a request to the ResponseURL in whichever of node's forms it was made; undefined for any other.
function redirected([first, second]) {
  const url = typeof first === 'string' ? new URL(first) : first;
  const { hostname, host = hostname, path = url.pathname + url.search, ...rest } =
    url === first && !(url instanceof URL)
      ? first
      : { hostname: url.hostname, ...(typeof second === 'object' ? second : {}) };
  if (path !== target.pathname + target.search || (hostname || host) !== target.hostname) return undefined;
  return { ...rest, path, protocol: 'http:', hostname: target.hostname, port: target.port, agent: undefined };
}

function patch() {
  const http = require('node:http');
  const https = require('node:https');
  const { request } = https;
  https.request = (...given) => {
    const options = redirected(given);
    return options ? http.request(options, given.find((one) => typeof one === 'function')) : request(...given);
  };
  require('node:module').syncBuiltinESMExports();
}

// Told of every event: `body` is its JSON.
function expect(body) {
  if (!body.includes(MARK)) return;
  const { ResponseURL } = JSON.parse(body);
  if (!String(ResponseURL).startsWith('http://')) return;
  if (!target) patch();
  target = new URL(ResponseURL);
}

module.exports = { expect };
