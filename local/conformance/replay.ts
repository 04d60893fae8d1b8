import { mock } from 'node:test';
import { createLocalAzure } from '../azure/azure.ts';
import { MANAGEMENT_HOST } from '../azure/resource-manager/handler.ts';
import { compareAnswers, type Difference } from './compare.ts';
import { isGraph, playGraph } from './graph/play.ts';
import { playManagement } from './management/play.ts';
import { withNewestTexts } from './newest-texts.ts';
import type { Exchange } from './recordings.ts';
import { stagingOf } from './seed.ts';
import { play, sequencesOf } from './sequences.ts';
import { servedOf } from './served.ts';
import { recordedClient, wireRequest } from './wire.ts';

/** What came of holding the local Azure to one recorded exchange. */
export type Replay =
  | { readonly kind: 'compared'; readonly exchange: Exchange; readonly differences: readonly Difference[] }
  | { readonly kind: 'not-served'; readonly exchange: Exchange; readonly because: string };

/**
 * Holds the local Azure to every exchange, each with a fresh one that holds what the real vault held, those with Resource
 * Manager file by file and those with Resource Graph one by one; and to those that were made in sequence call by call, one local Azure for each sequence.
 */
export async function replayAll(
  exchanges: readonly Exchange[],
  inSequence: readonly Exchange[] = [],
): Promise<readonly Replay[]> {
  const replays: Replay[] = [];
  const newest = withNewestTexts([...exchanges, ...inSequence]);
  const single = newest.slice(0, exchanges.length);
  for (const exchange of single.filter((one) => one.url.hostname !== MANAGEMENT_HOST)) {
    const served = servedOf(exchange);
    replays.push(
      served.kind === 'served'
        ? { kind: 'compared', exchange, differences: await replay(exchange, exchanges) }
        : { kind: 'not-served', exchange, because: served.because },
    );
  }
  for (const exchange of single.filter(isGraph)) replays.push(await playGraph(exchange));
  const files = Map.groupBy(single.filter(isManagement), ({ name }) => name.slice(0, name.lastIndexOf(' #')));
  for (const file of files.values()) replays.push(...(await playManagement(file)));
  for (const sequence of sequencesOf(newest.slice(exchanges.length))) {
    const differences = await play(sequence, newest);
    replays.push(
      ...sequence.map((exchange, index) => ({
        kind: 'compared' as const,
        exchange,
        differences: differences[index] ?? ['it was not played'],
      })),
    );
  }
  return replays;
}

const isManagement = (exchange: Exchange): boolean => exchange.url.hostname === MANAGEMENT_HOST && !isGraph(exchange);

async function replay(exchange: Exchange, all: readonly Exchange[]): Promise<readonly Difference[]> {
  const { vault, requestBody, emptyPage, at } = stagingOf(exchange, all);
  // The local Azure goes by the process's Date: set to the recorded second, the times it writes are the recorded ones.
  mock.timers.enable({ apis: ['Date'], now: at });
  try {
    const azure = createLocalAzure({
      vaults: [vault],
      identities: [recordedClient],
      // The page was made for what the vault held; the one that follows an empty page is not asked for here.
      behaviours: { emptyPages: emptyPage ? 1 : 0 },
      ...(vault.tenantId === undefined ? {} : { tenantId: vault.tenantId }),
    });
    const request = wireRequest(exchange, requestBody, azure);
    // Only the service that gave a token can read it: a later page is asked for as the first of a vault that holds no more.
    const url = request.url.replace(/&\$skiptoken=[^&]*/, '');
    return compareAnswers(exchange.answer, await azure.handle({ ...request, url }));
  } finally {
    mock.timers.reset();
  }
}
