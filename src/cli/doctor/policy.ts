import { type KnownNames, policyDocument, policyWarnings } from '../../policy/lint.ts';
import { BUILT_IN_POLICIES, loadPolicy } from '../../policy/load.ts';
import type { Policy } from '../../policy/types.ts';
import { type Check, failed, ok, warn } from './check.ts';

const MOST_WARNINGS = 5;

/** Does the policy load, and does each of its patterns mean something? */
export function policyChecks(
  path: string,
  known: KnownNames,
): { checks: Check[]; policy: Policy | undefined } {
  const area = 'policy';
  try {
    const policy = loadPolicy(path);
    // What a shipped policy protects need not be here; a pattern of one's own that matches nothing may be a slip.
    const shipped = BUILT_IN_POLICIES.some((name) => name === path);
    const warnings = policyWarnings(policyDocument(path), known).filter(
      ({ where }) => !shipped || !where.startsWith('protected/'),
    );
    const checks = warnings
      .slice(0, MOST_WARNINGS)
      .map(({ where, reason }) =>
        warn(area, `${where}: ${reason}`, 'Correct it, or remove it if it is not needed here.'),
      );
    const left = warnings.length - checks.length;
    if (left > 0) {
      checks.push(
        warn(area, `${left} more patterns match nothing`, 'Correct those above, then look again.'),
      );
    }
    const loaded = `"${policy.name}" from ${policy.source}, sha256 ${policy.digest.slice(0, 16)}`;
    return { checks: [ok(area, loaded), ...checks], policy };
  } catch (thrown) {
    return { checks: [failed(area, thrown)], policy: undefined };
  }
}
