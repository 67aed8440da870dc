/**
 * Names of env variables and ConfigMap keys whose values are masked under every policy; a policy
 * file can add patterns, not take these away. Source text of case-insensitive expressions.
 */
export const BUILT_IN_KEY_PATTERNS: readonly string[] = [
  'passw(or)?d',
  'passphrase',
  'passcode',
  'secret',
  'token',
  'credential',
  'api[-_.]?key',
  '(access|private|signing|encryption|session|master)[-_.]?key',
  'auth(orization)?$',
  'cookie',
  'connection[-_.]?string',
  '(^|[-_.])dsn$',
  '(database|db|postgres(ql)?|mysql|mongo(db)?|redis|amqp|broker)[-_.]?ur[il]$',
];
