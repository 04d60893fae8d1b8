/**
 * Loads a bundle in a process by itself, as the Functions worker loads it, and writes to standard output what that took:
 * started by over-bare-bundle.ts with the path of the bundle.
 */
import { createRequire } from 'node:module';
import { collect, installFunctionsCore } from '../../local/host/functions-core.ts';

/** What the worker has loaded itself before it loads an app: it speaks gRPC with the host. */
const LOADED_BY_WORKER = ['http2', 'tls', 'net', 'dns', 'zlib', 'http', 'https', 'crypto', 'os', 'url', 'stream'];

const require = createRequire(import.meta.url);
for (const name of LOADED_BY_WORKER) require(`node:${name}`);
installFunctionsCore();

let tookMs = Number.NaN;
const registered = await collect(async () => {
  const [, , bundle = ''] = process.argv;
  const from = process.threadCpuUsage();
  require(bundle);
  const { user, system } = process.threadCpuUsage(from);
  tookMs = (user + system) / 1_000;
});
process.stdout.write(JSON.stringify({ tookMs, registered: registered.map(({ metadata }) => metadata) }));
