import type { World } from '../../../src/simulation/pod-rules/index.ts';
import type { Api } from './api.ts';

const PATH = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
const VALID_MS = 2_000;

/** Asks the API server what ServiceAccounts may do; until the answer is there it is unknown. */
export function accessReviews(api: Api): World['accessAllowed'] {
  const answers = new Map<string, { readonly allowed: boolean; readonly until: number }>();
  const asking = new Set<string>();
  return (request) => {
    const key = JSON.stringify(request);
    const known = answers.get(key);
    if (known !== undefined && known.until > Date.now()) return known.allowed;
    if (!asking.has(key)) {
      asking.add(key);
      const { user, ...resourceAttributes } = request;
      const groups = groupsOf(user);
      void api.send('POST', PATH, { spec: { user, groups, resourceAttributes } }).then((answer) => {
        asking.delete(key);
        if (answer.status !== 201) return;
        const { status } = answer.body as { status?: { allowed?: boolean } };
        answers.set(key, { allowed: status?.allowed === true, until: Date.now() + VALID_MS });
      });
    }
    return undefined;
  };
}

function groupsOf(user: string): string[] {
  const namespace = user.split(':')[2] ?? '';
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
}
