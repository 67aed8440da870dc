import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { StratusError } from '../../src/core/errors.ts';
import { loadPolicy } from '../../src/policy/load.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'policy-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(content: string | Uint8Array): string {
  const path = join(folder, 'policy.yaml');
  writeFileSync(path, content);
  return path;
}

function errorOf(path: string): StratusError {
  try {
    loadPolicy(path);
  } catch (error) {
    if (error instanceof StratusError) return error;
    throw error;
  }
  throw new Error('the policy was accepted');
}

/** `LINE:COLUMN reason` of each problem. */
function problemsOf(content: string | Uint8Array): string[] {
  const error = errorOf(fileOf(content));
  expect(error.code).toBe('policy_invalid');
  const problems = error.details?.problems as { line: number; column: number; reason: string }[];
  return problems.map(({ line, column, reason }) => `${line}:${column} ${reason}`);
}

const HEAD = 'version: 1\nname: x\n';
const rule = (rest: string) => `${HEAD}rules:\n  - id: a\n    effect: allow\n${rest}`;

describe('a valid file', () => {
  test('needs little; all bounds have defaults', () => {
    const path = fileOf(`${HEAD}rules: []\n`);
    const policy = loadPolicy(path);
    expect(policy).toMatchObject({
      name: 'x',
      source: path,
      bounds: {
        commands: 20,
        minutes: 30,
        objects: 20,
        replicas: 20,
        replicaChange: 5,
        podsAtRisk: 30,
      },
      severity: {
        weights: {},
        settle: {
          timeoutSeconds: 120,
          samples: 3,
          stableSeconds: 30,
          minPodAgeSeconds: 20,
          graceSeconds: 15,
        },
        outside: 'abort',
      },
    });
  });

  test('its digest is the SHA-256 of its bytes', () => {
    const text = `${HEAD}rules: [] # grüezi\n`;
    expect(loadPolicy(fileOf(text)).digest).toBe(createHash('sha256').update(text).digest('hex'));
  });

  test('redaction patterns are added to the built-in ones', () => {
    const policy = loadPolicy(fileOf(`${HEAD}rules: []\nredaction: { keyPatterns: [^iban$] }\n`));
    expect(policy.redaction.keyPatterns).toContain('^iban$');
    const masked = (key: string) =>
      policy.redaction.keyPatterns.some((pattern) => new RegExp(pattern, 'i').test(key));
    for (const key of ['DB_PASSWORD', 'GITHUB_TOKEN', 'api-key', 'IBAN', 'DATABASE_URL']) {
      expect(masked(key), key).toBe(true);
    }
    for (const key of ['CATALOG_ADDR', 'LOG_LEVEL', 'PORT', 'AUTHOR', 'KEYBOARD']) {
      expect(masked(key), key).toBe(false);
    }
  });

  test('anchors and aliases work', () => {
    const text = `${HEAD}rules:
  - { id: a, effect: allow, tools: [mitigate_scale], kinds: &k [Deployment] }
  - { id: b, effect: ask, tools: [mitigate_delete], kinds: *k }
`;
    expect(loadPolicy(fileOf(text)).offers('mitigate_delete')).toBe(true);
  });
});

describe('an invalid file names line, column and reason', () => {
  test.each<[string, string, string[]]>([
    ['an empty file', '', ['1:1 the file is empty']],
    ['only comments', '# nothing\n', ['1:1 the file is empty']],
    ['not a map', '- a\n', ['1:1 must be a map, not a list']],
    [
      'missing keys',
      'name: x\n',
      ['1:1 required key version is missing', '1:1 required key rules is missing'],
    ],
    ['another version', 'version: 2\nname: x\nrules: []\n', ['1:10 version: must be 1, not 2']],
    [
      'broken YAML',
      `${HEAD}rules: [\n`,
      ['4:1 Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ],
    ['a duplicate key', `${HEAD}name: y\nrules: []\n`, ['3:1 Map keys must be unique']],
    ['a tag', `${HEAD}rules: !env RULES\n`, ['3:8 Unresolved tag: !env']],
    [
      'two documents',
      `${HEAD}rules: []\n---\na: 1\n`,
      ['4:1 Source contains multiple documents; please use YAML.parseAllDocuments()'],
    ],
    [
      'an unknown key',
      rule('    tools: [observe_*]\n    namespace: [x]\n'),
      ['7:5 rules[0]: unknown key namespace; did you mean namespaces?'],
    ],
    [
      'an unknown key like no other',
      `${HEAD}rules: []\nbounds: { qqqqqq: 1 }\n`,
      [
        '4:11 bounds: unknown key qqqqqq; known here: commands, minutes, objects, replicas, replicaChange, podsAtRisk',
      ],
    ],
    ['a missing list of tools', rule(''), ['4:5 rules[0]: required key tools is missing']],
    ['an empty list', rule('    tools: []\n'), ['6:12 rules[0].tools: must not be empty']],
    [
      'text for a list',
      rule('    tools: observe_*\n'),
      ['6:12 rules[0].tools: must be a list, not "observe_*"'],
    ],
    [
      'a wrong effect',
      `${HEAD}rules:\n  - { id: a, effect: alow, tools: [observe_*] }\n`,
      ['4:22 rules[0].effect: must be allow, ask or refuse, not "alow"; did you mean allow?'],
    ],
    [
      'a tool of no family',
      rule('    tools: [mitgate_*]\n'),
      [
        '6:13 rules[0].tools[0]: matches no family of tools: observe_, audit_, incident_, mitigate_, transaction_, undo_',
      ],
    ],
    [
      'a plural for a kind',
      rule('    tools: [observe_*]\n    kinds: [deployments]\n'),
      [
        '7:13 rules[0].kinds[0]: must be a kind as in manifests: Deployment, Deployment.apps, apps/* or *; the core group is core, not "deployments"',
      ],
    ],
    [
      'a label that is no text',
      rule('    tools: [mitigate_*]\n    labels: { a: true }\n'),
      ['7:18 rules[0].labels.a: must be text, not true; put it in quotes'],
    ],
    [
      'a field that is no path',
      rule('    tools: [mitigate_*]\n    fields:\n      - spec..x\n'),
      ['8:9 rules[0].fields[0]: expected a key at character 6 of the field path "spec..x"'],
    ],
    [
      'verbs for tools that read',
      rule('    tools: [observe_*]\n    verbs: [delete]\n'),
      [
        '7:12 rules[0].verbs: speak about writes, but observe_* only read: the rule could never match',
      ],
    ],
    [
      'a refusal of reads by label',
      `${HEAD}rules:\n  - { id: a, effect: refuse, tools: ['*'], labels: { a: b } }\n`,
      [
        '4:52 rules[0].labels: are known for writes only: name writing tools (mitigate_*), or select by kinds, namespaces and names',
      ],
    ],
    [
      'a rule id twice',
      rule('    tools: [observe_*]\n  - { id: a, effect: ask, tools: [undo_*] }\n'),
      ['7:11 rules[1].id: a already names rules[0]'],
    ],
    [
      'the reserved id',
      `${HEAD}rules:\n  - { id: default, effect: allow, tools: [observe_*] }\n`,
      ['4:11 rules[0].id: is the id of the built-in rule that refuses what no rule opens'],
    ],
    [
      'protection of nothing',
      `${HEAD}rules: []\nprotected:\n  - reason: Because.\n`,
      [
        '5:5 protected[0]: needs kinds, namespaces, names or labels; kinds: ["*"] protects everything',
      ],
    ],
    [
      'bounds out of range',
      `${HEAD}rules: []\nbounds:\n  commands: 0\n  minutes: 100000\n  objects: 1.5\n  replicas: "3"\n`,
      [
        '5:13 bounds.commands: must be at least 1, not 0',
        '6:12 bounds.minutes: must be at most 240, not 100000',
        '7:12 bounds.objects: must be a whole number, not 1.5',
        '8:13 bounds.replicas: must be a number, not "3"',
      ],
    ],
    [
      'a settle time that no transaction can reach',
      `${HEAD}rules: []\nbounds: { minutes: 1 }\n`,
      ['4:20 bounds.minutes: leaves no time to settle (severity.settle.timeoutSeconds is 120)'],
    ],
    [
      'a settle time shorter than its parts',
      `${HEAD}rules: []\nseverity:\n  settle:\n    timeoutSeconds: 30\n`,
      [
        '6:21 severity.settle.timeoutSeconds: must be more than stableSeconds and minPodAgeSeconds (30), or no commit can pass',
      ],
    ],
    [
      'a broken regular expression',
      `${HEAD}rules: []\nredaction: { keyPatterns: ["("] }\n`,
      ['4:28 redaction.keyPatterns[0]: Invalid regular expression: /(/i: Unterminated group'],
    ],
  ])('%s', (_, content, expected) => {
    expect(problemsOf(content)).toEqual(expected);
  });

  test('all problems at once, in the order of the file', () => {
    const lines = problemsOf(
      `version: 1\nname: x\nrules:\n  - { id: a, effect: no, tools: [] }\n  - { id: a }\nextra: 1\n`,
    ).map((text) => text.slice(0, text.indexOf(':')));
    expect(lines).toEqual(['4', '4', '5', '5', '5', '6']);
  });

  test('the message tells file and places', () => {
    const path = fileOf('version: 1\nrules: []\n');
    expect(errorOf(path).message).toBe(
      `The policy ${path} is invalid: line 1, column 1: required key name is missing.`,
    );
  });

  test('bytes that are not UTF-8', () => {
    expect(problemsOf(Uint8Array.of(0x61, 0xff))).toEqual(['1:1 the file is not UTF-8 text']);
  });

  test('an alias bomb', () => {
    const level = (i: number) =>
      `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(', ')}]\n`;
    const bomb = `a0: &a0 [x]\n${[1, 2, 3, 4, 5, 6].map(level).join('')}`;
    expect(problemsOf(bomb)).toEqual([
      '1:1 Excessive alias count indicates a resource exhaustion attack',
    ]);
  });
});

test('a file that is not there, with the built-in policy that may be meant', () => {
  const error = errorOf('defualt');
  expect(error.code).toBe('policy_invalid');
  expect(error.message).toBe("The policy defualt can't be read (ENOENT).");
  expect(error.next).toContain('built-in policy default?');
});
