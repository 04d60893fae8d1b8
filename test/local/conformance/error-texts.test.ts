import { describe, expect, test } from 'vitest';
import { parseErrors, textComplaint } from '../../../local/conformance/error-texts.ts';

const published = parseErrors({
  errors: [
    body('gone', 404, 'KeyNotFound', "A key (name/id) '{name}' is not here."),
    {
      ...body('denied', 403, 'Forbidden', 'Secrets denied on {vault}.', 'Denied'),
      messageForKeys: '... no keys on {vault}.',
    },
    body('dates', 403, 'Forbidden', '(text not known)'),
    body('lines', 409, 'Conflict', 'Line  {n}\r\n'),
    body('scope', 403, 'Forbidden', "Resource: '/vaults/{vault}/keys/{name}' refused", 'Rbac'),
  ],
});

function body(
  id: string,
  status: number,
  code: string,
  message: string,
  inner?: string,
): Readonly<Record<string, unknown>> {
  return { id, status, body: error(code, message, inner) };
}

function error(code: string, message: string, inner?: string): unknown {
  return { error: { code, message, ...(inner === undefined ? {} : { innererror: { code: inner } }) } };
}

describe('a text is accepted', () => {
  test.each([
    ['with any name in the braces', 404, error('KeyNotFound', "A key (name/id) 'disk-1/0123' is not here.")],
    ['with nothing in the braces', 404, error('KeyNotFound', "A key (name/id) '' is not here.")],
    ['in its wording for keys, with any beginning', 403, error('Forbidden', 'The user has no keys on one.', 'Denied')],
    ['with any wording where none is known', 403, error('Forbidden', 'Too late.')],
    ['with blanks and line breaks as published', 409, error('Conflict', 'Line  2\r\n')],
    ['of a key in its resource', 403, error('Forbidden', "Resource: '/vaults/one/keys/disk' refused", 'Rbac')],
    ['of a list with the vault as its resource', 403, error('Forbidden', "Resource: '/vaults/one' refused", 'Rbac')],
    ['under 400, of which not every text is published', 400, error('BadParameter', 'Nonsense.')],
    ['under 500, of which none is', 500, error('InternalServerError', 'Sorry.')],
  ])('%s', (_name, status, answered) => {
    expect(textComplaint(published, status, answered)).toBeUndefined();
  });
});

describe('a text is rejected', () => {
  test.each([
    ['in other words', 404, error('KeyNotFound', 'No such key.')],
    ['under another status', 403, error('KeyNotFound', "A key (name/id) 'disk' is not here.")],
    ['under another code', 404, error('NotFound', "A key (name/id) 'disk' is not here.")],
    ['with an inner code it has not', 404, error('KeyNotFound', "A key (name/id) 'disk' is not here.", 'Gone')],
    ['with something after it', 404, error('KeyNotFound', "A key (name/id) 'disk' is not here. Sorry.")],
    ['under a status told in full that has none', 429, error('Throttled', 'Slow down.')],
    ['in its wording for secrets', 403, error('Forbidden', 'Secrets denied on one.', 'Denied')],
    ['with one blank for two', 409, error('Conflict', 'Line 2\r\n')],
  ])('%s', (_name, status, answered) => {
    expect(textComplaint(published, status, answered)).toContain(`no published ${status} has`);
  });
});
