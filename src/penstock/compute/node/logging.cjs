// The console of a Node function: AWS's text and JSON formats, with the id of the invocation and the level.
// A message that holds newlines is one event: they travel as U+001E, and the reader of the log puts them back.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
'use strict';

const fs = require('node:fs');
const util = require('node:util');
const errors = require('./errors.cjs');

const NEWLINE = '\x1e';
const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const REQUEST_ID = Symbol.for('aws.lambda.runtime.requestId'); // where Powertools and others look for it
const asJson = (process.env.AWS_LAMBDA_LOG_FORMAT || '').toUpperCase() === 'JSON';

// To the pipe itself: what is written is there before the invocation's answer is.
function write(line) {
  let rest = Buffer.from(`${line.replaceAll('\n', NEWLINE)}\n`);
  while (rest.length) {
    try {
      rest = rest.subarray(fs.writeSync(1, rest));
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error; // full: process.stdout has made the pipe non-blocking
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

function text(level, ...words) {
  return `${new Date().toISOString()}\t${globalThis[REQUEST_ID]}\t${level}\t${util.format(...words)}`;
}

function described(error) {
  return {
    errorType: error.constructor?.name ?? 'UnknownError',
    errorMessage: error.message,
    stackTrace: typeof error.stack === 'string' ? error.stack.split('\n') : [],
  };
}

function json(level, ...words) {
  const entry = { timestamp: new Date().toISOString(), level, requestId: globalThis[REQUEST_ID] };
  if (words.length === 1) {
    try {
      const shown = (key, value) => (value instanceof Error ? { ...described(value), ...value } : value);
      return JSON.stringify({ ...entry, message: words[0] }, shown);
    } catch {
      return JSON.stringify({ ...entry, message: util.format(words[0]) });
    }
  }
  const error = words.find((word) => word instanceof Error);
  return JSON.stringify({ ...entry, message: util.format(...words), ...(error ? described(error) : {}) });
}

// What is written to process.stdout goes ahead of what the console writes next, also when the pipe is full.
function keepOrder(name) {
  const { get } = Object.getOwnPropertyDescriptor(process, name);
  const stream = () => {
    const made = get.call(process);
    made._handle?.setBlocking?.(true);
    return made;
  };
  Object.defineProperty(process, name, { configurable: true, enumerable: true, get: stream });
}

function patchConsole() {
  ['stdout', 'stderr'].forEach(keepOrder);
  const lowest = Math.max(0, LEVELS.indexOf((process.env.AWS_LAMBDA_LOG_LEVEL || '').toUpperCase()));
  const format = asJson ? json : text;
  LEVELS.forEach((level, rank) => {
    const heard = rank >= lowest || level === 'FATAL';
    console[level.toLowerCase()] = heard ? (...words) => write(format(level, ...words)) : () => {};
  });
  console.log = console.info;
}

function logError(label, error) {
  const known = error instanceof Error ? error : new Error(error);
  if (asJson) console.error(known);
  else console.error(label, errors.formatted(known));
}

function setRequestId(id) {
  globalThis[REQUEST_ID] = id;
}

module.exports = { logError, patchConsole, setRequestId };
