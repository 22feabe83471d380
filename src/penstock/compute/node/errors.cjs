// The errors of AWS's runtime for Node, and the forms in which an error is answered and logged.
'use strict';

const { isNativeError } = require('node:util').types;

function kind(name) {
  const made = { [name]: class extends Error {} }[name];
  made.prototype.name = `Runtime.${name}`;
  return made;
}

const ImportModuleError = kind('ImportModuleError');
const HandlerNotFound = kind('HandlerNotFound');
const MalformedHandlerName = kind('MalformedHandlerName');
const UserCodeSyntaxError = kind('UserCodeSyntaxError');
const MalformedStreamingHandler = kind('MalformedStreamingHandler');
const InvalidStreamingOperation = kind('InvalidStreamingOperation');
const CallbackHandlerDeprecated = kind('CallbackHandlerDeprecated');
const UnhandledPromiseRejection = kind('UnhandledPromiseRejection');
const NodeJsExit = kind('NodeJsExit');

function isError(value) {
  const isText = (key) => value?.[key] && typeof value[key] === 'string';
  return isNativeError(value) || ['name', 'message', 'stack'].every(isText);
}

// What is answered for a failed invocation.
function document(error) {
  try {
    if (isError(error)) return { errorType: error.name, errorMessage: error.message, trace: error.stack.split('\n') };
    return { errorType: typeof error, errorMessage: error.toString(), trace: [] };
  } catch {
    return {
      errorType: 'handled',
      errorMessage:
        'callback called with Error argument, but there was a problem while retrieving one or more of its message, ' +
        'name, and stack',
    };
  }
}

// What the log's text shows behind `Invoke Error`: also what the error itself carries, and its causes.
function formatted(error) {
  const shown = (key, value) => {
    if (!(value instanceof Error)) return value;
    const stack = typeof value.stack === 'string' ? { stack: value.stack.split('\n') } : {};
    return { errorType: value.name, errorMessage: value.message, code: value.code, ...value, ...stack };
  };
  try {
    return `\t${JSON.stringify(error, shown)}`;
  } catch {
    return `\t${JSON.stringify(document(error))}`;
  }
}

module.exports = {
  CallbackHandlerDeprecated,
  HandlerNotFound,
  ImportModuleError,
  InvalidStreamingOperation,
  MalformedHandlerName,
  MalformedStreamingHandler,
  NodeJsExit,
  UnhandledPromiseRejection,
  UserCodeSyntaxError,
  document,
  formatted,
};
