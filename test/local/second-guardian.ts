/**
 * A second guardian in a process of its own, forked by guardian.test.ts: the same functions over the first one's storage,
 * and over its TLS port as any client of Azure would speak to it. Ends when the first says so.
 */
import { lookup } from 'node:dns';
import { readFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { createDefaultHttpClient } from '@azure/core-rest-pipeline';
import * as z from 'zod';
import hostJson from '../../host.json' with { type: 'json' };
import { startHost } from '../../local/host/host.ts';
import { setOutside } from '../../shared/azure/outside.ts';

const start = z.object({
  kind: z.literal('start'),
  folder: z.string(),
  port: z.number(),
  tokens: z.object({ watcher: z.string(), keeper: z.string() }),
});
const message = z.discriminatedUnion('kind', [
  start,
  z.object({ kind: z.literal('asked') }),
  z.object({ kind: z.literal('stop') }),
]);

/** Starts it. It says which keys its requests named so far, once a request, and stops with what came of it. */
async function begin({ folder, port, tokens }: z.infer<typeof start>) {
  // Those of the first, whose child this is.
  const settings = z.record(z.string(), z.string()).parse({ ...process.env });
  const agent = new Agent({
    ca: await readFile(join(folder, 'ca.pem'), 'utf8'),
    keepAlive: true,
    port,
    lookup: (_, options, callback) => lookup('127.0.0.1', options, callback),
  });
  const client = createDefaultHttpClient();
  const asked: string[] = [];
  setOutside({
    vaultHttpClient: {
      sendRequest: (request) => {
        const [, key] = /^\/(?:deleted)?keys\/([^/]+)/.exec(new URL(request.url).pathname) ?? [];
        if (key !== undefined) asked.push(key);
        return client.sendRequest(Object.assign(request, { agent }));
      },
    },
    credential: (identity) => {
      const token = identity === 'keeper' ? tokens.keeper : tokens.watcher;
      return { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
    },
    now: () => new Date(),
    fetch: (address, request) => fetch(address, request),
  });
  const host = await startHost({
    entry: () => import('../../functions/index.ts'),
    settings: { ...settings, AuditLog_westeurope: 'local' },
    hostJson,
  });
  return {
    asked: () => ({ kind: 'asked', keys: asked }),
    async stop() {
      await host.stop();
      agent.destroy();
      const failures = host.failures.map(({ functionName, error }) => `${functionName}: ${String(error)}`);
      return { kind: 'stopped', keys: asked, failures, poisoned: host.poisoned.length };
    },
  };
}

let second: Awaited<ReturnType<typeof begin>> | undefined;

async function hear(said: z.infer<typeof message>): Promise<void> {
  switch (said.kind) {
    case 'start':
      second = await begin(said);
      process.send?.({ kind: 'started' });
      return;
    case 'asked':
      process.send?.(second?.asked());
      return;
    case 'stop':
      process.send?.(await second?.stop());
      process.disconnect();
      return;
    default:
      return said satisfies never;
  }
}

process.on('message', (said) => void hear(message.parse(said)));
