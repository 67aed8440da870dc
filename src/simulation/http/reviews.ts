import { type JsonObject, objectOf } from '../../core/json.ts';

/** The one identity of a simulated cluster: it may do everything. */
export const USER = {
  username: 'simulated-admin',
  groups: ['system:masters', 'system:authenticated'],
};

/** The answer to a review of oneself; undefined for another path. */
export function reviewAnswer(path: string, body: JsonObject): JsonObject | undefined {
  switch (path) {
    case '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews':
      return answer('SelfSubjectAccessReview', 'authorization.k8s.io/v1', body, { allowed: true });
    case '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews':
      return answer('SelfSubjectRulesReview', 'authorization.k8s.io/v1', body, {
        resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
        nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
        incomplete: false,
      });
    case '/apis/authentication.k8s.io/v1/selfsubjectreviews':
      return answer('SelfSubjectReview', 'authentication.k8s.io/v1', body, { userInfo: USER });
    default:
      return undefined;
  }
}

function answer(
  kind: string,
  apiVersion: string,
  body: JsonObject,
  status: JsonObject,
): JsonObject {
  const spec = body.spec === undefined ? {} : { spec: objectOf(body.spec) };
  return { kind, apiVersion, metadata: {}, ...spec, status };
}
