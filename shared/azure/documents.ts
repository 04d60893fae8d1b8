import type { ContainerClient } from '@azure/storage-blob';
import type { Documents } from '../storage.ts';
import { DOWNLOAD_TIMEOUT_MS, textOf } from './blob-text.ts';
import { placeIn } from './storage-errors.ts';

/**
 * Block blobs of one container, each written once.
 *
 * @see https://learn.microsoft.com/rest/api/storageservices/put-blob
 */
export function documents(client: ContainerClient): Documents {
  const container = client.containerName;
  const place = placeIn((abortSignal) => client.createIfNotExists({ abortSignal }));
  return {
    create: (name, content) =>
      place.write(
        `writing ${container}/${name}`,
        async (abortSignal) => {
          const body = Buffer.from(content);
          const ifNew = { conditions: { ifNoneMatch: '*' }, abortSignal };
          const asText = { blobHTTPHeaders: { blobContentType: 'text/plain; charset=utf-8' } };
          await client.getBlockBlobClient(name).upload(body, body.length, { ...ifNew, ...asText });
          return true;
        },
        { BlobAlreadyExists: false },
      ),

    read: (name) =>
      place.read<string | undefined, undefined>(
        `reading ${container}/${name}`,
        (abortSignal) => textOf(client.getBlobClient(name), abortSignal, 0),
        { BlobNotFound: undefined, ContainerNotFound: undefined },
        DOWNLOAD_TIMEOUT_MS,
      ),
  };
}
