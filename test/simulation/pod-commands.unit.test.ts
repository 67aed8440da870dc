import fc from 'fast-check';
import { expect, test } from 'vitest';
import { podOf, Timeline, web } from './timeline.ts';

/** The exit code of a script and what it printed. */
function run(script: string, env: Record<string, string> = {}) {
  const container = {
    ...web,
    command: ['sh', '-c', script],
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
  };
  const pod = podOf({ restartPolicy: 'Never', containers: [container] });
  const time = new Timeline(pod, { services: { db: [80] } }).advance(60);
  return { exitCode: time.container().state.terminated?.exitCode, log: time.log() };
}

test.each([
  ['true', 0, []],
  ['false', 1, []],
  ['exit 7', 7, []],
  ['false; echo on', 0, ['on']],
  ['false && echo no; echo yes', 0, ['yes']],
  ['false || echo rescued', 0, ['rescued']],
  ['true && false', 1, []],
  ['if [ -n "$MODE" ]; then echo "mode $MODE"; else echo none; fi', 0, ['mode fast']],
  ['if test "$MODE" = slow; then exit 1; fi; echo ok', 0, ['ok']],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own syntax
  ['echo \'$MODE\' "${MISSING:-default}"', 0, ['$MODE default']],
  ['X=1; while [ "$X" = 1 ]; do echo once; X=2; done', 0, ['once']],
  ['nslookup nowhere >/dev/null 2>&1 && echo no\necho done # ok', 0, ['done']],
  ['wget -qO- http://db/ready && exec sleep 3', 0, []],
  ['wget -qO- http://db:81/', 1, ["wget: can't connect to remote host (db): Connection refused"]],
  ['nonsense', 127, ['sh: nonsense: not found']],
  ['for i in 1 2; do echo; done', 2, expect.anything()],
  ['echo $(date)', 2, expect.anything()],
])('sh -c %j exits with %i', (script, exitCode, log) => {
  expect(run(script, { MODE: 'fast' })).toEqual({ exitCode, log });
});

test.each(['while true; do sleep 30; done', 'while true; do :; done', 'tail -f /dev/null'])(
  '%s keeps running',
  (script) => {
    expect(run(script).exitCode).toBeUndefined();
  },
);

test('command and arguments see $(VARIABLES)', () => {
  const env = [{ name: 'SECONDS', value: '5' }];
  const containers = [{ ...web, env, command: ['sleep'], args: ['$(SECONDS)'] }];
  const time = new Timeline(podOf({ restartPolicy: 'Never', containers }));
  expect(time.advance(4).status.phase).toBe('Running');
  expect(time.advance(3).status.phase).toBe('Succeeded');
});

test('any script comes to a result: it runs, it ends or it is refused', () => {
  const words = ['while', 'until', 'do', 'done', 'if', 'then', 'else', 'fi', 'true', 'false'];
  const marks = [
    ';',
    '&&',
    '||',
    '&',
    '|',
    '\n',
    '>',
    '2>&1',
    '<',
    "'",
    '"',
    '\\',
    '$X',
    '#',
    '\f',
  ];
  const word = fc.oneof(fc.constantFrom(...words, ...marks, 'sleep 1', 'exit 3'), fc.string());
  fc.assert(
    fc.property(fc.array(word, { maxLength: 12 }), (parts) => {
      const containers = [{ ...web, command: ['sh', '-c', parts.join(' ')] }];
      const time = new Timeline(podOf({ restartPolicy: 'Never', containers })).advance(20);
      expect(['Running', 'Succeeded', 'Failed']).toContain(time.status.phase);
    }),
    { numRuns: 500 },
  );
});
