import { describe, expect, test } from 'vitest';
import { redactText } from '../../src/core/redact.ts';
import { DEFAULT_REDACTION } from '../../src/core/redact-text.ts';

const shown = (text: string) => redactText(text, DEFAULT_REDACTION);

describe('refusals of the API server', () => {
  test('keep the field and the cause, not the value under a name that matches', () => {
    const text = shown(
      'Database.db.example.com "main" is invalid: spec.password: Invalid value: "hunter2": spec.password in body should be at least 12 chars long',
    );
    expect(text).toBe(
      'Database.db.example.com "main" is invalid: spec.password: Invalid value: "<redacted: 7 bytes>": spec.password in body should be at least 12 chars long',
    );
    expect(shown(text)).toBe(text);
  });

  test.each([
    ['at the start of a line', 'spec.password: Invalid value: "hunter2": too short'],
    ['in a list', '[spec.size: Invalid value: 5, spec.dbPassword: Invalid value: "hunter2": no]'],
    ['under a segment that matches', 'x: spec.credentials[0].value: Invalid value: "hunter2": no'],
    ['under a key of a map', 'metadata.annotations[example.com/api-key]: Invalid value: "hunter2"'],
    ['under a key whose pattern needs dots', 'data[db.dsn]: Invalid value: "hunter2": no'],
    ['with escaped quotes', 'spec.token: Invalid value: "a\\"hunter2: b": no'],
    ['in JSON', '{"message":"spec.token: Invalid value: \\"hunter2\\": no"}'],
    ['without quotes', 'spec.secret: Invalid value: hunter2: no'],
    ['in a map', 'spec.secret: Invalid value: map[string]interface {}{"a":"x: hunter2"}: no'],
    ['with spaces and no cause', 'spec.token: Invalid value: a hunter2'],
    ['cut in the middle', 'spec.token: Invalid value: "a: hunter2…'],
    ['after another', 'spec.token: Invalid value: 5, spec.secret: Invalid value: "hunter2": no'],
    ['unsupported', 'spec.token: Unsupported value: "hunter2": supported values: "a"'],
    ['a duplicate', 'spec.tokens[1]: Duplicate value: "hunter2"'],
    ['of a Secret', 'Secret "db" is invalid: data[user]: Invalid value: "hunter2": no'],
    [
      'in a patch that is repeated whole',
      ' "" is invalid: patch: Invalid value: "map[data:map[user:hunter2]]": illegal base64 data',
    ],
    ['of new keys of a Secret', 'Secret "db" is invalid: stringData.a: Invalid value: "hunter2"'],
  ])('hide it %s', (_, text) => {
    expect(shown(text)).not.toContain('hunter2');
    expect(shown(text)).toContain('<redacted: ');
  });

  test('stay whole where nothing is secret', () => {
    for (const text of [
      'Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      'spec.template.spec.containers[0].image: Invalid value: " web": must not have leading whitespace',
      'ConfigMap "c" is invalid: data[user]: Invalid value: "a b": a valid config key must consist of',
      'x: spec.passwordRules: Invalid value: "object": no such key: length',
    ]) {
      expect(shown(text)).toBe(text);
    }
  });

  test('of any length are read in linear time', () => {
    const long = `spec.token: Invalid value: x${'\\"'.repeat(200_000)}`;
    expect(shown(long)).not.toContain('\\"');
    const many = `spec.token: Invalid value: \\"`.repeat(20_000);
    expect(shown(many)).not.toContain('\\"');
    const paths = 'a.b'.repeat(100_000);
    expect(shown(paths)).toBe(paths);
  });
});
