// `dir/file.export.method` -> the handler, found and loaded as AWS's runtime interface client does.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
'use strict';

const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const errors = require('./errors.cjs');

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const HIGH_WATER_MARK = Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark');
const HTTP_RESPONSE = 'application/vnd.awslambda.http-integration-response';

// What functions find as the global `awslambda`.
function offerStreaming() {
  if (['1', 'true'].includes(process.env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA)) return;
  class HttpResponseStream {
    // Status and headers go ahead of the body: as JSON, and eight NUL bytes behind it.
    static from(stream, prelude) {
      stream.setContentType(HTTP_RESPONSE);
      const head = JSON.stringify(prelude);
      stream._onBeforeFirstWrite = (write) => {
        write(head);
        write(new Uint8Array(8));
      };
      return stream;
    }
  }
  const streamifyResponse = (handler, options) => {
    handler[STREAMING] = 'response';
    if (typeof options?.highWaterMark === 'number') handler[HIGH_WATER_MARK] = Math.trunc(options.highWaterMark);
    return handler;
  };
  globalThis.awslambda = { streamifyResponse, HttpResponseStream };
}

// Whether the nearest package.json makes a .js file an ES module.
function isModuleFolder(folder) {
  if (folder.endsWith('/node_modules')) return false;
  const file = path.join(folder, 'package.json');
  if (fs.existsSync(file)) {
    try {
      return JSON.parse(fs.readFileSync(file)).type === 'module';
    } catch (error) {
      console.warn(`${file} cannot be read, it will be ignored for ES module detection purposes.`, error);
      return false;
    }
  }
  return folder !== '/' && isModuleFolder(path.dirname(folder));
}

// `import` does not look at NODE_PATH, where layers and the SDK are; on AWS it finds them all the same.
function importFromNodePath() {
  const places = (process.env.NODE_PATH || '').split(':');
  const roots = places.filter((place) => place.endsWith('node_modules') && fs.existsSync(place));
  if (!roots.length) return;
  const parents = roots.map((root) => pathToFileURL(path.join(path.dirname(root), 'index.js')).href);
  if (Module.registerHooks) {
    Module.registerHooks({
      resolve(specifier, context, next) {
        try {
          return next(specifier, context);
        } catch (error) {
          if (error.code !== 'ERR_MODULE_NOT_FOUND' || /^[./]|^file:/.test(specifier)) throw error;
          for (const parentURL of parents) {
            try {
              return next(specifier, { ...context, parentURL });
            } catch {}
          }
          throw error;
        }
      },
    });
  } else if (Module.register) {
    Module.register(pathToFileURL(path.join(__dirname, 'resolve.mjs')), { data: parents });
  }
}

async function load(place, folder, name) {
  const isModule = isModuleFolder(path.dirname(place));
  const typed = Number(process.versions.node.split('.')[0]) >= 24; // Node strips types by itself since then
  const importing = (file) => {
    importFromNodePath();
    return import(pathToFileURL(file).href);
  };
  const ways = [
    ['', require],
    ['.js', isModule ? importing : require],
    ['.mjs', importing],
    ['.cjs', require],
    ...(typed ? [['.ts', isModule ? importing : require], ['.mts', importing], ['.cts', require]] : []),
  ];
  for (const [extension, way] of ways) {
    const file = place + extension;
    if (fs.existsSync(file) && fs.statSync(file).isFile()) return way(file);
  }
  return require(require.resolve(name, { paths: [process.cwd(), folder] }));
}

async function find(root, wanted) {
  if (wanted.includes('..')) {
    throw new errors.MalformedHandlerName(
      `'${wanted}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const base = path.basename(wanted);
  const folder = wanted.slice(0, wanted.indexOf(base));
  const dot = base.indexOf('.');
  if (dot < 0) throw new errors.MalformedHandlerName('Bad handler');
  let found;
  try {
    found = await load(path.resolve(root, folder, base.slice(0, dot)), folder, base.slice(0, dot));
  } catch (error) {
    if (error instanceof SyntaxError) throw new errors.UserCodeSyntaxError(error);
    if (error?.code === 'MODULE_NOT_FOUND') throw new errors.ImportModuleError(error);
    throw error;
  }
  for (const key of base.slice(dot + 1).split('.')) found = found && found[key];
  if (!found) throw new errors.HandlerNotFound(`${wanted} is undefined or not exported`);
  if (typeof found !== 'function') throw new errors.HandlerNotFound(`${wanted} is not a function`);
  return found;
}

function isStreaming(handler) {
  const wanted = handler[STREAMING];
  if (wanted === undefined || wanted === null || wanted === false) return false;
  if (wanted !== 'response') throw new errors.MalformedStreamingHandler('Only response streaming is supported.');
  return true;
}

module.exports = { HIGH_WATER_MARK, find, isStreaming, offerStreaming };
