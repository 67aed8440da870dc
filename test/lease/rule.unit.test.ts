import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LiveObject } from '../../src/cluster/types.ts';
import { at, cloneJson, type JsonObject, parseJson } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/core/kube.ts';
import {
  identityOf,
  leaseBody,
  type OpenMark,
  recordOf,
} from '../../src/transaction/lease-record.ts';
import { type Claimant, claimOf } from '../../src/transaction/lease-rule.ts';

const NAME = { namespace: 'default', name: 'writers' };
const RESOURCE = {
  group: 'coordination.k8s.io',
  version: 'v1',
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  plural: 'leases',
  singular: 'lease',
  shortNames: [],
  categories: [],
  namespaced: true,
  verbs: [],
  subresources: [],
};

function live(body: JsonObject): LiveObject {
  const object = cloneJson(body) as KubeObject;
  return {
    key: { resource: RESOURCE, ...NAME },
    bytes: Buffer.alloc(0),
    object,
    uid: 'u',
    resourceVersion: '1',
  };
}

const word = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,20}$/);
const writer = fc.record({
  host: word,
  pid: fc.integer({ min: 1, max: 4_000_000 }),
  journal: fc.stringMatching(/^[0-9a-f]{32}$/),
  place: fc.stringMatching(/^[0-9a-f]{16}$/),
  nonce: fc.stringMatching(/^[0-9a-f]{8}$/),
});
const mark = (journal: fc.Arbitrary<string>): fc.Arbitrary<OpenMark> =>
  fc.record({
    journal,
    host: word,
    transaction: fc.integer({ min: 1, max: 99 }).map((n) => `txn-${n}`),
    epoch: fc.integer({ min: 1, max: 1_000 }),
  });

const held = (identity: string, open: OpenMark | undefined, epoch = 3) =>
  recordOf(
    live(
      parseJson(
        leaseBody(NAME, undefined, {
          holder: identity,
          epoch,
          seconds: 15,
          acquiredAt: 0,
          renewedAt: 0,
          open,
        }),
      ) as JsonObject,
    ),
  );

const claimant = (it: Parameters<typeof identityOf>[0], knows = true): Claimant => ({
  identity: identityOf(it),
  journal: it.journal,
  place: it.place,
  knows: () => knows,
});

test('what is written is read again, and what others keep in the Lease stays', () => {
  fc.assert(
    fc.property(
      writer,
      fc.option(mark(fc.stringMatching(/^[0-9a-f]{32}$/)), { nil: undefined }),
      fc.integer({ min: 1, max: 1e6 }),
      (it, open, epoch) => {
        const before = recordOf(
          live({
            apiVersion: 'coordination.k8s.io/v1',
            kind: 'Lease',
            metadata: {
              ...NAME,
              uid: 'u',
              resourceVersion: '1',
              labels: { team: 'sre' },
              annotations: { note: 'ours', 'stratus.dev/open-txn': '{"journal":"old"}' },
            },
            spec: { strategy: 'OldestEmulationVersion', leaseTransitions: 1 },
          }),
        );
        const identity = identityOf(it);
        const change = { holder: identity, epoch, seconds: 15, acquiredAt: 1, renewedAt: 2, open };
        const body = parseJson(leaseBody(NAME, before, change)) as JsonObject;
        const record = recordOf(live(body));
        expect(record).toMatchObject({ epoch, durationMs: 15_000, open });
        expect(record.holder).toMatchObject({ host: it.host, pid: it.pid, journal: it.journal });
        expect(at(body, 'metadata', 'labels', 'team')).toBe('sre');
        expect(at(body, 'metadata', 'annotations', 'note')).toBe('ours');
        expect(at(body, 'metadata', 'resourceVersion')).toBe('1');
        expect(at(body, 'spec', 'strategy')).toBe('OldestEmulationVersion');
        expect(at(body, 'spec', 'renewTime')).toBe('1970-01-01T00:00:00.002000Z');
      },
    ),
  );
});

test("another journal's open transaction is never taken over, however long nobody renewed", () => {
  fc.assert(
    fc.property(
      writer,
      writer,
      mark(fc.constant('f'.repeat(31))),
      fc.boolean(),
      fc.nat(1e9),
      (me, other, open, free, unchangedMs) => {
        const record = held(free ? '' : identityOf(other), open);
        expect(claimOf(record, claimant(me), unchangedMs)).toEqual({ kind: 'foreign' });
      },
    ),
  );
});

test('a copy of the journal that has not seen the transaction takes nothing over', () => {
  fc.assert(
    fc.property(writer, mark(fc.constant('x')), fc.nat(1e9), (me, open, unchangedMs) => {
      const record = held('', { ...open, journal: me.journal });
      expect(claimOf(record, claimant(me, false), unchangedMs).kind).toBe('foreign');
      expect(claimOf(record, claimant(me), unchangedMs).kind).toBe('take');
    }),
  );
});

test('a holder elsewhere is waited for until it was seen unchanged as long as its Lease lasts', () => {
  fc.assert(
    fc.property(writer, writer, fc.nat(30_000), (me, other, unchangedMs) => {
      fc.pre(me.place !== other.place);
      const claim = claimOf(held(identityOf(other), undefined), claimant(me), unchangedMs);
      if (unchangedMs >= 15_000) expect(claim).toEqual({ kind: 'take' });
      else expect(claim).toEqual({ kind: 'wait', ms: 15_000 - unchangedMs });
    }),
  );
});

test('a dead process of the same journal in the same place is not waited for; in another place it is', () => {
  fc.assert(
    fc.property(writer, word, (me, nonce) => {
      const before = identityOf({ ...me, pid: me.pid + 1, nonce });
      expect(claimOf(held(before, undefined), claimant(me), 0).kind).toBe('take');
      const elsewhere = identityOf({ ...me, place: `${me.place}0`, nonce });
      expect(claimOf(held(elsewhere, undefined), claimant(me), 0).kind).toBe('wait');
    }),
  );
});

test('a mark that was edited by hand is somebody else’s, not none', () => {
  for (const text of ['', 'nonsense', '{}', '[]', '{"journal":7}']) {
    const record = recordOf(
      live({
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { ...NAME, annotations: { 'stratus.dev/open-txn': text } },
        spec: {},
      }),
    );
    expect(claimOf(record, claimant(fc.sample(writer, 1)[0] as never), 1e9).kind).toBe('foreign');
  }
});

test('a Lease that nobody ever held is taken when a holder of one before it can hold no more', () => {
  fc.assert(
    fc.property(writer, fc.nat(30_000), (me, unchangedMs) => {
      const ms = 15_000 - unchangedMs;
      const claim = ms <= 0 ? { kind: 'take' } : { kind: 'wait', ms };
      expect(claimOf(held('', undefined, 0), claimant(me), unchangedMs)).toEqual(claim);
      expect(claimOf(held('', undefined, 1), claimant(me), 0)).toEqual({ kind: 'take' });
    }),
  );
});
