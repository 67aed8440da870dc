import { test } from 'vitest';
import { requireControlPlane } from '../../cluster/index.ts';
import { expectHolds } from '../small.ts';
import { planWritesNothing } from './campaign.ts';

requireControlPlane();

test('no plan of any tool changes anything in the cluster', { timeout: 180_000 }, () =>
  expectHolds(planWritesNothing, 1),
);
