import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.unit.test.ts'],
          // Many of them wait for processes of their own; by default one core would be left idle.
          maxWorkers: 2,
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'cluster',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.unit.test.ts', 'test/**/*.nodes.test.ts'],
          globalSetup: ['test/cluster/global-setup.ts'],
          runner: './test/cluster/runner.ts',
          // They wait for controllers most of the time: two of them leave two cores half idle.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'nodes',
          include: ['test/**/*.nodes.test.ts'],
          // Last and one at a time: in CI their kubelets are built while the others run.
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
          testTimeout: 120_000,
          // Where the build is still going on, the first of them waits for it.
          hookTimeout: 1_200_000,
        },
      },
    ],
  },
});
