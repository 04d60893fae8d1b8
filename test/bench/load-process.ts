/**
 * Loads a bundle in a process by itself, as the Functions worker does, and writes to standard output what that took:
 * bundled and started by over-bare-bundle.ts with the path of the bundle. It loads nothing but what the worker has loaded.
 *
 * @see https://github.com/Azure/azure-functions-nodejs-worker
 */
import 'node:http2';
import Module, { createRequire } from 'node:module';

const registered: unknown[] = [];
const disposable = { dispose: () => {} };
const core = {
  version: '3.9.1',
  hostVersion: '4.1000.0',
  setProgrammingModel: () => {},
  registerFunction: (metadata: unknown) => {
    registered.push(metadata);
    return disposable;
  },
  registerHook: () => disposable,
  log: () => {},
};

const { require: required } = Module.prototype;
Module.prototype.require = function (this: unknown, name: string): unknown {
  return name === '@azure/functions-core' ? core : Reflect.apply(required, this, [name]);
};

const [, , path = ''] = process.argv;
const from = process.threadCpuUsage();
createRequire(path)(path);
const { user, system } = process.threadCpuUsage(from);
process.stdout.write(JSON.stringify({ tookMs: (user + system) / 1_000, registered }));
