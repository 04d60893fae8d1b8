import { ChannelUnreachable } from '../errors.ts';
import type { MakeChannel } from './channel.ts';
import { errorCode } from './error-code.ts';
import { detailLines, firstLine } from './text.ts';

const id = 'console';

/** Writes alerts to the app's log. Needs no settings. */
export const consoleChannel: MakeChannel = (_settings, { write, now }) => ({
  id,
  async send(alert) {
    try {
      write([firstLine(alert, now()), ...detailLines(alert).map((line) => `  ${line}`)].join('\n'));
    } catch (error) {
      throw new ChannelUnreachable(id, errorCode(error));
    }
  },
});
