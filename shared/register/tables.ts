import * as z from 'zod';
import { approval } from '../domain/approval.ts';
import { claim, intentRow } from '../domain/decision.ts';
import { hold } from '../domain/hold.ts';
import { failingChannel, incident, outboxRow } from '../domain/incident.ts';
import { keyUse } from '../domain/key-use.ts';
import { storedPolicy } from '../domain/policy.ts';
import { watchedSet } from '../domain/propagation.ts';
import { baselineState, keyRecord, sweepState } from '../domain/register.ts';
import { vaultAssignments } from '../domain/role-assignment.ts';
import { due } from '../domain/schedule.ts';
import type { Signer } from '../domain/signer.ts';
import { surveyedVault, surveyState } from '../domain/survey.ts';
import { moment } from '../domain/time.ts';
import { waveState } from '../domain/wave.ts';
import { queryState, readEvent, shipCursor, shippingState, vaultRecords } from '../domain/workspace.ts';
import type { PortTables } from '../ports.ts';
import type { Table } from '../storage.ts';
import { rotations } from './rotations.ts';
import { rowsOf } from './rows.ts';
import { signedRows } from './signed-rows.ts';

/** The names of the tables in the register's storage, besides the trail's spool. */
export const tableNames = [
  'claims',
  'keys',
  'vaults',
  'approvals',
  'holds',
  'incidents',
  'outbox',
  'intents',
  'schedule',
  'uses',
  'sets',
  'workspaces',
] as const;
export type TableName = (typeof tableNames)[number];

/** The tables by what their rows hold. @param signer signs approvals and holds */
export const typedTables = (table: (name: TableName) => Table, signer: Signer): PortTables => {
  const vaults = table('vaults');
  const workspaces = table('workspaces');
  return {
    claims: rowsOf('claims', table('claims'), claim),
    keys: rowsOf('keys', table('keys'), keyRecord),
    baselines: rowsOf('vaults', vaults, baselineState),
    sweeps: rowsOf('vaults', vaults, sweepState),
    policies: rowsOf('vaults', vaults, storedPolicy),
    surveys: rowsOf('vaults', vaults, surveyState),
    surveyed: rowsOf('vaults', vaults, surveyedVault),
    assignments: rowsOf('vaults', vaults, vaultAssignments),
    uses: rowsOf('uses', table('uses'), keyUse),
    rotations: rowsOf('vaults', vaults, rotations),
    sets: rowsOf('sets', table('sets'), watchedSet),
    waves: rowsOf('vaults', vaults, waveState),
    deadLetters: rowsOf('vaults', vaults, z.object({ since: z.record(z.string(), moment) })),
    approvals: signedRows('approvals', rowsOf('approvals', table('approvals'), approval), signer, {
      unverifiable: 'counts-for-nothing',
    }),
    // A responder's hold must stay in force while the guardian's own vault is away.
    holds: signedRows('holds', rowsOf('holds', table('holds'), hold), signer, {
      unverifiable: 'counts',
      unsigned: ['endAlerted'],
    }),
    incidents: rowsOf('incidents', table('incidents'), incident),
    outbox: rowsOf('outbox', table('outbox'), outboxRow),
    failing: rowsOf('vaults', vaults, failingChannel),
    intents: rowsOf('intents', table('intents'), intentRow),
    schedule: rowsOf('schedule', table('schedule'), due),
    shipping: rowsOf('workspaces', workspaces, shippingState),
    cursors: rowsOf('workspaces', workspaces, shipCursor),
    queried: rowsOf('workspaces', workspaces, queryState),
    vaultRecords: rowsOf('workspaces', workspaces, vaultRecords),
    readEvents: rowsOf('workspaces', workspaces, readEvent),
  };
};
