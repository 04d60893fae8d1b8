import { type AuditRecord, auditRecord } from '../../shared/domain/audit-record.ts';
import type { TableName } from '../../shared/register/tables.ts';
import type { Table } from '../../shared/storage.ts';
import { fakeDocuments, fakeQueue, fakeStreams, fakeTable } from '../fakes/storage.ts';

/** The storage that all instances of a world share. */
export type WorldStorage = ReturnType<typeof createStorage>;

/** Storage in memory. `onStorage` is called before each call takes effect: `trail.append`, `claims.insert` …; what it throws fails the call. */
export function createStorage(onStorage: (name: string) => void | Promise<void>) {
  const hooked = (port: string) => ({ onCall: (name: string) => onStorage(`${port}.${name}`) });
  return {
    tables: {
      claims: fakeTable(hooked('claims')),
      keys: fakeTable(hooked('keys')),
      vaults: fakeTable(hooked('vaults')),
      approvals: fakeTable(hooked('approvals')),
      holds: fakeTable(hooked('holds')),
      incidents: fakeTable(hooked('incidents')),
      outbox: fakeTable(hooked('outbox')),
      intents: fakeTable(hooked('intents')),
      schedule: fakeTable(hooked('schedule')),
      uses: fakeTable(hooked('uses')),
      sets: fakeTable(hooked('sets')),
      workspaces: fakeTable(hooked('workspaces')),
    } satisfies Record<TableName, Table>,
    queues: {
      sweeps: fakeQueue(hooked('sweeps')),
      inspections: fakeQueue(hooked('inspections')),
      alerts: fakeQueue(hooked('alerts')),
      surveys: fakeQueue(hooked('surveys')),
    },
    streams: fakeStreams(hooked('trail')),
    spool: fakeTable(hooked('spool')),
    quarantine: fakeDocuments(hooked('quarantine')),
  };
}

/** Every record of every stream, stream by stream. */
export async function recordsIn({ streams }: Pick<WorldStorage, 'streams'>): Promise<readonly AuditRecord[]> {
  const texts = await Promise.all((await streams.list('')).map((name) => streams.read(name)));
  return texts.flatMap((text) =>
    (text ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => auditRecord.parse(JSON.parse(line))),
  );
}
