/** What a map held some time ago. */
export interface Earlier<Value> {
  /** How often the map was changed: as long as it stays, so does what the map holds. */
  readonly revision: () => number;
  /** The values as they were `agoMs` ms before `nowMs`; `undefined` where nothing has changed since. */
  readonly asOf: (nowMs: number, agoMs: number) => ReadonlyMap<string, Value> | undefined;
}

/** How long changes are remembered, in ms: no lag is longer. */
export const LONGEST_LAG_MS = 3_600_000;

/** Notes from now on when each entry of the map changes, by whoever changes it. */
export function noteChanges<Value>(map: Map<string, Value>): Earlier<Value> {
  let changes: { readonly atMs: number; readonly key: string; readonly before: Value | undefined }[] = [];
  let revision = 0;
  const note = (key: string): void => {
    const atMs = Date.now();
    revision += 1;
    if ((changes[0]?.atMs ?? atMs) < atMs - 2 * LONGEST_LAG_MS)
      changes = changes.filter((change) => change.atMs >= atMs - LONGEST_LAG_MS);
    changes.push({ atMs, key, before: map.get(key) });
  };
  const { set, delete: remove } = map;
  Object.assign(map, {
    set(key: string, value: Value) {
      note(key);
      return set.call(map, key, value);
    },
    delete(key: string) {
      note(key);
      return remove.call(map, key);
    },
  });
  return {
    revision: () => revision,
    asOf(nowMs, agoMs) {
      if (agoMs <= 0) return undefined;
      const since = changes.filter(({ atMs }) => atMs > nowMs - agoMs);
      if (since.length === 0) return undefined;
      const earlier = new Map(map);
      for (const { key, before } of since.toReversed()) {
        if (before === undefined) earlier.delete(key);
        else earlier.set(key, before);
      }
      return earlier;
    },
  };
}
