// A streamed response: what a handler writes is posted as it comes, a failure in the middle stands in the trailers.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
'use strict';

const { Writable } = require('node:stream');
const errors = require('./errors.cjs');

const ERROR_TYPE = 'Lambda-Runtime-Function-Error-Type';
const ERROR_BODY = 'Lambda-Runtime-Function-Error-Body';

class ResponseStream extends Writable {
  constructor(channel, path, highWaterMark) {
    super({ decodeStrings: true, ...(highWaterMark ? { highWaterMark } : {}) });
    this._channel = channel;
    this._path = path;
    this._contentType = 'application/octet-stream';
    this._begun = false;
    this._trailers = '';
  }

  setContentType(type) {
    if (this._begun) throw new errors.InvalidStreamingOperation('Cannot set content-type, too late.');
    this._contentType = type;
  }

  write(chunk, ...rest) {
    const isPlain = typeof chunk === 'string' || chunk instanceof Uint8Array;
    this._begin();
    return super.write(isPlain ? chunk : JSON.stringify(chunk), ...rest);
  }

  _begin() {
    if (this._begun) return;
    this._begun = true;
    this._channel.open('POST', this._path, {
      'Content-Type': this._contentType,
      'Lambda-Runtime-Function-Response-Mode': 'streaming',
      Trailer: `${ERROR_TYPE}, ${ERROR_BODY}`,
    });
    this._onBeforeFirstWrite?.((chunk) => this._chunk(Buffer.from(chunk)));
  }

  _write(chunk, encoding, done) {
    this._begin(); // `end` writes its chunk without `write`
    if (chunk.length) this._chunk(chunk, done);
    else done();
  }

  _chunk(chunk, sent) {
    this._channel.send(`${chunk.length.toString(16)}\r\n`);
    this._channel.send(chunk);
    this._channel.send('\r\n', sent);
  }

  _final(done) {
    this._begin();
    this._channel.send(`0\r\n${this._trailers}\r\n`);
    this._channel.answer().then(() => done());
  }

  // Ends the response with an error.
  fail(error) {
    const document = errors.document(error);
    const body = Buffer.from(JSON.stringify(document)).toString('base64');
    this._trailers = `${ERROR_TYPE}: ${document.errorType}\r\n${ERROR_BODY}: ${body}\r\n`;
    this.end();
  }
}

module.exports = { ResponseStream };
