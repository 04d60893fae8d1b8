import type { WireResponse } from '../../azure/types.ts';
import { compareAnswers, type Difference } from '../compare.ts';
import type { Exchange, RecordedAnswer } from '../recordings.ts';

/** Headers of one age or one recorder: none of them is in the newest answers, or the transport writes them. */
const GONE = [
  ...['server', 'x-cache', 'x-msedge-ref', 'x-ms-served-by', 'transfer-encoding', 'vary', 'content-length'],
  ...['retry-after', 'x-ms-arm-service-request-id'],
];

/** Values that are made anew for every answer, by what stands in their place. */
const MADE: readonly (readonly [RegExp, string])[] = [
  [/(?<=\/DiskOperations\/)[0-9a-f-]{36}/g, '{operation}'],
  [/(?<=[?&]p=)[0-9a-f-]{36}/g, '{partition}'],
  [/(?<=[?&]t=)\d+/g, '{ticks}'],
  [/(?<=[?&][csh]=)[^&]+/g, '{signature}'],
  [/(?<=[?&](?:\$|%24)skiptoken=)[^&]+/g, '{token}'],
  [/(?<=;)\d+/g, '{left}'],
];
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?[+-]\d\d:\d\d$/;

/** Members that are made anew, with the form that both have to have. */
const MADE_MEMBERS: Readonly<Record<string, RegExp>> = {
  principalId: UUID,
  clientId: UUID,
  startTime: TIME,
  endTime: TIME,
  lastKeyRotationTimestamp: TIME,
};

/** Since 2021 the sentence ends with a link. */
const NOT_FOUND_LINK = ' For more details please go to https://aka.ms/ARMResourceNotFoundFix';
/** Since late 2023 the links to an operation are signed. */
const SIGNATURE = '&t={ticks}&c={signature}&s={signature}&h={signature}';

/** Every place in which the local Azure's answer differs from the recorded one; what is made anew is compared by its form. */
export function compareManagement({ what, answer: recorded }: Exchange, answered: WireResponse): readonly Difference[] {
  // Items that were cut off may have been of other regions.
  const unknown = what.includes('Cut down') ? ['x-ms-original-request-ids'] : [];
  const body = newest(made(recorded.body));
  return compareAnswers(
    {
      ...recorded,
      allHeaders: false,
      body,
      headers: headersOf(recorded.headers, answered.headers, unknown),
      textReplaced: recorded.textReplaced || JSON.stringify(body) !== JSON.stringify(recorded.body),
    },
    {
      ...answered,
      body: answered.body === '' ? '' : laidOut(answered.body, recorded),
      headers: headersOf(answered.headers, {}, unknown),
    },
  );
}

/** The answer with what is made anew replaced, in the layout that it came in, so that its length can be compared where nothing was replaced. */
function laidOut(text: string, recorded: RecordedAnswer): string {
  const value: unknown = JSON.parse(text);
  const replaced = made(value);
  const isSame = JSON.stringify(replaced) === JSON.stringify(value);
  return isSame && !recorded.textReplaced ? text : JSON.stringify(replaced);
}

function headersOf(
  headers: Readonly<Record<string, string>>,
  beside: Readonly<Record<string, string>>,
  unknown: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !GONE.includes(name) && !unknown.includes(name))
      // What the recorder kept of one provider's budgets was renamed over the years: what is compared is that both have them.
      .map(([name, value]) => [name, headerValue(name, value, beside[name])]),
  );
}

function headerValue(name: string, value: string, beside: string | undefined): string {
  if (name.startsWith('x-ms-ratelimit-remaining-')) return '{left}';
  if (name === 'x-ms-original-request-ids') return value.replaceAll(/[0-9a-f-]{36}/g, '{id}');
  if (name === 'x-ms-correlation-request-id' || name === 'x-ms-routing-request-id') return '{id}';
  const replaced = MADE.reduce((text, [what, by]) => text.replaceAll(what, by), value);
  const isUnsigned = beside?.includes('&s=') && !replaced.includes('&s=');
  return isUnsigned ? withPartition(replaced) + SIGNATURE : replaced;
}

/** Until 2021 the links had no partition either. */
const withPartition = (link: string): string =>
  link.includes('p={partition}') ? link : link.replace('?', '?p={partition}&');

function made(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(made);
  if (typeof value === 'string') return MADE.reduce((text, [what, by]) => text.replaceAll(what, by), value);
  if (typeof value !== 'object' || value === null) return value;
  const isOperation = 'status' in value && 'startTime' in value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const form = name === 'name' && isOperation ? UUID : MADE_MEMBERS[name];
      return [name, form !== undefined && typeof member === 'string' && form.test(member) ? `{${name}}` : made(member)];
    }),
  );
}

function newest(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('error' in body)) return body;
  const { error } = body;
  if (typeof error !== 'object' || error === null || !('code' in error) || !('message' in error)) return body;
  const isShort = error.code === 'ResourceNotFound' && !String(error.message).includes(NOT_FOUND_LINK);
  return isShort ? { ...body, error: { ...error, message: `${String(error.message)}${NOT_FOUND_LINK}` } } : body;
}
