import type { Random } from '../random.ts';
import type { Behaviours } from '../types.ts';
import type { Answer } from './answer.ts';
import type { KeyBackup } from './backups.ts';
import type { Vault } from './store.ts';

/** A request that was let in: its caller is known and may do it, its api-version and name are in order. */
export interface Call {
  readonly vault: Vault;
  /** Empty for the lists of a whole vault. */
  readonly name: string;
  readonly version: string | undefined;
  readonly apiVersion: string;
  /** As it came, with the port by which it came. */
  readonly url: URL;
  readonly body: string;
  readonly nowMs: number;
  readonly behaviours: Readonly<Behaviours>;
  readonly random: Random;
  /** Every backup that was made, by its blob. */
  readonly backups: Map<string, KeyBackup>;
}

/** One operation of the keys surface. What the vault holds is changed before the first wait. */
export type Operation = (call: Call) => Answer | Promise<Answer>;

/** The call's moment in whole Unix seconds, as `created`, `updated` and `deletedDate` have it. */
export function secondsOf({ nowMs, behaviours }: Pick<Call, 'nowMs' | 'behaviours'>): number {
  return behaviours.writtenSecond === 'last' ? Math.floor(nowMs / 1000) : Math.round(nowMs / 1000);
}

/** When what the call begins will have settled, in ms since 1970. */
export function settledAt({ nowMs, behaviours, random }: Call): number {
  const { settleMs, settleLongestMs } = behaviours;
  const longer = settleLongestMs > settleMs ? random.next() * (settleLongestMs - settleMs) : 0;
  return nowMs + settleMs + Math.floor(longer);
}
