import { expect, test } from 'vitest';
import { escaped, escapedAddress } from '../../../shared/domain/escaped.ts';

test.each([
  'mallory@contoso.example',
  'bob_fabrikam.com#EXT#@contoso.example',
  "Zoë O'Neill (admin)",
  '山田 太郎',
  '/subscriptions/3/resourceGroups/rg-1/providers/Microsoft.Compute/diskEncryptionSets/des_1',
  '7c0ffee0-5555-4d1e-9c0d-de5de5de5d05',
])('a usual name is left as it is: %s', (name) => {
  expect(escaped(name)).toBe(name);
});

test.each([
  ['a link', 'https://evil.example/x', String.raw`https\u003a//evil.example/x`],
  ['a link without a scheme', 'WWW.evil.example', String.raw`WWW\u002eevil.example`],
  ['a link of Markdown', '[x](y)', String.raw`\u005bx\u005d(y)`],
  ['a link of Slack', '<y|x>', String.raw`\u003cy\u007cx\u003e`],
  ['markup', '**a** `b`', String.raw`\u002a\u002aa\u002a\u002a \u0060b\u0060`],
  ['a command', 'a; $(b) && c', String.raw`a\u003b \u0024(b) \u0026\u0026 c`],
  ['a line of its own', 'a\r\nb', String.raw`a\u000d\u000ab`],
  ['text from right to left', 'a\u202eb', String.raw`a\u202eb`],
  ['half a character', '\ud800', String.raw`\ud800`],
  ['a picture', '🔑', String.raw`\ud83d\udd11`],
])('a name is no %s', (_, name, text) => {
  expect(escaped(name)).toBe(text);
  expect(escaped(text)).toBe(text);
});

test.each([512, 513, 60_000])('a name of %i characters has 512 at most', (characters) => {
  expect(escaped('a'.repeat(characters))).toBe(`${'a'.repeat(512)}${characters > 512 ? '…' : ''}`);
});

test.each([
  ['203.0.113.10', '203.0.113.10'],
  ['2001:db8::1', '2001:db8::1'],
  ['https://evil', String.raw`https\u003a//evil`],
])('the address %s is shown as %s', (address, text) => {
  expect(escapedAddress(address)).toBe(text);
});
