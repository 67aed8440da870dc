import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type fc from 'fast-check';
import type { JsonObject } from '../../../src/core/json.ts';
import { kubeconfigAs } from '../../cluster/impersonate.ts';
import { draw } from '../draw.ts';
import { STOPPED_EARLY } from '../report.ts';
import type { Campaign, CampaignReport, CampaignRun } from '../types.ts';
import { callsOf, manifestCalls } from './calls.ts';
import { canaries } from './canaries.ts';
import { briefly, Findings } from './findings.ts';
import { complaint } from './handled.ts';
import { leaksOf } from './leaks.ts';
import { policyInput, tryPolicy } from './policy-files.ts';
import { startFuzzed } from './servers.ts';
import { buildWorld } from './world.ts';
import { shutVersions, writesOutside } from './writes.ts';

const NO_CRASH = 'no crash, no stack trace, each refusal teaches';
const NO_HOLE = 'no policy file opens what it does not say';
const NO_WRITE = 'no write outside the policy';
const NO_SECRET = 'no secret in any output, log, journal page or WAL';

/** Servers side by side; each has a journal of its own. */
const SERVERS = 3;
/** Of ten inputs: calls of tools, manifests, the rest are policy files. */
const SHARE = { tools: 6, manifests: 2 } as const;

interface Tally {
  inputs: number;
  accepted: number;
  refused: number;
}

async function run(options: CampaignRun) {
  const { seed, size, say, folder, stopped = () => false } = options;
  const cluster = await options.cluster();
  const secrets = canaries(seed);
  const world = await buildWorld(cluster, secrets);
  const user = `fuzz-${randomBytes(4).toString('hex')}`;
  const kubeconfig = kubeconfigAs(cluster, user, folder);
  const findings = new Findings([NO_CRASH, NO_HOLE, NO_WRITE, NO_SECRET]);
  const tallies = new Map<string, Tally>();
  const count = (what: string, accepted: boolean) => {
    const tally = tallies.get(what) ?? { inputs: 0, accepted: 0, refused: 0 };
    tally.inputs += 1;
    tally[accepted ? 'accepted' : 'refused'] += 1;
    tallies.set(what, tally);
  };
  const before = await shutVersions(cluster, world);
  const servers = await Promise.all(
    Array.from({ length: SERVERS }, (_, i) => startFuzzed(join(folder, `${i}.db`), kubeconfig)),
  );
  const tools = (await servers[0]?.tools()) ?? [];
  const calls = callsOf(tools, world, secrets);
  const manifests = manifestCalls(world, secrets);
  const names = tools.map(({ name }) => name);
  const one = <T>(arbitrary: fc.Arbitrary<T>, input: number): T =>
    draw(seed + input, arbitrary, 1)[0] as T;
  let next = 0;

  async function call(
    server: (typeof servers)[number],
    tool: string,
    args: JsonObject,
    id: string,
  ) {
    const answer = await server.call(tool, args);
    const where = `${id}: ${tool} ${briefly(args)}`;
    // A Ctrl-C reaches the servers too.
    if (answer === undefined && stopped()) return false;
    if (answer === undefined) {
      findings.note(NO_CRASH, `${where}: the server died`);
      return false;
    }
    const wrong = complaint(answer);
    findings.note(NO_CRASH, wrong === undefined ? undefined : `${where}: ${wrong}`);
    const leaked = secrets.foundIn(Buffer.from(answer.text + JSON.stringify(answer.data)));
    findings.note(NO_SECRET, leaked.length === 0 ? undefined : `${where}: ${leaked.join(', ')}`);
    return !answer.isError;
  }

  async function work(server: (typeof servers)[number]): Promise<void> {
    for (let input = next++; input < size && !stopped(); input = next++) {
      if (input > 0 && input % 5_000 === 0) say(`${input} of ${size} inputs`);
      const id = `input ${input}`;
      const turn = input % 10;
      if (turn < SHARE.tools) {
        const tool = names[Math.floor(input / 10) % names.length] ?? '';
        const args = calls[tool];
        if (args !== undefined) count(tool, await call(server, tool, one(args, input), id));
      } else if (turn < SHARE.tools + SHARE.manifests) {
        const args = one(manifests, input);
        count('manifests', await call(server, 'mitigate_apply', args, id));
      } else {
        const asked = one(policyInput, input);
        const { outcome, crash, hole } = tryPolicy(asked);
        const where = (what: string) => `${id}: ${what}: ${briefly(asked.questions)}`;
        findings.note(NO_CRASH, crash === undefined ? undefined : where(crash));
        findings.note(NO_HOLE, hole === undefined ? undefined : where(hole));
        count('policy files', outcome === 'loaded');
      }
    }
  }

  const lookInto = (journal: string) => {
    for (const leak of leaksOf(journal, secrets)) findings.note(NO_SECRET, `journal ${leak}`);
  };
  try {
    await Promise.all(servers.map(work));
    // A write-ahead log goes with the server that closes its journal.
    for (const { journal } of servers) lookInto(journal);
  } finally {
    await Promise.all(servers.map((server) => server.close()));
  }
  for (const { journal, stderr } of servers) {
    lookInto(journal);
    const logged = secrets.foundIn(Buffer.from(stderr()));
    findings.note(NO_SECRET, logged.length === 0 ? undefined : `log: ${logged.join(', ')}`);
  }
  const { seen, outside } = await writesOutside(cluster, world, user);
  findings.note(NO_WRITE, undefined);
  for (const write of outside) findings.note(NO_WRITE, write);
  const after = await shutVersions(cluster, world);
  for (const row of after.filter((version) => !before.includes(version))) {
    findings.note(NO_WRITE, `changed where nothing may be: ${row}`);
  }
  if (after.length < before.length) findings.note(NO_WRITE, 'something is gone from the shut part');
  return reportOf(tallies, findings, seen, stopped());
}

function reportOf(
  tallies: ReadonlyMap<string, Tally>,
  findings: Findings,
  writes: number,
  early: boolean,
): CampaignReport {
  const rows = [...tallies].sort(([a], [b]) => a.localeCompare(b));
  return {
    columns: ['input', 'tried', 'accepted', 'refused'],
    rows: rows.map(([what, { inputs, accepted, refused }]) => [what, inputs, accepted, refused]),
    totals: {
      inputs: rows.reduce((sum, [, { inputs }]) => sum + inputs, 0),
      'writes that reached the API server': writes,
    },
    invariants: findings.all(),
    notes: early ? [STOPPED_EARLY] : [],
  };
}

export const fuzz: Campaign = {
  name: 'fuzz',
  about:
    'Random and hostile inputs over tools, policy files and manifests: no crash, no write outside of the policy, no secret in any output, log or journal.',
  size: { unit: 'inputs', ci: 1_500, full: 100_000 },
  stops: true,
  run,
};
