import { storageClients } from '../../shared/azure/storage-clients.ts';
import { streams as streamsOf } from '../../shared/azure/streams.ts';
import { trailBlobs } from '../../shared/azure/trail-blobs.ts';
import type { AuditRecord } from '../../shared/domain/audit-record.ts';
import { readLines, readRecords } from '../../shared/trail/read.ts';
import type { TrailSource } from '../../shared/trail/source.ts';
import type { LocalGuardian } from '../guardian.ts';

/** The trail of a local guardian, read from its storage. */
export interface StoredTrail {
  readonly trail: TrailSource;
  /** Every record of every stream but the seals. Some are in two streams, with one id. */
  readonly records: () => Promise<readonly AuditRecord[]>;
  /** The lines of each of these streams, in order, by stream. */
  readonly streams: () => Promise<ReadonlyMap<string, readonly string[]>>;
}

/** Where the trail of a local guardian lies. */
export function storedTrail({ guardian }: Pick<LocalGuardian, 'guardian'>): StoredTrail {
  const value = guardian.settings.TrailStorage ?? '';
  const container = storageClients({ kind: 'connection-string', value }).container('trail');
  const stored = streamsOf(container);
  const names = async (): Promise<readonly string[]> => [
    ...new Set(
      (await Promise.all(['audit/', 'register/'].map((folder) => stored.list(folder))))
        .flat()
        .map((name) => name.replace(/\.\d+\.jsonl$/, '')),
    ),
  ];
  return {
    trail: trailBlobs(container),
    records: async () => (await Promise.all((await names()).map((name) => readRecords(stored, name)))).flat(),
    streams: async () =>
      new Map(await Promise.all((await names()).map(async (name) => [name, await readLines(stored, name)] as const))),
  };
}
