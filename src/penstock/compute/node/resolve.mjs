// The resolver of `handler.cjs` for a Node whose hooks run in a thread of their own: `import` finds what NODE_PATH has.
let parents = [];

export function initialize(data) {
  parents = data;
}

export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || /^[./]|^file:/.test(specifier)) throw error;
    for (const parentURL of parents) {
      try {
        return await next(specifier, { ...context, parentURL });
      } catch {}
    }
    throw error;
  }
}
