import type { OperationName } from '../types.ts';
import { isHsm, type KeyType } from './material.ts';

/**
 * Budgets per vault and 10 seconds. Operations on keys share one, weighted by what their kind of key may do in it;
 * making keys has its own, importing another. Five vaults' worth is the limit of a subscription.
 * @see https://learn.microsoft.com/azure/key-vault/general/service-limits
 */
type Line = 'create' | 'import' | 'other';

const WINDOW_MS = 10_000;
const SLOT_MS = 100;
const unitsPerWindow: Readonly<Record<Line, number>> = { create: 20, import: 300, other: 4000 };

/** What a transaction takes out of the budget, in units of one operation on a software RSA 2048 key. */
export interface Cost {
  readonly line: Line;
  readonly units: number;
}

/** What was spent in the last 10 seconds, sliding, to a tenth of a second. */
export interface Budget {
  /** Whether it still fits at that moment. */
  fits(cost: Cost, nowMs: number): boolean;
  spend(cost: Cost, nowMs: number): void;
}

/** `vaults` is how many vaults' worth it holds: 1 for a vault, 5 for a subscription. */
export function createBudget(vaults: number): Budget {
  const lines = { create: createLine(), import: createLine(), other: createLine() };
  return {
    fits: (cost, nowMs) => lines[cost.line].spent(nowMs) + cost.units <= unitsPerWindow[cost.line] * vaults,
    spend: (cost, nowMs) => lines[cost.line].add(cost.units, nowMs),
  };
}

/**
 * What one operation costs. A 429 is not counted: the vendor's pages say both. That rotating counts as creating, and that
 * lists and missing keys cost as software RSA 2048 does, is UNCONFIRMED.
 */
export function costOf(operation: OperationName, type: KeyType | undefined): Cost {
  switch (operation) {
    case 'create':
    case 'rotate':
      return { line: 'create', units: type !== undefined && isHsm(type) ? 2 : 1 };
    case 'import':
      return { line: 'import', units: 1 };
    default:
      return { line: 'other', units: type === undefined ? 1 : weightOf(type) };
  }
}

function weightOf(type: KeyType): number {
  const hardware = isHsm(type) ? 2 : 1;
  if ('crv' in type || type.keySize === 2048) return hardware;
  return type.keySize === 3072 ? 4 * hardware : 8 * hardware;
}

function createLine(): { spent(nowMs: number): number; add(units: number, nowMs: number): void } {
  let slots: { readonly at: number; units: number }[] = [];
  let sum = 0;
  const forget = (nowMs: number): void => {
    let stale = 0;
    for (const slot of slots) {
      // A clock set back leaves slots in the future: they are forgotten as well.
      if (slot.at + SLOT_MS > nowMs - WINDOW_MS && slot.at <= nowMs) break;
      sum -= slot.units;
      stale += 1;
    }
    if (stale > 0) slots = slots.slice(stale);
  };
  return {
    spent(nowMs) {
      forget(nowMs);
      return sum;
    },
    add(units, nowMs) {
      forget(nowMs);
      const at = Math.floor(nowMs / SLOT_MS) * SLOT_MS;
      const last = slots.at(-1);
      if (last?.at === at) last.units += units;
      else slots.push({ at, units });
      sum += units;
    },
  };
}
