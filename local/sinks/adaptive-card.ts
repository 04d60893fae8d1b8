import * as z from 'zod';

const textRun = z.strictObject({
  type: z.literal('TextRun'),
  text: z.string().min(1),
  weight: z.enum(['Lighter', 'Default', 'Bolder']).optional(),
  color: z.enum(['Default', 'Dark', 'Light', 'Accent', 'Good', 'Warning', 'Attention']).optional(),
  fontType: z.enum(['Default', 'Monospace']).optional(),
});

const openUrl = z.strictObject({
  type: z.literal('Action.OpenUrl'),
  title: z.string().min(1),
  url: z.url().startsWith('https://portal.azure.com/'),
});

const richTextBlock = z.strictObject({ type: z.literal('RichTextBlock'), inlines: z.array(textRun).min(1) });

/**
 * An Adaptive Card 1.4 of the elements that alerts use, and of no other: none of them takes markdown, and an action can only
 * open the Azure portal.
 *
 * @see https://adaptivecards.io/schemas/adaptive-card.json
 */
export const adaptiveCard = z.strictObject({
  $schema: z.literal('http://adaptivecards.io/schemas/adaptive-card.json'),
  type: z.literal('AdaptiveCard'),
  version: z.literal('1.4'),
  body: z.array(richTextBlock).min(1),
  actions: z.array(openUrl).min(1).max(5).optional(),
});

/** A message with a card, as a workflow takes it. Without `attachments` the workflow fails after it has answered. */
export const teamsMessage = z.strictObject({
  type: z.literal('message'),
  attachments: z.tuple([
    z.strictObject({
      contentType: z.literal('application/vnd.microsoft.card.adaptive'),
      contentUrl: z.null(),
      content: adaptiveCard,
    }),
  ]),
});
