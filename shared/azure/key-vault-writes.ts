import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import * as z from 'zod';
import type { AttributeChange } from '../domain/key.ts';

const REQUEST_ID = 'x-key-guardian-request-id';
const NOT_BEFORE = 'x-key-guardian-nbf';
const EXPIRES = 'x-key-guardian-exp';

/** Headers by which a write passes its request id and dates to `exactWrites`, which removes them from the request. */
export function headersOf(requestId: string, { notBefore, expiresOn }: AttributeChange): Record<string, string> {
  return {
    [REQUEST_ID]: requestId,
    ...(notBefore === undefined ? {} : { [NOT_BEFORE]: unixSeconds(notBefore) }),
    ...(expiresOn === undefined ? {} : { [EXPIRES]: unixSeconds(expiresOn) }),
  };
}

const unixSeconds = (moment: Date): string => String(Math.floor(moment.getTime() / 1000));

const patch = z.looseObject({ attributes: z.looseObject({}) });

/**
 * Puts the intent's id into `x-ms-client-request-id`, which the client would replace, and the dates as whole Unix
 * seconds into the body: the client's serializer cuts them to 32 bits, which turns 2050 into a year before 1970.
 */
export const exactWrites: PipelinePolicy = {
  name: 'exactWrites',
  async sendRequest(request, next) {
    const requestId = request.headers.get(REQUEST_ID);
    const nbf = request.headers.get(NOT_BEFORE);
    const exp = request.headers.get(EXPIRES);
    for (const name of [REQUEST_ID, NOT_BEFORE, EXPIRES]) request.headers.delete(name);
    if (requestId !== undefined) {
      request.headers.set('x-ms-client-request-id', requestId);
      request.requestId = requestId;
    }
    if (request.method === 'PATCH' && typeof request.body === 'string' && (nbf !== undefined || exp !== undefined)) {
      const body = patch.parse(JSON.parse(request.body));
      const dates = {
        ...(nbf === undefined ? {} : { nbf: Number(nbf) }),
        ...(exp === undefined ? {} : { exp: Number(exp) }),
      };
      request.body = JSON.stringify({ ...body, attributes: { ...body.attributes, ...dates } });
    }
    return next(request);
  },
};
