import { ChannelMisconfigured } from '../../../../shared/errors.ts';
import { channelMisconfigured } from '../../../../shared/incidents/kinds/channel-misconfigured.ts';
import { AT, describeKind } from './table.ts';

describeKind(channelMisconfigured, [
  [
    'names each channel and what is wrong with its settings',
    channelMisconfigured.draft(
      [new ChannelMisconfigured('webhook', 'its address is not https'), new ChannelMisconfigured('pager', 'no key')],
      AT,
    ),
    {
      subject: { vault: '-' },
      summary:
        'The alert channel webhook cannot be used: its address is not https. The alert channel pager cannot be used: no key.',
    },
  ],
]);
