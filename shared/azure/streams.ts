import type { BlobItem, ContainerClient } from '@azure/storage-blob';
import type { Streams } from '../storage.ts';
import { bytesOf, DOWNLOAD_TIMEOUT_MS, textOf } from './blob-text.ts';
import { onePage } from './pages.ts';
import { placeIn } from './storage-errors.ts';

/**
 * Append blobs of one container. The client repeats a call whose answer was lost, so an `append` that succeeded may return
 * 'moved': read the end of the blob to find out whose block it is. Appending to a blob that does not exist is 'moved'.
 *
 * @see https://learn.microsoft.com/rest/api/storageservices/append-block
 */
export function streams(client: ContainerClient): Streams {
  const container = client.containerName;
  const place = placeIn((abortSignal) => client.createIfNotExists({ abortSignal }));
  const absent = { BlobNotFound: undefined, ContainerNotFound: undefined };

  async function listed(prefix: string): Promise<readonly BlobItem[]> {
    // The service gives names in order.
    const blobs: BlobItem[] = [];
    let continuationToken: string | undefined;
    do {
      const page = await place.read(
        `listing ${container}/${prefix}`,
        (abortSignal) => onePage(client.listBlobsFlat({ prefix, abortSignal }), continuationToken),
        { ContainerNotFound: undefined },
      );
      blobs.push(...(page?.segment.blobItems ?? []));
      continuationToken = page?.continuationToken || undefined;
    } while (continuationToken !== undefined);
    return blobs;
  }

  return {
    state: (name) =>
      place.read(
        `reading the state of ${container}/${name}`,
        async (abortSignal) => {
          const properties = await client.getAppendBlobClient(name).getProperties({ abortSignal });
          return { sizeBytes: properties.contentLength ?? 0, blocks: properties.blobCommittedBlockCount ?? 0 };
        },
        absent,
      ),

    create: (name) =>
      place.write(
        `making ${container}/${name}`,
        async (abortSignal) => {
          const ifNew = { conditions: { ifNoneMatch: '*' }, abortSignal };
          await client.getAppendBlobClient(name).create(ifNew);
          return true;
        },
        { BlobAlreadyExists: false },
      ),

    append: (name, text, atSizeBytes) =>
      place.write<'appended' | 'moved' | 'full', 'moved' | 'full'>(
        `appending to ${container}/${name}`,
        async (abortSignal) => {
          const body = Buffer.from(text);
          const ifStill = { conditions: { appendPosition: atSizeBytes }, abortSignal };
          await client.getAppendBlobClient(name).appendBlock(body, body.length, ifStill);
          return 'appended';
        },
        { AppendPositionConditionNotMet: 'moved', BlobNotFound: 'moved', BlockCountExceedsLimit: 'full' },
      ),

    read: (name, fromByte = 0, untilByte) =>
      place.read<string | undefined, string | undefined>(
        `reading ${container}/${name}`,
        (abortSignal) => textOf(client.getBlobClient(name), abortSignal, fromByte, untilByte),
        { ...absent, InvalidRange: '' },
        DOWNLOAD_TIMEOUT_MS,
      ),

    bytes: (name, fromByte, untilByte) =>
      place.read<Uint8Array | undefined, Uint8Array | undefined>(
        `reading ${container}/${name}`,
        (abortSignal) => bytesOf(client.getBlobClient(name), abortSignal, fromByte, untilByte),
        { ...absent, InvalidRange: new Uint8Array() },
        DOWNLOAD_TIMEOUT_MS,
      ),

    list: async (prefix) => (await listed(prefix)).map(({ name }) => name),

    changes: async (prefix) =>
      (await listed(prefix)).map(({ name, properties }) => ({ name, changedAt: properties.lastModified })),
  };
}
