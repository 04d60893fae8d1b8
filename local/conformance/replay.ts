import { mock } from 'node:test';
import { createLocalAzure } from '../azure/azure.ts';
import type { WireRequest } from '../azure/types.ts';
import { compareAnswers, type Difference } from './compare.ts';
import { withNewestTexts } from './newest-texts.ts';
import type { Exchange } from './recordings.ts';
import { stagingOf } from './seed.ts';
import { servedOf } from './served.ts';

/** What came of holding the local Azure to one recorded exchange. */
export type Replay =
  | { readonly kind: 'compared'; readonly exchange: Exchange; readonly differences: readonly Difference[] }
  | { readonly kind: 'not-served'; readonly exchange: Exchange; readonly because: string };

const READER = 'recorded-client';

/** Holds the local Azure to every exchange, each with a fresh one that holds what the real vault held. */
export async function replayAll(exchanges: readonly Exchange[]): Promise<readonly Replay[]> {
  const replays: Replay[] = [];
  for (const exchange of withNewestTexts(exchanges)) {
    const served = servedOf(exchange);
    replays.push(
      served.kind === 'served'
        ? { kind: 'compared', exchange, differences: await replay(exchange, exchanges) }
        : { kind: 'not-served', exchange, because: served.because },
    );
  }
  return replays;
}

async function replay(exchange: Exchange, all: readonly Exchange[]): Promise<readonly Difference[]> {
  const { vault, requestBody, emptyPage, at } = stagingOf(exchange, all);
  // The local Azure goes by the process's Date: set to the recorded second, the times it writes are the recorded ones.
  mock.timers.enable({ apis: ['Date'], now: at });
  try {
    const azure = createLocalAzure({
      vaults: [vault],
      identities: [
        {
          name: READER,
          kind: 'application',
          grants: [{ vault: '*', dataActions: ['Microsoft.KeyVault/vaults/keys/*'] }],
        },
      ],
      // The page was made for what the vault held; the one that follows an empty page is not asked for here.
      behaviours: { emptyPages: emptyPage ? 1 : 0 },
      ...(vault.tenantId === undefined ? {} : { tenantId: vault.tenantId }),
    });
    const token = azure.identities.get(READER)?.token ?? '';
    return compareAnswers(exchange.answer, await azure.handle(wireRequest(exchange, requestBody, token)));
  } finally {
    mock.timers.reset();
  }
}

function wireRequest(exchange: Exchange, body: string, token: string): WireRequest {
  const clientRequestId = exchange.answer.headers['x-ms-client-request-id'];
  return {
    method: exchange.method,
    // Only the service that gave a token can read it: a later page is asked for as the first of a vault that holds no more.
    url: exchange.url.href.replace(/&\$skiptoken=[^&]*/, ''),
    headers: {
      ...exchange.requestHeaders,
      ...(body === '' ? {} : { 'content-type': 'application/json' }),
      ...(clientRequestId === undefined ? {} : { 'x-ms-client-request-id': clientRequestId }),
      // The recorder dropped the request's headers: a 401 of these recordings is that of a call without a token.
      ...(exchange.answer.status === 401 ? {} : { authorization: `Bearer ${token}` }),
    },
    body,
  };
}
