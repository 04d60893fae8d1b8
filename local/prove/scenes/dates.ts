import { DAY_MS, later, MINUTE_MS, SECOND_MS, wholeSecond } from '../../../shared/domain/time.ts';
import { scene, type Verdict, verdict } from '../fact.ts';
import { type Said, spellSaid } from '../person.ts';
import {
  type Arrived,
  attack,
  type Bundle,
  bundleIn,
  isDone,
  isForbidden,
  makeVersion,
  readRaw,
  spellAnswer,
  spellWait,
  undo,
  untilSaid,
  wrap,
  wrapped,
} from '../stage.ts';

/** What was observed while a version expired, became not yet valid, and got dates of the guardian's. */
export interface Dating {
  readonly expiry: Attacked;
  /** The answer to `exp: null`, and the version after it. */
  readonly expiryRemoved: { readonly said: Said; readonly after: Bundle };
  readonly tenYears: Moved;
  readonly after2038: Moved;
  readonly notBefore: Attacked;
  readonly notBeforeRemoved: { readonly said: Said; readonly after: Bundle };
  readonly notBeforeBack: Moved & { readonly wraps: Waited };
}

type Waited = Arrived<Said> & { readonly isAsWanted: boolean };

interface Attacked {
  readonly said: Said;
  readonly wrap: Waited;
  readonly unwrap: Said;
}

/** A date that the guardian set: the answer, and what the vault shows then. Dates in whole Unix seconds. */
interface Moved {
  readonly undone: Parameters<typeof spellAnswer>[0];
  readonly wanted: number;
  readonly shown: number | undefined;
}

const WITHIN_MS = MINUTE_MS;
/** As far as the rule `version-expiring` sets an expiry. */
const TEN_YEARS_MS = 3650 * DAY_MS;
const AFTER_2038 = new Date(Date.UTC(2050, 0, 1));

const unix = (moment: Date): number => Math.floor(moment.getTime() / SECOND_MS);
const spellWaited = (waited: Waited): string =>
  `${spellSaid(waited.value)} ${spellWait(waited.isAsWanted ? waited : undefined, WITHIN_MS)}`;
const refusesWrap = ({ said, wrap }: Attacked): Verdict =>
  verdict(isDone(said) && wrap.isAsWanted, `update: ${spellSaid(said)}; wrap: ${spellWaited(wrap)}`);
const unwraps = ({ unwrap }: Attacked): Verdict => verdict(isDone(unwrap), `unwrap: ${spellSaid(unwrap)}`);
const stays = (date: 'exp' | 'nbf', { said, after }: Dating['expiryRemoved']): Verdict =>
  verdict(after[date] !== undefined, `${spellSaid(said)}; the date is ${after[date] === undefined ? 'gone' : 'there'}`);
const isShown = ({ undone, wanted, shown }: Moved): boolean => undone.kind === 'ok' && shown === wanted;
const spellMoved = ({ undone, wanted, shown }: Moved): string =>
  `update: ${spellAnswer(undone)}; ${shown === wanted ? 'the vault shows that date' : `the vault shows ${shown === undefined ? 'none' : `one ${shown - wanted} s from it`}`}`;

export const dates = scene<Dating>({
  says: 'Have a version expire and become not yet valid, and have the guardian set its dates.',
  facts: [
    {
      id: 'expired-version-refuses-wrap',
      claim: 'An expiry in the past is taken, and within a minute the version refuses to wrap with 403.',
      matters: 'the urgency: new disks and starting machines need to wrap',
      source: 'https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#date-time-controlled-operations',
      judge: ({ expiry }) => refusesWrap(expiry),
    },
    {
      id: 'expired-version-unwraps',
      claim: 'An expired version still unwraps.',
      matters: 'how urgent an expiry is for machines that run',
      source: 'https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#date-time-controlled-operations',
      judge: ({ expiry }) => unwraps(expiry),
    },
    {
      id: 'expiry-not-removed',
      claim: 'An update with `exp: null` does not remove the expiry.',
      matters: 'setting an expiry ten years ahead: where one can be removed, the guardian could restore "none"',
      judge: ({ expiryRemoved }) => stays('exp', expiryRemoved),
    },
    {
      id: 'expiry-ten-years-ahead',
      claim: 'The guardian’s update sets an expiry ten years ahead.',
      matters: 'undoing an expiry that was set where none was approved',
      judge: ({ tenYears }) => verdict(isShown(tenYears), spellMoved(tenYears)),
    },
    {
      id: 'expiry-after-2038',
      claim: 'The guardian’s update sets an expiry after 2038, and the vault shows that date.',
      matters: 'restoring an approved expiry of that kind: the client cuts such dates, the guardian puts them back',
      judge: ({ after2038 }) => verdict(isShown(after2038), spellMoved(after2038)),
    },
    {
      id: 'not-yet-valid-version-refuses-wrap',
      claim: 'A not-before in the future is taken, and within a minute the version refuses to wrap with 403.',
      matters: 'the urgency: new disks and starting machines need to wrap',
      source: 'https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#date-time-controlled-operations',
      judge: ({ notBefore }) => refusesWrap(notBefore),
    },
    {
      id: 'not-yet-valid-version-unwraps',
      claim: 'A version that is not yet valid still unwraps.',
      matters: 'how urgent it is for machines that run',
      source: 'https://learn.microsoft.com/azure/key-vault/keys/about-keys-details#date-time-controlled-operations',
      judge: ({ notBefore }) => unwraps(notBefore),
    },
    {
      id: 'not-before-not-removed',
      claim: 'An update with `nbf: null` does not remove the not-before.',
      matters: 'setting it to the time at which the version was made',
      judge: ({ notBeforeRemoved }) => stays('nbf', notBeforeRemoved),
    },
    {
      id: 'not-before-moved-back',
      claim:
        'The guardian’s update moves the not-before to the time at which the version was made, and within a minute it wraps again.',
      matters: 'undoing a not-before that was set where none was approved',
      judge: ({ notBeforeBack }) =>
        verdict(
          isShown(notBeforeBack) && notBeforeBack.wraps.isAsWanted,
          `${spellMoved(notBeforeBack)}; wrap: ${spellWaited(notBeforeBack.wraps)}`,
        ),
    },
  ],
  async play(stage) {
    const made = await makeVersion(stage, 'dates');
    const { vault } = stage;
    const { key, version } = made;
    const unwrap = await wrapped(stage, made);
    const restore = (change: { readonly expiresOn?: Date; readonly notBefore?: Date }) =>
      undo(stage, { kind: 'restore-version', vault, key, version, change });
    const shown = async (): Promise<Bundle> => bundleIn('reading a version', await readRaw(stage, made));
    const attacked = async (attributes: object): Promise<Attacked> => ({
      said: await attack(stage, made, { attributes }),
      wrap: await untilSaid(stage, WITHIN_MS, () => wrap(stage, made), isForbidden),
      unwrap: await unwrap(),
    });
    const removed = async (attributes: object) => ({
      said: await attack(stage, made, { attributes }),
      after: await shown(),
    });
    const expiresOn = async (date: Date): Promise<Moved> => ({
      undone: await restore({ expiresOn: date }),
      wanted: unix(date),
      shown: (await shown()).exp,
    });

    const expiry = await attacked({ exp: unix(later(stage.now(), -DAY_MS)) });
    const expiryRemoved = await removed({ exp: null });
    const tenYears = await expiresOn(later(wholeSecond(stage.now()), TEN_YEARS_MS));
    const after2038 = await expiresOn(AFTER_2038);
    const notBefore = await attacked({ nbf: unix(later(stage.now(), DAY_MS)) });
    const notBeforeRemoved = await removed({ nbf: null });
    const notBeforeBack = {
      undone: await restore({ notBefore: new Date(made.created * SECOND_MS) }),
      wanted: made.created,
      wraps: await untilSaid(stage, WITHIN_MS, () => wrap(stage, made), isDone),
      shown: (await shown()).nbf,
    };
    return { expiry, expiryRemoved, tenYears, after2038, notBefore, notBeforeRemoved, notBeforeBack };
  },
});
