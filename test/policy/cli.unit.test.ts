import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { policyCommand } from '../../src/cli/policy.ts';
import { policyJsonSchema } from '../../src/policy/schema.ts';

function run(args: readonly string[], tools?: readonly string[], predicates?: readonly string[]) {
  let stdout = '';
  let stderr = '';
  let code: number | undefined;
  policyCommand({
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    exit: (value) => {
      code = value;
    },
    ...(tools && { tools }),
    ...(predicates && { predicates }),
  }).parse(args, { from: 'user' });
  return { stdout, stderr, code };
}

test('check says what a valid policy amounts to', () => {
  const { stdout, stderr, code } = run(
    ['check', 'read-only'],
    ['observe_list', 'mitigate_scale', 'undo_last'],
  );
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  expect(stdout).toContain('20 commands, 30 minutes');
  expect(stdout).toContain('not offered  mitigate_scale, undo_last\n');
  expect(stdout).toMatch(/The policy is valid\.\n$/);
});

test('check names the places of what is wrong', () => {
  const folder = mkdtempSync(join(tmpdir(), 'policy-'));
  try {
    const file = join(folder, 'bad.yaml');
    writeFileSync(file, 'version: 1\nname: x\nrule: []\n');
    expect(run(['check', file])).toEqual({
      stdout: '',
      stderr: `${file}:1:1: required key rules is missing\n${file}:3:1: unknown key rule; did you mean rules?\n`,
      code: 1,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('check warns about patterns that match no tool and weights of no predicate', () => {
  const folder = mkdtempSync(join(tmpdir(), 'policy-'));
  try {
    const file = join(folder, 'slips.yaml');
    writeFileSync(
      file,
      'version: 1\nname: x\nrules:\n  - { id: a, effect: allow, tools: [mitigate_scail] }\nseverity: { weights: { outage: 9, outrage: 9 } }\n',
    );
    const { stdout, code } = run(['check', file], ['mitigate_scale'], ['outage']);
    expect(code).toBe(0);
    expect(stdout).toContain(
      'Warning: rule a: mitigate_scail matches no tool; did you mean mitigate_scale?\n',
    );
    expect(stdout).toContain('Warning: severity.weights: outrage matches no predicate');
    expect(stdout).not.toContain('weights: outage');
    expect(run(['check', file]).stdout).not.toContain('Warning');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('check warns about a guided policy under which nothing can be changed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'policy-'));
  try {
    const file = join(folder, 'guided.yaml');
    const rule = (tools: string) => `  - { id: a, effect: allow, tools: [${tools}] }\n`;
    const head = 'version: 1\nname: x\nmode: guided\nrules:\n';
    writeFileSync(file, `${head}${rule('mitigate_*, transaction_*')}`);
    const { stdout } = run(['check', file]);
    expect(stdout).toContain('Warning: mode guided: no rule opens incident_open, so nothing');
    expect(stdout).toMatch(/mode +guided: changes only for an incident, 3 attempts at each/);
    writeFileSync(file, `${head}${rule('mitigate_*, transaction_*, incident_*')}`);
    expect(run(['check', file]).stdout).not.toContain('Warning');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('check of a file that is not there says what to do', () => {
  const { stderr, code } = run(['check', 'nowhere.yaml']);
  expect(stderr).toContain("can't be read (ENOENT). Name an existing file, or a built-in policy");
  expect(code).toBe(1);
});

const deployment = ['--kind', 'Deployment', '--namespace', 'shop', '--name', 'web'];

test('explain tells the decision and why each rule did or did not match', () => {
  const question = ['--tool', 'mitigate_scale', ...deployment, '--field', 'spec.replicas'];
  const { stdout, code } = run(['explain', 'default', ...question]);
  expect(code).toBe(0);
  expect(stdout).toContain('question  patch of Deployment.apps web in shop by mitigate_scale');
  expect(stdout).toContain('decision  allow by scale\n');
  expect(stdout).toMatch(/^\+ scale +allow +it names spec\.replicas, and spec\.replicas changes$/m);
  expect(stdout).toMatch(/^- ask-secrets +ask +kind Deployment\.apps is not among Secret\.core$/m);
  expect(stdout).toMatch(/^- protected\/1 +protected +namespace shop is not among kube-system/m);
});

test.each([
  [['--tool', 'mitigate_delete', ...deployment], 3, 'ask by ask-delete'],
  [['--tool', 'mitigate_delete', '--kind', 'Namespace', '--name', 'a'], 2, 'refuse by default'],
  [
    [
      '--tool',
      'mitigate_patch',
      '--kind',
      'Secret.core',
      '--namespace',
      'a',
      '--field',
      'data.a',
      'data.b',
    ],
    3,
    'ask by ask-secrets',
  ],
  [
    [
      '--tool',
      'mitigate_scale',
      ...deployment,
      '--field',
      'spec.replicas',
      '--label',
      'stratus.dev/protected=yes',
    ],
    2,
    'refuse by protected/6',
  ],
  [
    [
      '--tool',
      'mitigate_scale',
      ...deployment,
      '--group',
      'example.com',
      '--field',
      'spec.replicas',
    ],
    2,
    'refuse by default',
  ],
  [['--tool', 'observe_list', '--kind', 'Secret'], 0, 'allow by observe'],
  [['--tool', 'transaction_begin'], 0, 'allow by transactions'],
])('explain default %j exits with %i', (args, expected, decision) => {
  const { stdout, code } = run(['explain', 'default', ...args]);
  expect(stdout).toContain(`decision  ${decision}\n`);
  expect(code).toBe(expected);
});

test('explain of a question that is none says what to add', () => {
  expect(run(['explain', 'default', '--tool', 'mitigate_scale'])).toMatchObject({
    stderr:
      'mitigate_scale writes, so the question needs a kind. Add --kind, such as --kind Deployment.\n',
    code: 1,
  });
  expect(run(['explain', 'default', '--tool', 'kubectl']).code).toBe(1);
});

test('schema prints the JSON Schema', () => {
  expect(JSON.parse(run(['schema']).stdout)).toEqual(policyJsonSchema());
});

test.each(['policy', 'check', 'explain'])('help of %s tells the exit codes', (name) => {
  let stdout = '';
  const write = (text: string) => {
    stdout += text;
  };
  const command = policyCommand({ stdout: write, stderr: write });
  const shown = command.commands.find((sub) => sub.name() === name) ?? command;
  shown.outputHelp();
  expect(stdout).toContain('Exit codes: 0 valid, or allowed; 1 the file or the command line');
});

test('explain of a tool that is not there names the one that is meant', () => {
  const question = ['explain', 'default', '--tool', 'mitigate_scal', ...deployment];
  const { stderr, code } = run(question, ['mitigate_scale', 'observe_list']);
  expect(stderr).toBe('There is no tool mitigate_scal. Did you mean mitigate_scale?\n');
  expect(code).toBe(1);
});

test('explain of a change without fields says that the answer is about any field', () => {
  const question = ['explain', 'default', '--tool', 'mitigate_scale', ...deployment];
  expect(run(question).stdout).toContain('No field was named');
  const { stdout, code } = run([...question, '--field', 'spec.replicas']);
  expect(stdout).not.toContain('No field was named');
  expect(code).toBe(0);
});
