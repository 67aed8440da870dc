import { describe, expect, it, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { amountText } from '../../../src/tools/observe/capacity/amounts.ts';
import {
  EMPTY_LOAD,
  loadsOf,
  loadWithout,
  misfits,
} from '../../../src/tools/observe/capacity/fit.ts';
import { matchesNodeSelector } from '../../../src/tools/observe/capacity/node-selector.ts';
import { podLimits, podRequests, takesRoom } from '../../../src/tools/observe/capacity/requests.ts';
import { container, node, pod } from './capacity-objects.ts';

const shown = (amounts: ReadonlyMap<string, bigint>) =>
  Object.fromEntries([...amounts].map(([name, nano]) => [name, amountText(name, nano)]));

const NO_VOLUMES = { everywhere: [], unjudged: [], reasonsFor: () => [] };
const reasons = (spec: JsonObject, on: ReturnType<typeof node>, load = EMPTY_LOAD) =>
  misfits(pod(spec), on, load, NO_VOLUMES).reasons;

describe('what a pod reserves', () => {
  it('is the sum of its containers', () => {
    const spec = {
      containers: [container({ cpu: '100m', memory: '64Mi' }), container({ cpu: '0.2' })],
    };
    expect(shown(podRequests(pod(spec)))).toEqual({ cpu: '300m', memory: '64Mi' });
  });

  it('is what an init container needs, where that is more', () => {
    const spec = {
      initContainers: [container({ cpu: '1', memory: '10Mi' }), container({ cpu: '2' })],
      containers: [container({ cpu: '500m', memory: '64Mi' })],
    };
    expect(shown(podRequests(pod(spec)))).toEqual({ cpu: '2', memory: '64Mi' });
  });

  it('adds a sidecar to the containers, and to the init containers after it', () => {
    const sidecar = container({ cpu: '300m' }, { restartPolicy: 'Always' });
    const before = {
      initContainers: [sidecar, container({ cpu: '1' })],
      containers: [container({ cpu: '200m' })],
    };
    expect(shown(podRequests(pod(before)))).toEqual({ cpu: '1300m' });
    const after = {
      initContainers: [container({ cpu: '1' }), sidecar],
      containers: [container({ cpu: '900m' })],
    };
    expect(shown(podRequests(pod(after)))).toEqual({ cpu: '1200m' });
  });

  it('is the pod-level request in its place, plus the overhead', () => {
    const spec = {
      resources: { requests: { cpu: '2' } },
      overhead: { cpu: '50m', memory: '20Mi' },
      containers: [container({ cpu: '100m', memory: '64Mi', 'example.com/gpu': '1' })],
    };
    expect(shown(podRequests(pod(spec)))).toEqual({
      cpu: '2050m',
      memory: '84Mi',
      'example.com/gpu': '1',
    });
  });

  it('is the larger of wish and allocation while a resize is under way, the allocation when it is infeasible', () => {
    const spec = { containers: [container({ cpu: '200m' })] };
    const status = { containerStatuses: [{ name: 'main', allocatedResources: { cpu: '500m' } }] };
    expect(shown(podRequests(pod(spec, status)))).toEqual({ cpu: '500m' });
    const infeasible = {
      conditions: [{ type: 'PodResizePending', reason: 'Infeasible' }],
      containerStatuses: [{ name: 'main', allocatedResources: { cpu: '100m' } }],
    };
    expect(shown(podRequests(pod(spec, infeasible)))).toEqual({ cpu: '100m' });
  });

  it('ends with the pod, not with its deletion', () => {
    expect(takesRoom(pod({}, { phase: 'Succeeded' }))).toBe(false);
    expect(takesRoom(pod({}, { phase: 'Failed' }))).toBe(false);
    expect(takesRoom(pod({}, { phase: 'Running' }))).toBe(true);
    expect(takesRoom(pod({}, {}))).toBe(true);
  });

  it('has limits by the same rules, and overhead only raises a limit that is set', () => {
    const main = { name: 'main', resources: { limits: { memory: '64Mi' } } };
    const spec = { overhead: { cpu: '50m', memory: '1Mi' }, containers: [main] };
    expect(shown(podLimits(pod(spec)))).toEqual({ memory: '65Mi' });
  });
});

describe('what keeps a pod off a node', () => {
  const roomy = { cpu: '4', memory: '8Gi', pods: '110' };

  it('is nothing when all fits exactly', () => {
    const spec = { containers: [container({ cpu: '4', memory: '8Gi' })] };
    expect(reasons(spec, node(roomy))).toEqual([]);
  });

  it('is what it lacks, by how much', () => {
    const running = pod(
      { nodeName: 'node-1', containers: [container({ cpu: '3500m', memory: '1Gi' })] },
      {},
      'a',
    );
    const load = loadsOf([running]).get('node-1') ?? EMPTY_LOAD;
    const spec = {
      containers: [container({ cpu: '750m', memory: '7Gi', 'example.com/gpu': '1' })],
    };
    expect(reasons(spec, node(roomy), load)).toEqual([
      'insufficient cpu: needs 750m, free 500m of 4, short by 250m',
      'offers no example.com/gpu',
    ]);
    expect(loadWithout(running, load).pods).toEqual([]);
  });

  it('is a single byte, too', () => {
    const spec = { containers: [container({ memory: '8589934593' })] };
    expect(reasons(spec, node(roomy))[0]).toContain('short by 1');
  });

  it('is the number of pods', () => {
    const other = (name: string) => pod({ nodeName: 'node-1', containers: [] }, {}, name);
    const load = loadsOf([other('a'), other('b')]).get('node-1') ?? EMPTY_LOAD;
    expect(reasons({ containers: [] }, node({ pods: '2' }), load)).toEqual([
      'too many pods: 2 of 2 are there',
    ]);
  });

  test.each([
    [[], ["has taint dedicated=db:NoSchedule that the pod doesn't tolerate"]],
    [[{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }], []],
    [[{ key: 'dedicated', operator: 'Exists' }], []],
    [[{ operator: 'Exists' }], []],
    [
      [{ key: 'dedicated', value: 'web' }],
      ["has taint dedicated=db:NoSchedule that the pod doesn't tolerate"],
    ],
    [
      [{ key: 'dedicated', value: 'db', effect: 'NoExecute' }],
      ["has taint dedicated=db:NoSchedule that the pod doesn't tolerate"],
    ],
  ])('is a taint, unless tolerated: %j', (tolerations: JsonObject[], expected) => {
    const taints = [
      { key: 'dedicated', value: 'db', effect: 'NoSchedule' },
      { key: 'busy', effect: 'PreferNoSchedule' },
    ];
    expect(reasons({ tolerations, containers: [] }, node(roomy, { spec: { taints } }))).toEqual(
      expected,
    );
  });

  it('is a cordon, told once', () => {
    const taints = [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }];
    const cordoned = node(roomy, { spec: { unschedulable: true, taints } });
    expect(reasons({ containers: [] }, cordoned)).toEqual(['is cordoned (unschedulable)']);
    const tolerations = [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }];
    expect(reasons({ tolerations, containers: [] }, cordoned)).toEqual([]);
  });

  it('is a host port that a pod there holds on the same address', () => {
    const ports = (hostIP: string) => [{ hostPort: 80, containerPort: 80, hostIP }];
    const holder = pod({ nodeName: 'node-1', containers: [{ ports: ports('10.0.0.1') }] }, {}, 'a');
    const load = loadsOf([holder]).get('node-1') ?? EMPTY_LOAD;
    const spec = (hostIP: string) => ({ containers: [{ ports: ports(hostIP) }] });
    expect(reasons(spec('10.0.0.2'), node(roomy), load)).toEqual([]);
    expect(reasons(spec(''), node(roomy), load)).toEqual(['host port 80/TCP is taken by shop/a']);
  });

  it('is a nodeSelector or a required affinity', () => {
    const here = node(roomy, { labels: { zone: 'a', cores: '8' } });
    expect(reasons({ nodeSelector: { zone: 'b' }, containers: [] }, here)).toEqual([
      'lacks label zone=b of nodeSelector',
    ]);
    const term = (...matchExpressions: JsonObject[]) => ({ matchExpressions });
    const affinity = (...nodeSelectorTerms: JsonObject[]) => ({
      affinity: {
        nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
      },
      containers: [],
    });
    const inB = term({ key: 'zone', operator: 'In', values: ['b'] });
    const many = term({ key: 'cores', operator: 'Gt', values: ['4'] });
    expect(reasons(affinity(inB), here)[0]).toContain('zone In (b)');
    expect(reasons(affinity(inB, many), here)).toEqual([]);
  });
});

test.each([
  ['an empty term matches nothing', [{}], false],
  ['no term matches nothing', [], false],
  [
    'absent is not in',
    [{ matchExpressions: [{ key: 'x', operator: 'NotIn', values: ['1'] }] }],
    true,
  ],
  ['absent does not exist', [{ matchExpressions: [{ key: 'x', operator: 'DoesNotExist' }] }], true],
  [
    'absent is not greater',
    [{ matchExpressions: [{ key: 'x', operator: 'Gt', values: ['1'] }] }],
    false,
  ],
  [
    'a word is not greater',
    [{ matchExpressions: [{ key: 'zone', operator: 'Gt', values: ['1'] }] }],
    false,
  ],
  [
    'by name',
    [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-1'] }] }],
    true,
  ],
  [
    'all of a term',
    [
      {
        matchExpressions: [
          { key: 'zone', operator: 'Exists' },
          { key: 'x', operator: 'Exists' },
        ],
      },
    ],
    false,
  ],
])('node selector terms: %s', (_what, nodeSelectorTerms: JsonObject[], expected) => {
  const here = node({}, { labels: { zone: 'a' } });
  expect(matchesNodeSelector({ nodeSelectorTerms }, here)).toBe(expected);
});
