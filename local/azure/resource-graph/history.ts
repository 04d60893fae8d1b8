/** What changed lately in a map, so that its values can be read as they were some time ago. */
export interface History<Value> {
  /** Notes that an entry changes now. @param before its value until now; `undefined` where there was none */
  note(key: string, before: Value | undefined): void;
  /** Takes what was noted so far for long past. */
  forget(): void;
  /** How often something was noted. */
  readonly revision: () => number;
  /** The values as they were `agoMs` ms before `nowMs`; the map itself where nothing changed since. */
  asOf(current: ReadonlyMap<string, Value>, nowMs: number, agoMs: number): ReadonlyMap<string, Value>;
}

/** How long changes are remembered, in ms. No lag may be longer. */
const REMEMBERED_MS = 3_600_000;

/** A history in which nothing changed yet. */
export function createHistory<Value>(): History<Value> {
  let changes: { readonly atMs: number; readonly key: string; readonly before: Value | undefined }[] = [];
  let revision = 0;
  return {
    note(key, before) {
      const atMs = Date.now();
      revision += 1;
      const [oldest] = changes;
      if (oldest !== undefined && oldest.atMs < atMs - 2 * REMEMBERED_MS)
        changes = changes.filter((change) => change.atMs >= atMs - REMEMBERED_MS);
      changes.push({ atMs, key, before });
    },
    forget() {
      changes = [];
    },
    revision: () => revision,
    asOf(current, nowMs, agoMs) {
      const since = agoMs > 0 ? changes.filter(({ atMs }) => atMs > nowMs - agoMs) : [];
      if (since.length === 0) return current;
      const earlier = new Map(current);
      for (const { key, before } of since.toReversed()) {
        if (before === undefined) earlier.delete(key);
        else earlier.set(key, before);
      }
      return earlier;
    },
  };
}
