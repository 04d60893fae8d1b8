import { app } from '@azure/functions';
import { compose } from '../shared/compose.ts';
import { surveyMessage } from '../shared/domain/survey.ts';
import { received } from '../shared/senses/received.ts';
import { survey as surveyNow } from '../shared/senses/survey/survey.ts';

/** Reads what hangs on which key. Throws when storage is unreachable or the policy cannot be used: what was known stays, and the tick plans another survey. */
export const survey = async (message: unknown): Promise<void> =>
  received('survey', surveyMessage, message, compose().ports, surveyNow);

app.storageQueue('survey', { queueName: 'surveys', connection: 'RegisterStorage', handler: survey });
