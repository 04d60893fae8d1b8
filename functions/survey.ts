import { app } from '@azure/functions';
import { compose } from '../shared/compose.ts';
import { surveyorMessage } from '../shared/domain/survey.ts';
import { received } from '../shared/senses/received.ts';
import { takeAsked } from '../shared/senses/survey/take-asked.ts';

/** Reads what hangs on which key, whether some disk encryption sets follow a new version, or who reaches some vaults. Throws when storage is unreachable or the policy cannot be used: what was known stays, and the tick plans both again. */
export const survey = async (message: unknown): Promise<void> =>
  received('survey', surveyorMessage, message, compose().ports, takeAsked);

app.storageQueue('survey', { queueName: 'surveys', connection: 'RegisterStorage', handler: survey });
