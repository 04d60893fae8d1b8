import type { AlertNeeds } from '../../../shared/alerts/channel.ts';

const unasked = () => Promise.reject(new Error('The identity of the app is not to be asked.'));

/** What a channel reaches whose tests have an HTTP server, and no identity. */
export const needsAt = (now: Date, more: Partial<AlertNeeds> = {}): AlertNeeds => ({
  fetch,
  now: () => now,
  publish: unasked,
  token: unasked,
  ...more,
});
