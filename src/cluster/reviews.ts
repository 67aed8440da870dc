import { arrayOf, at, objectsOf, stringOf } from '../core/json.ts';
import type { ClusterConnection } from './connect.ts';
import { answered, unintelligible } from './failures.ts';
import { jsonIn } from './status.ts';
import { review } from './transport.ts';
import type { AccessQuery, AccessRules, CallOptions } from './types.ts';

/** SelfSubjectAccessReview: may this server's identity do that? Unless the answer is yes, it is no. */
export async function can(
  connection: ClusterConnection,
  query: AccessQuery,
  options?: CallOptions,
): Promise<{ allowed: boolean; reason: string }> {
  const spec = { resourceAttributes: { ...query } };
  const request = review(connection, 'SelfSubjectAccessReview', { spec }, options);
  const body = jsonIn((await answered(connection, request)).bytes);
  return {
    allowed: at(body, 'status', 'allowed') === true,
    reason: stringOf(at(body, 'status', 'reason')) ?? '',
  };
}

/** SelfSubjectRulesReview: what may this server's identity do in the namespace? */
export async function accessRules(
  connection: ClusterConnection,
  namespace: string,
  options?: CallOptions,
): Promise<AccessRules> {
  const request = review(connection, 'SelfSubjectRulesReview', { spec: { namespace } }, options);
  const body = jsonIn((await answered(connection, request, 'unknown_resource')).bytes);
  const rules = at(body, 'status', 'resourceRules');
  const incomplete = at(body, 'status', 'incomplete');
  if (typeof incomplete !== 'boolean') {
    throw unintelligible(connection, 'a SelfSubjectRulesReview');
  }
  const error = stringOf(at(body, 'status', 'evaluationError'));
  return {
    rules: objectsOf(rules).map((rule) => ({
      verbs: arrayOf(rule.verbs).map(String),
      groups: arrayOf(rule.apiGroups).map(String),
      resources: arrayOf(rule.resources).map(String),
      names: arrayOf(rule.resourceNames).map(String),
    })),
    incomplete,
    ...(error ? { error } : {}),
  };
}

/** SelfSubjectReview: who the API server takes this server for. */
export async function whoAmI(
  connection: ClusterConnection,
  options?: CallOptions,
): Promise<{ username: string; groups: readonly string[] }> {
  const request = review(connection, 'SelfSubjectReview', {}, options);
  const body = jsonIn((await answered(connection, request)).bytes);
  const username = stringOf(at(body, 'status', 'userInfo', 'username'));
  if (username === undefined) throw unintelligible(connection, 'a SelfSubjectReview');
  const groups = at(body, 'status', 'userInfo', 'groups');
  return { username, groups: Array.isArray(groups) ? groups.map(String) : [] };
}
