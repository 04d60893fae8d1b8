import type { Fault, OperationName } from './types.ts';

/** What a request is matched by. */
export interface FaultSubject {
  /** Undefined for Resource Manager. */
  readonly vault: string | undefined;
  readonly key: string | undefined;
  readonly operation: OperationName | undefined;
  /** Undefined until the caller is known. */
  readonly identity: string | undefined;
  readonly method: string;
  /** Undefined for a vault. */
  readonly path?: string;
}

/** The faults planned now. */
export interface FaultPlan {
  add(fault: Fault): () => void;
  clear(): void;
  /** Takes the first planned fault of one of these kinds that fits, and counts it. */
  take(subject: FaultSubject, kinds: readonly Fault['answer']['kind'][]): Fault['answer'] | undefined;
}

/** A plan without faults. */
export function createFaultPlan(): FaultPlan {
  let planned: { readonly fault: Fault; left: number }[] = [];
  return {
    add(fault) {
      const entry = { fault, left: fault.times ?? Number.POSITIVE_INFINITY };
      planned.push(entry);
      return () => {
        planned = planned.filter((other) => other !== entry);
      };
    },
    clear() {
      planned = [];
    },
    take(subject, kinds) {
      for (const entry of planned) {
        if (!kinds.includes(entry.fault.answer.kind) || !fits(entry.fault.match, subject)) continue;
        entry.left -= 1;
        if (entry.left <= 0) planned = planned.filter((other) => other !== entry);
        return entry.fault.answer;
      }
      return undefined;
    },
  };
}

function fits(match: Fault['match'], subject: FaultSubject): boolean {
  return (
    (match.vault === undefined || match.vault.toLowerCase() === subject.vault?.toLowerCase()) &&
    (match.key === undefined || match.key.toLowerCase() === subject.key?.toLowerCase()) &&
    (match.operation === undefined || match.operation === subject.operation) &&
    (match.identity === undefined || match.identity === subject.identity) &&
    (match.method === undefined || match.method.toUpperCase() === subject.method) &&
    (match.path === undefined || subject.path?.toLowerCase().startsWith(match.path.toLowerCase()) === true)
  );
}
