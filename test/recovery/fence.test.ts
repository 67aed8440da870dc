import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { clockJump } from '../campaign/exclusivity/clock-jump.ts';
import {
  type Fate,
  type FaultyNetwork,
  isChange,
  type PassingRequest,
  startFaultyNetwork,
} from '../campaign/world/network.ts';
import { useCluster } from '../cluster/index.ts';
import type { Assistant } from '../story/client.ts';
import {
  type Bench,
  begin,
  expectChainWhole,
  expectNoMarks,
  expectRecreated,
  expectUntouched,
  kill,
  openBench,
  setMode,
} from './bench.ts';

const cluster = useCluster();
let network: FaultyNetwork;

beforeAll(async () => {
  network = await startFaultyNetwork(cluster);
});
afterEach(() => {
  network.fate = () => 'pass';
});
afterAll(() => network?.close());

/** A server sends its first change and is killed before that arrives: the network has it still. */
async function dieSending(
  bench: Bench,
  change: (server: Assistant, transaction: string) => Promise<unknown>,
): Promise<string> {
  const dying = await bench.start({}, network.kubeconfig);
  const transaction = await begin(dying, bench);
  let left = 1;
  network.fate = (request) => (isChange(request) && left-- > 0 ? 'hold' : 'pass');
  const lost = change(dying, transaction).catch(() => undefined);
  await network.held();
  await kill(dying);
  await lost;
  return transaction;
}

/** What the recovery has made of the one transaction of the journal, also where it needs a person. */
async function outcome({ rows, cluster: { waitFor } }: Bench): Promise<string | undefined> {
  const state = () => rows()[0]?.state;
  await waitFor(
    'the end of the recovery',
    async () => !['OPEN', 'ABORTING'].includes(state() ?? ''),
  );
  return state();
}

function isFence(request: PassingRequest): boolean {
  return isChange(request) && request.auditId.endsWith('-fence');
}

test('a delete that lands just before its fence is taken back', { timeout: 120_000 }, async () => {
  const bench = await openBench(cluster, 'overtaken');
  let server: Assistant | undefined;
  try {
    const before = await bench.configMap('settings');
    const { namespace } = bench;
    const settings = { kind: 'ConfigMap', name: 'settings', namespace };
    await dieSending(bench, (dying, transaction) =>
      dying.call('mitigate_delete', { ...settings, transaction, reason: 'test' }),
    );
    const late: number[] = [];
    network.fate = async (request): Promise<Fate> => {
      if (isFence(request)) late.push(...(await network.deliver()));
      return 'pass';
    };
    server = await bench.start({}, network.kubeconfig);
    expect(await outcome(bench)).toBe('ABORTED');
    expect(late).toEqual([200]);
    expectRecreated(await bench.configMap('settings'), before);
    await expectNoMarks(bench);
    expectChainWhole(bench);
  } finally {
    if (server !== undefined) await kill(server);
    bench.remove();
  }
});

test('a step whose fence was refused is fenced before it is taken for never done', {
  timeout: 120_000,
}, async () => {
  const bench = await openBench(cluster, 'unfenced');
  const { namespace } = bench;
  let server: Assistant | undefined;
  try {
    await refuseFences(namespace);
    const before = await bench.configMap('settings');
    const transaction = await dieSending(bench, (dying, open) =>
      setMode(dying, bench, 'slow', { transaction: open }),
    );
    network.fate = () => 'pass';
    server = await bench.start({}, network.kubeconfig);
    expect(await outcome(bench)).toBe('ABORT_INCOMPLETE');
    const refused = { state: 'UNKNOWN', error: expect.stringContaining('no fences here') };
    expect(bench.steps(transaction)).toMatchObject([refused]);

    const tryAgain = { transaction, reason: 'test' };
    const still = await server.call('transaction_abort', tryAgain);
    expect(still.data, still.text).toMatchObject({ state: 'ABORT_INCOMPLETE' });
    expect(bench.steps(transaction)).toMatchObject([refused]);
    const seen = await server.call('transaction_status', { transaction });
    expect(seen.text).toContain('no fences here');

    await allowFences(namespace);
    const done = await server.call('transaction_abort', tryAgain);
    expect(done.data, done.text).toMatchObject({ state: 'ABORTED' });
    expect(await network.deliver()).toEqual([409]);
    expectUntouched(await bench.configMap('settings'), before);
    await expectNoMarks(bench);
    expectChainWhole(bench);
  } finally {
    await allowFences(namespace);
    await network.deliver();
    if (server !== undefined) await kill(server);
    bench.remove();
  }
});

// Forward by an hour, as when a machine that was off is set right by NTP between the crash and the restart.
test('a clock that was put forward does not make a create on its way one of long ago', {
  timeout: 120_000,
}, async () => {
  const bench = await openBench(cluster, 'forward');
  const { namespace } = bench;
  let server: Assistant | undefined;
  try {
    const manifest = JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'fresh', namespace },
    });
    await dieSending(bench, (dying, transaction) =>
      dying.call('mitigate_apply', { mode: 'create', manifest, transaction, reason: 'test' }),
    );
    let looks = 0;
    network.fate = ({ method, path }) => {
      if (method === 'GET' && path.includes('/configmaps/fresh')) looks++;
      return 'pass';
    };
    server = await bench.start(clockJump(1, 0), network.kubeconfig);
    await cluster.waitFor('the recovery to look twice', async () => looks >= 2);
    // Time to conclude from it.
    await sleep(2_000);
    expect(bench.rows()).toMatchObject([{ state: 'ABORTING' }]);
    expect(await network.deliver()).toEqual([201]);
    expect(await outcome(bench)).toBe('ABORTED');
    expect(await bench.configMap('fresh')).toBeUndefined();
    await expectNoMarks(bench);
    expectChainWhole(bench);
  } finally {
    if (server !== undefined) await kill(server);
    bench.remove();
  }
});

const ADMISSION = '/apis/admissionregistration.k8s.io/v1/validatingadmission';

/** An admission policy of the cluster that lets nobody write the mark of a fence. */
async function refuseFences(namespace: string): Promise<void> {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const rule = { apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] };
  const expression =
    "!has(object.metadata.labels) || !('stratus.dev/fence' in object.metadata.labels)";
  await cluster.apply([
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: namespace },
      spec: {
        matchConstraints: {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          resourceRules: [{ ...rule, operations: ['CREATE', 'UPDATE'] }],
        },
        validations: [{ expression, message: 'no fences here' }],
      },
    },
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: namespace },
      spec: { policyName: namespace, validationActions: ['Deny'] },
    },
  ]);
  await cluster.waitFor('fences to be refused', async () => !(await mayFence(namespace)));
}

async function allowFences(namespace: string): Promise<void> {
  for (const kind of ['policybindings', 'policies']) {
    const path = `${ADMISSION}${kind}/${namespace}`;
    await cluster.request('DELETE', path, undefined, { allow: [404] });
  }
  await cluster.waitFor('fences to be allowed', () => mayFence(namespace));
}

async function mayFence(namespace: string): Promise<boolean> {
  const path = `/api/v1/namespaces/${namespace}/configmaps/other?dryRun=All`;
  const mark = { metadata: { labels: { 'stratus.dev/fence': '0' } } };
  const { status } = await cluster.request('PATCH', path, mark, { allow: [422] });
  return status === 200;
}
