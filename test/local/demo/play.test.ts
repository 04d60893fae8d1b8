import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { localFolder } from '../../../local/guardian-folder.ts';

const at = z.iso.datetime().nullable();
const result = z.strictObject({
  ok: z.boolean(),
  steps: z.array(
    z.strictObject({
      name: z.string(),
      ok: z.boolean(),
      actor: z.string().nullable(),
      act: z.string().nullable(),
      outcome: z.string(),
      alerts: z.array(
        z.strictObject({ kind: z.string(), audience: z.string(), title: z.string(), summary: z.string() }),
      ),
      actedAt: at,
      detectedAt: at,
      restoredAt: at,
      restoreMs: z.number().nullable(),
    }),
  ),
});

const APPROVED = 'approval-lets-a-disable-stand';
/** What each step comes to, in the order in which they are played. */
const OUTCOMES: Readonly<Record<string, RegExp>> = {
  disable: /^undone by the guardian after \d+\.\d s$/,
  delete: /^undone by the guardian after \d+\.\d s$/,
  'delete-again': /^undone by the guardian after \d+\.\d s$/,
  expire: /^undone by the guardian after \d+\.\d s$/,
  'not-before': /^undone by the guardian after \d+\.\d s$/,
  'strip-operations': /^undone by the guardian after \d+\.\d s$/,
  [APPROVED]: /^left alone by the guardian: owner had asked for it and approver had granted it, by the API$/,
  'other-person-is-told': /^left alone by the guardian: two people had approved that, but for owner/,
  'hold-by-api': /^left alone by the guardian: owner had set a hold on the key, by the API$/,
  'forged-token-refused': /^the token was refused \(401\), and it was undone by the guardian after \d+\.\d s$/,
  'alert-mode-writes-nothing': /^left alone by the guardian: the vault is in alert$/,
  'restore-by-a-person': /^restored by owner under their own rights/,
  'teams-card-received':
    /^undone by the guardian after \d+\.\d s; a card of \d+ lines came to Teams, and none before it was undone$/,
  'channel-down-next-used':
    /^Teams refused the alert three times, and the channel that stood by, the log of the app, has it$/,
  'recreated-is-told': /^nothing can undo that, and nothing was written$/,
  'purge-is-told': /^nothing can undo that, and nothing was written$/,
  'access-cut-named':
    /^on-call was alerted after \d+\.\d s: "access-cut: des-disk-cut: Its identity .+ is not allowed to get, wrap, unwrap in the vault demo-cut/,
  'vault-deleted-told': /^on-call was alerted after \d+\.\d s: "vault-deleted: The vault demo-gone was deleted/,
};
const SURVIVED = 'machine-survives-an-attack';
/** Each with what it comes to, and how many alerts of it are shown. */
const ROTATIONS: Readonly<Record<string, readonly [outcome: RegExp, alerts: number]>> = {
  'rotation-followed-and-proven': [/^proven: its disk unwraps with the new version, and nobody was alerted$/, 0],
  'rotation-late-then-followed': [
    /^late at the end of its hour, of which operators were alerted, and followed later$/,
    1,
  ],
  'rotation-stuck-cause-named': [
    /^"set-not-followed: Azure no longer rotates .+ is not allowed to get, wrap, unwrap in the vault/,
    1,
  ],
  'rotation-reverted-told': [/^"set-not-followed: .+ was pointed at the older version/, 1],
  'set-moved-told': [/^"set-moved: .+ has the key demo-elsewhere\/disk-elsewhere, which nothing guards/, 1],
};
/** What those of a rotation schedule come to. */
const SCHEDULED: Readonly<Record<string, RegExp>> = {
  'overdue-rotated':
    /^rotated by the guardian once it was near its expiry, and not again: demo-scheduled\/disk-overdue$/,
  'policy-set-once': /^the guardian had set it once, and left it to them$/,
};
/** What those on the turned clock come to. */
const TURNED: Readonly<Record<string, RegExp>> = {
  'sender-killed-still-told': /^the function that sends the alert was killed, and the alert came after \d+ \w+$/,
  'trail-reaches-workspace': /^(\d+) of \1 records older than 8 min are in the workspace, each once and with its hash$/,
  'who-named-from-workspace':
    /^undone after \d+ \w+, when nobody knew who it was; after \d+ min the workspace named them$/,
  'how-far-it-sees-is-said':
    /^the first alert of it said that events had arrived up to .+; now status says up to .+ UTC$/,
  'purge-attempt-found-by-query':
    /^the key was recovered, and the purge was refused \(403\), which no sweep sees: the query found it after \d+ min$/,
  'actor-updates-the-page': /^the alert that names mallory updates the first one: 1 incident, 1 page$/,
  'escalated-then-resolved':
    /^after a quarter of the time to the deadline every channel was alerted again; once owner had enabled the key, the page was closed$/,
  [SURVIVED]: /^undone each time: an hour later/,
  'blind-sense-told': /^operators were alerted: ".+"; and once it answered again, that it was over$/,
  'outage-loses-nothing':
    /^undone after \d+ \w+; operators were alerted, and after the outage (\d+) of \1 records arrived, each with its own time$/,
};
/** Nobody acts in these. */
const FOUND = ['plan-names-what-hangs-on-a-key', 'plan-writes-nothing', 'unguarded-key-found'];
/** These tell of what was done to several keys, or when. */
const TOLD: Readonly<Record<string, RegExp>> = {
  'alert-names-what-dies-and-when':
    /^the alert has the deadline in its first line, and below it what hangs on the key and machines: vm-disk-named-in-time \(running\)$/,
  'wave-is-one-page': /^5 of the keys have alerts of their own, and 1 wave has the others$/,
};
const ASKED = ['trail-reaches-workspace', 'how-far-it-sees-is-said', 'actor-updates-the-page', 'blind-sense-told'];
const OF_TRAIL = ['chain-holds', 'verify-anchored', 'tamper-found'];
const WITHOUT_ACT = [...FOUND, ...ASKED, ...Object.keys(SCHEDULED), ...OF_TRAIL];
const UNDONE = Object.keys(OUTCOMES).filter((name) => OUTCOMES[name]?.source.includes('undone by') === true);
const ALL = [
  ...Object.keys(OUTCOMES),
  ...FOUND,
  ...Object.keys(TOLD),
  ...Object.keys(TURNED),
  ...Object.keys(ROTATIONS),
  ...Object.keys(SCHEDULED),
  ...OF_TRAIL,
];

/** Longer than a demo may take, so that one that takes too long is told by how long it took. */
const patient = { timeout: 420_000 };
const main = fileURLToPath(new URL('../../../local/demo/main.ts', import.meta.url));

/** `npm run demo -- …`, in a process of its own, as a process has one app. */
async function demo(...options: readonly string[]) {
  const child = spawn(process.execPath, [main, ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, , [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { pid: child.pid, status, out };
}

// One after the other. The first waits longer than it may take by itself, so that a busy machine fails none of its steps. Without the guardian, the name of a purged key
// takes the longest to be free.
const play = () => demo('--json', '--seconds', '150');
// A machine that other tests keep busy may leave storage without an answer for seconds: then it is played once more.
const guarded = play().then((played) => (played.status === 0 ? played : play()));
const unguarded = guarded.then(() => demo('--json', '--unguarded', '--seconds', '12'));
const asText = guarded.then(() => demo('--unguarded', '--seconds', '1', '--seed', '7'));

describe('the demo', () => {
  it('has every step ok, and says so in one line of JSON and by status 0', patient, async () => {
    const { status, out } = await guarded;
    expect(out.trimEnd().split('\n')).toHaveLength(1);
    const { ok, steps } = result.parse(JSON.parse(out));
    expect(steps.filter((step) => !step.ok)).toEqual([]);
    expect(steps.map(({ name }) => name)).toEqual(ALL);
    expect({ ok, status }).toEqual({ ok: true, status: 0 });
  });

  it('is over in under a minute where nobody says otherwise: no step waits longer than 50 s after the first acts', async () => {
    const { out } = await demo('--help');
    expect(out.replaceAll(/\s+/g, ' ')).toContain('come so long after the first acts (default: 50)');
  });

  it('measures each restore from the act, over the guardian’s first look, to the restored state', async () => {
    const { steps } = result.parse(JSON.parse((await guarded).out));
    for (const { name, actedAt, detectedAt, restoredAt, restoreMs } of steps) {
      if (!UNDONE.includes(name)) {
        expect({ name, restoredAt, restoreMs }).toEqual({ name, restoredAt: null, restoreMs: null });
        continue;
      }
      const moments = [actedAt, detectedAt, restoredAt].map((moment) => Date.parse(moment ?? ''));
      expect(moments).toEqual(moments.toSorted((one, other) => one - other));
      expect(restoreMs).toBe(Date.parse(restoredAt ?? '') - Date.parse(actedAt ?? ''));
    }
    for (const { name, actedAt, detectedAt } of steps.filter((step) => step.name in OUTCOMES || step.name in TOLD)) {
      expect({ name, looked: Date.parse(detectedAt ?? '') >= Date.parse(actedAt ?? '') }).toEqual({
        name,
        looked: true,
      });
    }
  });

  it('says of each step who did what, what came of it, and what was told', async () => {
    const { steps } = result.parse(JSON.parse((await guarded).out));
    const mallorys = steps.filter(({ name }) => !WITHOUT_ACT.includes(name) && !(name in ROTATIONS));
    for (const { name, actor, act, outcome, alerts } of mallorys) {
      expect({ name, actor, act }).toEqual({
        name,
        actor: name === APPROVED ? 'owner@contoso.example' : 'mallory@contoso.example',
        act: expect.stringMatching(/\bdemo-\w+\/disk-/),
      });
      expect({ name, told: alerts.length }).toEqual({ name, told: name === APPROVED ? 0 : 1 });
      expect(outcome).toMatch({ ...OUTCOMES, ...TOLD, ...TURNED }[name] ?? /^no such step$/);
    }
  });

  it('says of each rotation what the set came to, by a clock that was turned ahead', async () => {
    const { steps } = result.parse(JSON.parse((await guarded).out));
    for (const [name, [outcome, alerts]] of Object.entries(ROTATIONS)) {
      const step = steps.find((each) => each.name === name);
      expect(step).toMatchObject({
        actor: 'owner@contoso.example',
        act: expect.stringMatching(/ demo-rotated\/disk-/),
      });
      expect(step?.outcome).toMatch(outcome);
      expect(step?.alerts).toHaveLength(alerts);
    }
  });

  it('says what a rotation schedule came to', async () => {
    const { steps } = result.parse(JSON.parse((await guarded).out));
    for (const [name, outcome] of Object.entries(SCHEDULED))
      expect(steps.find((each) => each.name === name)?.outcome).toMatch(outcome);
  });

  it('says of each question to the workspace what the answer was', async () => {
    const { steps } = result.parse(JSON.parse((await guarded).out));
    for (const { name, outcome } of steps.filter((step) => ASKED.includes(step.name)))
      expect(outcome).toMatch(TURNED[name] ?? /^no such step$/);
  });

  it('alerts operators of a key that a disk needs and nothing guards, with what hangs on it', async () => {
    const { steps } = result.parse(JSON.parse((await guarded).out));
    const { alerts = [] } = steps.find(({ name }) => name === 'unguarded-key-found') ?? {};
    expect(alerts.map(({ summary }) => summary)).toEqual([
      'A key is in use and not guarded: demo-forgotten/disk-forgotten (1 disk encryption set (1 disk), 1 machine, 1 running). Name the vault in policy.json and infra/vaults.json, or its subscription in policy.json, then deploy.',
    ]);
  });

  it('fails every step without the guardian, and says so by status 1', patient, async () => {
    const { status, out } = await unguarded;
    const { ok, steps } = result.parse(JSON.parse(out));
    expect(steps.map(({ name }) => name)).toEqual(ALL);
    expect(steps.filter((step) => step.ok)).toEqual([]);
    expect({ ok, status }).toEqual({ ok: false, status: 1 });
  });

  it('did act in each of them, and saw nothing put back', patient, async () => {
    const { steps } = result.parse(JSON.parse((await unguarded).out));
    expect(steps.filter(({ actedAt }) => actedAt === null).map(({ name }) => name)).toEqual(WITHOUT_ACT);
    expect(steps.find(({ name }) => name === SURVIVED)?.outcome).toMatch(/its machine is stopped by its disk$/);
    expect(steps.filter(({ alerts }) => alerts.length > 0)).toEqual([]);
    expect(steps.filter(({ restoredAt, restoreMs }) => restoredAt !== null || restoreMs !== null)).toEqual([]);
  });

  it(
    'says as text that every step is meant to fail, how fast it goes here, by which seed, and each step',
    patient,
    async () => {
      const { out, status } = await asText;
      expect(out).toContain('Here each vault is swept every 5 s and audit records are 1 s late');
      expect(out).toContain('comes from seed 7;');
      expect([...out.matchAll(/^FAIL {2}(\S+)/gm)].map(([, name]) => name).toSorted()).toEqual(ALL.toSorted());
      expect(out).toMatch(/^No guardian runs: every step below is MEANT TO FAIL/);
      expect(out).toMatch(/\n\nEvery step failed, as meant: no guardian ran\.\n$/);
      expect(status).toBe(1);
    },
  );

  it('leaves nothing behind', async () => {
    const played = (await Promise.all([guarded, unguarded])).map(({ pid }) => `demo-${pid}`);
    const left = await readdir(localFolder()).catch(() => []);
    expect(left.filter((name) => played.includes(name))).toEqual([]);
  });
});
