import type { AlertContent } from '../domain/incident.ts';
import { ChannelUnreachable } from '../errors.ts';
import type { AlertLog, MakeChannel } from './channel.ts';
import { errorCode } from './error-code.ts';
import { detailLines, firstLine } from './text.ts';

const id = 'console';

/** Writes each alert to the app's log, as one record: for on-call an error, for operators a warning, of a resolved incident an information. Needs no settings. */
export const consoleChannel: MakeChannel = (_settings, { now }) => ({
  id,
  reader: 'log',
  async send(alert, log) {
    const at = now();
    const text = [firstLine(alert, at), ...detailLines(alert, at).map((line) => `  ${line}`)].join('\n');
    try {
      // Not by the console: what is written there becomes a record a line, all of them informations.
      log[levelOf(alert)](text);
    } catch (error) {
      throw new ChannelUnreachable(id, errorCode(error));
    }
  },
});

function levelOf({ event, incident }: AlertContent): keyof AlertLog {
  if (event === 'resolved' || incident.state === 'resolved') return 'info';
  return incident.audience === 'on-call' ? 'error' : 'warn';
}
