/**
 * The same plain data, with halves of surrogate pairs in its strings and names replaced by U+FFFD. Names of people and keys
 * come from outside, and neither UTF-8 nor RFC 8785 can represent such a half. Where two names become equal, the later
 * member is kept.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8785#section-3.2.2.2
 */
export function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name.toWellFormed(), wellFormed(member)]));
}
