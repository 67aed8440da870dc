import { expect, test } from 'vitest';
import { redactCommand } from '../../src/core/redact-command.ts';

const RULES = { keyPatterns: ['acme.?pin'] };
const shown = (line: string) => redactCommand(line, RULES);

test.each([
  'kubectl set env deployment/web --containers=c ACME_PIN=canary B=2',
  `kubectl set env deployment/web 'ACME_PIN=can ary canary' B=2`,
  `kubectl set env deployment/web 'ACME_PIN=it'\\''s a canary' B=2`,
  `kubectl annotate configmap/x 'acme.test/acme-pin=a canary'`,
  `kubectl patch deployment/web -p '{"spec":{"containers":[{"env":[{"name":"ACME_PIN","value":"canary"}]}]}}'`,
  `kubectl patch deployment/web -p '{"httpHeaders":[{"name":"Acme-Pin","value":"it'\\''s a canary"}]}'`,
  `kubectl patch configmap/x --type=json -p '[{"op":"add","path":"/data/acme_pin","value":"canary"}]'`,
])('the values of the policy’s own names are masked: %s', (line) => {
  expect(shown(line)).not.toMatch(/canary|ary'/);
  expect(shown(line)).toContain('<redacted: ');
});

test.each([
  'kubectl scale deployment.apps/web --namespace=shop --replicas=3',
  `kubectl set env deployment/web 'MESSAGE=two words' PASSWORD='<hidden>'`,
  `kubectl patch service/web --type=strategic -p '{"spec":{"selector":{"tier":"it'\\''s"}}}'`,
  `kubectl set env deployment/web 'ACME_PIN=<secret creds key pin>'`,
])('what hides nothing stays as it is: %s', (line) => {
  expect(shown(line)).toBe(line);
});
