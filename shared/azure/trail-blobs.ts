import type { ContainerClient } from '@azure/storage-blob';
import { StorageUnreachable } from '../errors.ts';
import { placeIn } from './storage-errors.ts';
import { streams } from './streams.ts';

/**
 * The blobs of a trail, to be read as they come: nothing is kept in memory. Both calls throw `StorageUnreachable`. A blob
 * that is not there has no bytes.
 */
export function trailBlobs(client: ContainerClient) {
  const place = placeIn((abortSignal) => client.createIfNotExists({ abortSignal }));
  return {
    list: streams(client).list,
    async *read(name: string): AsyncGenerator<Uint8Array> {
      const doing = `reading ${client.containerName}/${name}`;
      const answer = await place.read(
        doing,
        (abortSignal) => client.getBlobClient(name).download(0, undefined, { abortSignal }),
        {
          BlobNotFound: undefined,
        },
      );
      try {
        for await (const part of answer?.readableStreamBody ?? []) yield Buffer.from(part);
      } catch (error) {
        throw new StorageUnreachable(doing, error);
      }
    },
  };
}
