import { at, stringOf } from '../core/json.ts';
import type { ClusterConnection } from './connect.ts';
import { answered, unintelligible } from './failures.ts';
import { jsonIn } from './status.ts';
import { review } from './transport.ts';
import type { AccessQuery, CallOptions } from './types.ts';

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
