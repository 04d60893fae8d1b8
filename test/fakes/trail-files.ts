import type { Streams } from '../../shared/storage.ts';
import type { TrailSource } from '../../shared/trail/source.ts';

/** A copy of a trail: its blobs by name. */
export type TrailFiles = ReadonlyMap<string, string | Uint8Array>;

/** A copy of everything in streams. */
export async function copyOf(streams: Pick<Streams, 'list' | 'read'>): Promise<ReadonlyMap<string, string>> {
  const names = await streams.list('');
  return new Map(await Promise.all(names.map(async (name) => [name, (await streams.read(name)) ?? ''] as const)));
}

/** A copy as the verifier reads it. @param partBytes bytes that it gets at a time. Default 1,000 */
export const sourceOf = (files: TrailFiles, partBytes = 1_000): TrailSource => ({
  list: async (prefix) => [...files.keys()].filter((name) => name.startsWith(prefix)).toSorted(),
  async *read(name) {
    const bytes = Buffer.from(files.get(name) ?? '');
    for (let from = 0; from < bytes.length; from += partBytes) yield bytes.subarray(from, from + partBytes);
  },
});
