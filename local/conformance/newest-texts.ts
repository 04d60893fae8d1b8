import { z } from 'zod';
import type { Exchange } from './recordings.ts';

const errorBody = z.object({
  error: z.object({ code: z.string(), message: z.string(), innererror: z.object({ code: z.string() }).optional() }),
});

const AUTHORITY = /(authorization="https:\/\/)([^/"]+)(\/)/;

/** Headers that came until 2020 (service version 1.1) and with no later answer. */
const GONE = ['server', 'x-aspnet-version', 'x-powered-by'];

/** What a recorder wrote over a part of a text. */
const REDACTED = 'REDACTED';

/**
 * The exchanges with what changed over the years replaced by the newest recorded: the message of an error, told apart by
 * service, status, codes and path, the authority in a challenge, and the headers of vaults. Their recorded `date` says which
 * is newest. A message goes from one key to another, its name aside.
 */
export function withNewestTexts(exchanges: readonly Exchange[]): readonly Exchange[] {
  const byAge = [...exchanges].sort((one, other) => dateOf(one) - dateOf(other));
  const messages = new Map<string, string>();
  const authorities = new Map<string, string>();
  for (const exchange of byAge) {
    const message = errorBody.safeParse(exchange.answer.body).data?.error.message;
    if (message !== undefined && !message.includes(REDACTED))
      messages.set(kindOfError(exchange), renamed(message, nameIn(exchange), '{name}'));
    const authority = exchange.answer.headers['www-authenticate']?.match(AUTHORITY)?.[2];
    if (authority !== undefined) authorities.set(serviceOf(exchange), authority);
  }
  return exchanges.map((exchange) => {
    const message = messages.get(kindOfError(exchange))?.replaceAll('{name}', nameIn(exchange));
    return withTexts(exchange, message, authorities.get(serviceOf(exchange)));
  });
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
      textReplaced: answer.textReplaced || replaced,
      body: replaced ? withMessage(answer.body, message) : answer.body,
      headers: {
        ...withNewestHeaders(answer.headers),
        ...(challenge === undefined || authority === undefined
          ? {}
          : { 'www-authenticate': challenge.replace(AUTHORITY, `$1${authority}$3`) }),
      },
    },
  };
}

const NETWORK_INFO = 'x-ms-keyvault-network-info';

/** A vault tells the type of a connection since the summer of 2020. */
function withNewestHeaders(headers: Exchange['answer']['headers']): Exchange['answer']['headers'] {
  const network = headers[NETWORK_INFO];
  if (network === undefined) return headers;
  return {
    ...Object.fromEntries(Object.entries(headers).filter(([name]) => !GONE.includes(name))),
    [NETWORK_INFO]: network.startsWith('addr=') ? `conn_type=Ipv4;${network}` : network,
  };
}

/** Loose, so that a member beside code and message is still compared. */
const openErrorBody = z.looseObject({ error: z.looseObject({}) });

function withMessage(body: unknown, message: string): unknown {
  const open = openErrorBody.parse(body);
  return { ...open, error: { ...open.error, message } };
}

/** A message names what was asked for, so texts are of one kind only where nothing in the path differs but a key's name: a challenge's do not depend on it. */
function kindOfError(exchange: Exchange): string {
  const { status, body } = exchange.answer;
  const error = errorBody.safeParse(body).data?.error;
  const path = renamed(exchange.url.pathname, nameIn(exchange), '{name}').replace(/\/$/, '');
  const subject = status === 401 ? '' : path;
  return [serviceOf(exchange), status, error?.code, error?.innererror?.code, subject].join(' ');
}

/** Of the key that a path of a vault names; empty where it names none. */
const nameIn = ({ url }: Exchange): string => url.pathname.match(/^\/(?:deleted)?keys\/([\w-]+)/)?.[1] ?? '';

/** The text with a whole word of it replaced. */
const renamed = (text: string, name: string, by: string): string =>
  name === '' ? text : text.replaceAll(new RegExp(`(?<![\\w-])${name}(?![\\w-])`, 'g'), by);

/** The service is the host without its first label, so that all vaults are one. */
function serviceOf(exchange: Exchange): string {
  return exchange.url.hostname.slice(exchange.url.hostname.indexOf('.') + 1);
}

function dateOf(exchange: Exchange): number {
  const date = Date.parse(exchange.answer.headers.date ?? '');
  return Number.isNaN(date) ? 0 : date;
}
