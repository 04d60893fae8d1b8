import { z } from 'zod';
import type { Exchange } from './recordings.ts';

const errorBody = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

const AUTHORITY = /(authorization="https:\/\/)([^/"]+)(\/)/;

/**
 * The exchanges with the texts that changed over the years replaced by the newest recorded ones: the message of an
 * error, told apart by host, status and code, and the authority in a challenge. Their recorded `date` says which is newest.
 */
export function withNewestTexts(exchanges: readonly Exchange[]): readonly Exchange[] {
  const byAge = [...exchanges].sort((one, other) => dateOf(one) - dateOf(other));
  const messages = new Map<string, string>();
  const authorities = new Map<string, string>();
  for (const exchange of byAge) {
    const message = errorBody.safeParse(exchange.answer.body).data?.error.message;
    if (message !== undefined) messages.set(kindOfError(exchange), message);
    const authority = exchange.answer.headers['www-authenticate']?.match(AUTHORITY)?.[2];
    if (authority !== undefined) authorities.set(serviceOf(exchange), authority);
  }
  return exchanges.map((exchange) =>
    withTexts(exchange, messages.get(kindOfError(exchange)), authorities.get(serviceOf(exchange))),
  );
}

function withTexts(exchange: Exchange, message: string | undefined, authority: string | undefined): Exchange {
  const { answer } = exchange;
  const parsed = errorBody.safeParse(answer.body);
  const challenge = answer.headers['www-authenticate'];
  const replaced = parsed.success && message !== undefined && parsed.data.error.message !== message;
  return {
    ...exchange,
    answer: {
      ...answer,
      textReplaced: replaced,
      body: replaced ? withMessage(answer.body, message) : answer.body,
      headers:
        challenge === undefined || authority === undefined
          ? answer.headers
          : { ...answer.headers, 'www-authenticate': challenge.replace(AUTHORITY, `$1${authority}$3`) },
    },
  };
}

/** Loose, so that a member beside code and message is still compared. */
const openErrorBody = z.looseObject({ error: z.looseObject({}) });

function withMessage(body: unknown, message: string): unknown {
  const open = openErrorBody.parse(body);
  return { ...open, error: { ...open.error, message } };
}

/** A message names what was asked for, so texts are of one kind only where nothing in the path differs: a challenge's do not depend on it. */
function kindOfError(exchange: Exchange): string {
  const { status, body } = exchange.answer;
  const code = errorBody.safeParse(body).data?.error.code ?? '';
  const subject = status === 401 ? '' : exchange.url.pathname;
  return [serviceOf(exchange), status, code, subject].join(' ');
}

/** The service is the host without its first label, so that all vaults are one. */
function serviceOf(exchange: Exchange): string {
  return exchange.url.hostname.slice(exchange.url.hostname.indexOf('.') + 1);
}

function dateOf(exchange: Exchange): number {
  const date = Date.parse(exchange.answer.headers.date ?? '');
  return Number.isNaN(date) ? 0 : date;
}
