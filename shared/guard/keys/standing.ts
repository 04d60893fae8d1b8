import type { KeyId } from '../../domain/key.ts';
import { blockSince } from '../../domain/policy.ts';
import type { BaselineState, SweepState } from '../../domain/register.ts';
import type { Given } from './decide.ts';

/** Whether the baseline of a key's vault is accepted, and since when the key is in `block` with it. */
export function standingOf(
  { vault, key }: KeyId,
  baseline: BaselineState | undefined,
  sweep: Pick<SweepState, 'policies'> | undefined,
  now: Date,
): Pick<Given, 'baselineAccepted' | 'blockSince'> {
  const history = sweep?.policies ?? [];
  // A policy that no sweep has noted yet begins now.
  const beganAt = history.length === 0 ? undefined : (blockSince(history, vault, key) ?? now);
  const acceptedAt = baseline?.state === 'accepted' ? baseline.since : undefined;
  return {
    baselineAccepted: acceptedAt !== undefined,
    blockSince: beganAt === undefined || (acceptedAt !== undefined && acceptedAt > beganAt) ? acceptedAt : beganAt,
  };
}
