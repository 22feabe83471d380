// The Lambda runtime for Node: takes events from the Runtime API, calls the handler, posts what became of it.
// Behaves as AWS's runtime interface client: https://github.com/aws/aws-lambda-nodejs-runtime-interface-client
'use strict';

const answers = require('./answers.cjs');
const { Channel } = require('./channel.cjs');
const errors = require('./errors.cjs');
const { HIGH_WATER_MARK, find, isStreaming, offerStreaming } = require('./handler.cjs');
const { logError, patchConsole, setRequestId } = require('./logging.cjs');

const API = '/2018-06-01/runtime';
const env = process.env;
const channel = new Channel(env.AWS_LAMBDA_RUNTIME_API);
// Since Node 24, handlers are promises only.
const promisesOnly = Number((/nodejs(\d+)/.exec(env.AWS_EXECUTION_ENV || '') || [])[1] || 0) >= 24;

let whenIdle = () => {}; // called once Node has nothing left to do
let reportCrash = (error, status) => fail('/init/error', error).then(() => process.exit(status));

function post(path, body, headers = {}) {
  return channel.request('POST', API + path, { 'Content-Type': 'application/json', ...headers }, body);
}

function fail(path, error) {
  const document = errors.document(error);
  return post(path, JSON.stringify(document), { 'Lambda-Runtime-Function-Error-Type': document.errorType });
}

// -- the context ---------------------------------------------------------------------------------------

function parsed(text, name) {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`Cannot parse ${name} as json: ${error}`);
  }
}

function describe(context, headers) {
  if (headers['lambda-runtime-trace-id']) env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'];
  else delete env._X_AMZN_TRACE_ID;
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return Object.assign(context, {
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parsed(headers['lambda-runtime-client-context'], 'ClientContext'),
    identity: parsed(headers['lambda-runtime-cognito-identity'], 'CognitoIdentity'),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    tenantId: headers['lambda-runtime-aws-tenant-id'],
    getRemainingTimeInMillis: () => deadline - Date.now(),
  });
}

const onceNothingIsLeft = (done) => {
  whenIdle = () => setImmediate(done);
};

// -- one invocation --------------------------------------------------------------------------------------
// `finish(request)` sends what is the outcome, and asks for the next event at once.

function invokeBuffered(handler, { headers, body }, path, finish) {
  let over = false;
  const once = (act) => (...given) => {
    if (over) return;
    over = true;
    whenIdle = () => {};
    act(...given);
  };
  const failed = (error) => {
    logError('Invoke Error', error);
    finish(() => fail(`${path}/error`, error));
  };
  const succeeded = (result) => {
    let answer;
    try {
      answer = JSON.stringify(result) ?? 'null';
    } catch {
      return failed(new Error('Unable to stringify response body'));
    }
    return finish(() => post(`${path}/response`, answer));
  };
  const done = (error, result) => (error === undefined || error === null ? succeeded(result) : failed(error));
  const waits = { callbackWaitsForEmptyEventLoop: true };
  const context = promisesOnly
    ? {}
    : Object.assign(waits, {
        succeed: once(succeeded),
        fail: once((error) => done(error ?? 'handled')),
        done: once(done),
      });
  const callback = once((error, result) => {
    if ((error === undefined || error === null) && waits.callbackWaitsForEmptyEventLoop) {
      onceNothingIsLeft(() => succeeded(result));
    } else {
      done(error, result);
    }
  });
  // A handler that leaves without an answer: forgotten callbacks answer null, promises never kept are an error.
  const isAsync = promisesOnly || handler.constructor?.name === 'AsyncFunction';
  whenIdle = once(() => (isAsync ? failed(neverSettled()) : succeeded(null)));
  const settle = once(done);
  try {
    const result = handler(JSON.parse(body), describe(context, headers), promisesOnly ? undefined : callback);
    if (typeof result?.then === 'function') {
      result.then((value) => settle(null, value), (error) => settle(error ?? 'handled'));
    } else if (promisesOnly) {
      settle(null, result);
    }
  } catch (error) {
    settle(error ?? 'handled');
  }
}

function neverSettled() {
  return new errors.NodeJsExit(
    'The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise ' +
      'that was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes',
  );
}

async function invokeStreaming(handler, { headers, body }, path, finish) {
  const { ResponseStream } = require('./stream.cjs');
  const stream = new ResponseStream(channel, `${API}${path}/response`, handler[HIGH_WATER_MARK]);
  const context = describe({ callbackWaitsForEmptyEventLoop: true }, headers);
  const ended = new Promise((resolve) => stream.once('finish', resolve));
  const failed = (error) => {
    logError('Invoke Error', error);
    stream.fail(error);
  };
  let isIdle = false; // from then on, only asking for the next event keeps Node alive
  const idle = new Promise((resolve) => {
    whenIdle = () => {
      isIdle = true;
      resolve();
    };
  });
  stream.on('error', () => {});
  reportCrash = (error, status) => {
    stream.fail(error);
    ended.then(() => process.exit(status));
  };
  try {
    const result = handler(JSON.parse(body), stream, context);
    if (typeof result?.then !== 'function') throw 'Streaming does not support non-async handlers.';
    if ((await Promise.race([result, idle])) !== undefined) console.warn('Streaming handlers ignore return values.');
    await Promise.race([ended, idle]);
    if (!stream.writableEnded) throw 'Response stream is not finished.';
  } catch (error) {
    failed(error);
  }
  await ended;
  whenIdle = () => {};
  if (context.callbackWaitsForEmptyEventLoop && !promisesOnly && !isIdle) onceNothingIsLeft(() => finish(() => {}));
  else finish(() => {});
}

// -- all of them -----------------------------------------------------------------------------------------

async function serve(handler) {
  const invoke = isStreaming(handler) ? invokeStreaming : invokeBuffered;
  const ask = () => channel.request('GET', `${API}/invocation/next`);
  let event = await ask();
  for (;;) {
    const id = event.headers['lambda-runtime-aws-request-id'];
    const path = `/invocation/${id}`;
    setRequestId(id);
    answers.expect(event.body);
    reportCrash = (error, status) => fail(`${path}/error`, error).then(() => process.exit(status));
    event = await new Promise((resolve) => {
      invoke(handler, event, path, (answer) => {
        answer();
        resolve(ask());
      });
    });
  }
}

function refuseCallbacks(handler) {
  if (!promisesOnly || isStreaming(handler) || handler.length < 3) return;
  throw new errors.CallbackHandlerDeprecated(
    'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need ' +
      'to modify this function to use a supported handler signature to use Node.js 24 or later. For more information ' +
      'see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.',
  );
}

process.on('uncaughtException', (error) => {
  logError('Uncaught Exception', error);
  reportCrash(error, 129);
});
process.on('unhandledRejection', (reason) => {
  const error = Object.assign(new errors.UnhandledPromiseRejection(reason), { reason });
  logError('Unhandled Promise Rejection', error);
  reportCrash(error, 128);
});
process.on('beforeExit', () => whenIdle());

async function main() {
  patchConsole();
  offerStreaming();
  let handler;
  try {
    handler = await find(env.LAMBDA_TASK_ROOT, env._HANDLER);
    refuseCallbacks(handler);
  } catch (error) {
    logError(promisesOnly ? 'Init Error' : 'Uncaught Exception', error);
    reportCrash(error, 1);
    return;
  }
  serve(handler);
}

main();
