/** Every api-version the keys surface has had since 7.0, oldest first, previews before the version they led to: `7.1-preview` had no `recoverableDays` yet (`recordings-estate/keys`). @see https://learn.microsoft.com/rest/api/keyvault/ */
const apiVersions: readonly string[] = [
  '7.0',
  '7.1-preview',
  '7.1',
  '7.2-preview',
  '7.2',
  '7.3-preview',
  '7.3',
  '7.4-preview.1',
  '7.4',
  '7.5-preview.1',
  '7.5',
  '7.6-preview.1',
  '7.6-preview.2',
  '7.6',
  '2025-06-01-preview',
  '2025-07-01',
  '2026-01-01-preview',
  '2026-03-01-preview',
  '2026-04-01',
  '2026-05-01-preview',
  '2026-07-01-preview',
];

/** The newest stable one, which the answer to an unknown one names. */
export const latestApiVersion = '2026-04-01';

/** Whether the keys surface has that api-version. */
export function isApiVersion(version: string): boolean {
  return apiVersions.includes(version);
}

/** Whether `version` is `since` or newer. Both must be known. */
export function isSince(version: string, since: string): boolean {
  return apiVersions.indexOf(version) >= apiVersions.indexOf(since);
}
