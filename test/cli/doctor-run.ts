import type { Check } from '../../src/cli/doctor/check.ts';
import { examine } from '../../src/cli/doctor.ts';
import { resolveConfig } from '../../src/core/config.ts';
import { environment } from '../server/support.ts';

export interface Diagnosis {
  readonly healthy: boolean;
  readonly checks: readonly Check[];
  /** What was found in an area and what to do, a line each, after its status. */
  of(area: string): string;
}

/** What `stratus-mcp doctor` finds with the journal of that folder and these variables. */
export async function doctor(
  folder: string,
  variables: Readonly<Record<string, string>> = {},
  namespace?: string,
): Promise<Diagnosis> {
  const env = { ...environment(folder), ...variables };
  const checks = await examine(resolveConfig({}, env, folder), env, namespace);
  return {
    healthy: checks.every(({ status }) => status !== 'fail'),
    checks,
    of: (area) =>
      checks
        .filter((check) => check.area === area)
        .map(({ status, found, next = '' }) => `${status}: ${found} ${next}`)
        .join('\n'),
  };
}
