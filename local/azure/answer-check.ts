import type { WireRequest, WireResponse } from './types.ts';

/** Called with every answer of every local Azure of this process as it leaves. */
export type AnswerCheck = (request: WireRequest, response: WireResponse) => void;

/**
 * The check that `npm run conformance` asks every process of its test run for, child processes too, by two environment
 * variables that they inherit: `LOCAL_AZURE_SCHEMAS` (folder of the published shapes) and `LOCAL_AZURE_ANSWERS` (folder
 * that takes the notes); `LOCAL_AZURE_ARM_SCHEMAS` may name the folder of those of Resource Manager. Undefined without them. Loaded only when asked for, so that nothing else pays for it. Their names
 * do not begin as the app's settings do: it refuses those that it does not know.
 */
export const answerCheck: AnswerCheck | undefined = await loadAnswerCheck();

async function loadAnswerCheck(): Promise<AnswerCheck | undefined> {
  const { LOCAL_AZURE_SCHEMAS: schemas, LOCAL_AZURE_ANSWERS: answers, LOCAL_AZURE_ARM_SCHEMAS: arm } = process.env;
  if (schemas === undefined || answers === undefined) return undefined;
  const { noteAnswers } = await import('../conformance/note-answers.ts');
  return noteAnswers(schemas, answers, arm);
}
