// What `require('@azure/functions-core')` gets in this process: see functions-core.ts.
module.exports = globalThis[Symbol.for('key-guardian.functions-core')];
