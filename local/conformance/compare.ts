import type { WireResponse } from '../azure/types.ts';
import type { RecordedAnswer } from './recordings.ts';

/** One place in which an answer differs from what is published or recorded: a sentence that names the place first. */
export type Difference = string;

/** Every place in which the local Azure's answer differs from the recorded one; empty where they agree. */
export function compareAnswers(recorded: RecordedAnswer, answered: WireResponse): readonly Difference[] {
  return [
    ...(recorded.status === answered.status
      ? []
      : [`status: recorded ${recorded.status}, answered ${answered.status} ${answered.body}`]),
    ...compareHeaders(recorded, answered),
    ...compareBodies(recorded, answered),
  ];
}

/** Headers whose absence from a recording is real, so that an answer may not have them either. */
const NEVER_DROPPED = ['content-type', 'location', 'www-authenticate', 'x-ms-keyvault-rbac-assignment-id'];

/** Headers that the TLS port or the HTTP client writes, so that an answer in process need not have them. */
const WRITTEN_BY_TRANSPORT = new Set(['content-length']);

/** Headers made anew for every answer, or with every release: compared by form. Others are compared by value. */
const FORMS: Readonly<Record<string, RegExp>> = {
  'x-ms-request-id': /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  'x-ms-keyvault-service-version': /^\d+(\.\d+){3}$/,
  'x-ms-keyvault-rbac-assignment-id': /^[0-9a-f]{32}$/,
};

function compareHeaders(recorded: RecordedAnswer, answered: WireResponse): readonly Difference[] {
  const expected = Object.keys(recorded.headers).filter((name) => !WRITTEN_BY_TRANSPORT.has(name));
  const forbidden = recorded.allHeaders ? Object.keys(answered.headers) : NEVER_DROPPED;
  const invented = forbidden
    .filter((name) => answered.headers[name] !== undefined && recorded.headers[name] === undefined)
    .filter((name) => !WRITTEN_BY_TRANSPORT.has(name))
    .map((name) => `header ${name}: not recorded, answered ${answered.headers[name]}`);
  return [
    ...expected.flatMap((name) => compareHeader(name, recorded.headers[name] ?? '', answered.headers[name])),
    ...invented,
  ];
}

function compareHeader(name: string, recorded: string, answered: string | undefined): readonly Difference[] {
  if (answered === undefined) return [`header ${name}: recorded ${recorded}, absent from the answer`];
  const form = FORMS[name] ?? maskedForm(recorded);
  const agrees = form === undefined ? recorded === answered : form.test(answered);
  return agrees ? [] : [`header ${name}: recorded ${recorded}, answered ${answered}`];
}

/** `***` in a recorded value stands for something that was masked. */
function maskedForm(recorded: string): RegExp | undefined {
  if (!recorded.includes('***')) return undefined;
  const literal = recorded.split('***').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('.+')}$`);
}

function compareBodies(recorded: RecordedAnswer, answered: WireResponse): readonly Difference[] {
  if (recorded.body === '') return answered.body === '' ? [] : [`body: recorded none, answered ${answered.body}`];
  const parsed = parsedJson(answered.body);
  if (parsed.kind === 'not-json') return [`body: recorded JSON, answered ${answered.body || 'none'}`];
  const differences = compareValues(recorded.body, parsed.value, 'body');
  const length = recorded.headers['content-length'];
  // The wire carries compact JSON: where every member agrees, so must the length, or there is a blank or an escape too many.
  const bytes = String(Buffer.byteLength(answered.body));
  if (differences.length > 0 || recorded.textReplaced || length === undefined || length === bytes) return differences;
  return [`body: recorded ${length} bytes, answered ${bytes}`];
}

/** What JSON a text holds; a text that is none is told apart, for `undefined` could be neither. */
export function parsedJson(
  text: string,
): { readonly kind: 'json'; readonly value: unknown } | { readonly kind: 'not-json' } {
  try {
    const value: unknown = JSON.parse(text);
    return { kind: 'json', value };
  } catch {
    return { kind: 'not-json' };
  }
}

/** Members that have no fixed order on the wire: seen both ways round in recorded keys. */
const SETS = new Set(['key_ops']);

/**
 * Every place in which two parsed JSON values differ, member by member: a member missing or invented, `null` for an
 * absence, other casing, another type, another value. Order counts in lists, but not of members nor in `key_ops`.
 */
export function compareValues(recorded: unknown, answered: unknown, at: string): readonly Difference[] {
  if (Array.isArray(recorded) && Array.isArray(answered)) return compareLists(recorded, answered, at);
  if (isObject(recorded) && isObject(answered)) return compareMembers(recorded, answered, at);
  return Object.is(withoutToken(recorded, at), withoutToken(answered, at))
    ? []
    : [`${at}: recorded ${described(recorded)}, answered ${described(answered)}`];
}

/** The token in a link is its maker's secret; that there is one, where it stands and all else of the link are compared. */
function withoutToken(value: unknown, at: string): unknown {
  return at.endsWith('.nextLink') && typeof value === 'string'
    ? value.replace(/([?&]\$skiptoken=)[^&]+/, '$1…')
    : value;
}

function compareLists(recorded: readonly unknown[], answered: readonly unknown[], at: string): readonly Difference[] {
  const isSet = SETS.has(at.slice(at.lastIndexOf('.') + 1));
  const [expected, found] = isSet ? [sorted(recorded), sorted(answered)] : [recorded, answered];
  if (expected.length !== found.length) {
    return [`${at}: recorded ${expected.length} items, answered ${found.length} (${described(answered)})`];
  }
  return expected.flatMap((item, index) => compareValues(item, found[index], `${at}[${index}]`));
}

function compareMembers(
  recorded: Readonly<Record<string, unknown>>,
  answered: Readonly<Record<string, unknown>>,
  at: string,
): readonly Difference[] {
  const missing = Object.keys(recorded)
    .filter((name) => !Object.hasOwn(answered, name))
    .map((name) => `${at}.${name}: recorded ${described(recorded[name])}, absent from the answer`);
  const invented = Object.keys(answered)
    .filter((name) => !Object.hasOwn(recorded, name))
    .map((name) => `${at}.${name}: not recorded, answered ${described(answered[name])}`);
  const both = Object.keys(recorded).filter((name) => Object.hasOwn(answered, name));
  return [
    ...missing,
    ...invented,
    ...both.flatMap((name) => compareValues(recorded[name], answered[name], `${at}.${name}`)),
  ];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const sorted = (items: readonly unknown[]): readonly unknown[] =>
  [...items].sort((one, other) => described(one).localeCompare(described(other)));

function described(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  const type = value === null ? '' : `${Array.isArray(value) ? 'array' : typeof value} `;
  return `${type}${text.length > 120 ? `${text.slice(0, 120)}…` : text}`;
}
