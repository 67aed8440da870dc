import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type FieldPath,
  formatFieldPath,
  matchField,
  parseFieldPath,
  parseFieldPattern,
} from '../../src/policy/field-path.ts';

const match = (pattern: string, path: string) =>
  matchField(parseFieldPattern(pattern), parseFieldPath(path));

const key = fc.oneof(
  fc.constantFrom('spec', 'replicas', 'labels', 'example.com/a', 'a"b', '*', '**', 'a]b', ' ', 'ä'),
  fc.string({ minLength: 1 }),
);
const segment = fc.oneof(
  { weight: 3, arbitrary: key.map((text) => ({ kind: 'key' as const, key: text })) },
  { weight: 1, arbitrary: fc.nat(99).map((index) => ({ kind: 'index' as const, index })) },
  {
    weight: 1,
    arbitrary: fc
      .uniqueArray(
        fc.tuple(fc.constantFrom('', 'name', 'containerPort'), fc.string({ minLength: 1 })),
        { minLength: 1, maxLength: 2, selector: ([name]) => name },
      )
      .map((keys) => ({ kind: 'element' as const, keys })),
  },
);
const fieldPath: fc.Arbitrary<FieldPath> = fc.array(segment, { minLength: 1, maxLength: 6 });

/** The path as a pattern that means nothing but itself. */
const literal = fieldPath.filter((path) => !/[*?]/.test(formatFieldPath(path)));

describe('the grammar', () => {
  test('reads back what it writes, whatever the keys hold', () => {
    fc.assert(
      fc.property(fieldPath, (path) => {
        expect(parseFieldPath(formatFieldPath(path))).toEqual(path);
      }),
    );
  });

  test('never crashes on text: it is a path or a SyntaxError', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab.[]"=*,\\ 1') }), (text) => {
        try {
          expect(parseFieldPath(text).length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
      }),
    );
  });

  test.each([
    ['', 'expected a key at character 1 of the field path ""'],
    ['spec.', 'expected a key at character 6 of the field path "spec."'],
    ['spec..a', 'expected a key at character 6 of the field path "spec..a"'],
    ['a[name=web', 'expected a closing bracket at character 11 of the field path "a[name=web"'],
    ['a[name=]', 'expected a value at character 8 of the field path "a[name=]"'],
    ['a[]', 'expected name=value, an index or a quoted key at character 3 of the field path "a[]"'],
    [
      'a[k=1,k=2]',
      'expected another key than k before it at character 10 of the field path "a[k=1,k=2]"',
    ],
    ['a[0]b', 'expected a dot or a bracket at character 5 of the field path "a[0]b"'],
    ['a b', 'expected a dot or a bracket at character 2 of the field path "a b"'],
    [
      'a["\\x"]',
      'expected text quoted as in JSON at character 3 of the field path "a[\\"\\\\x\\"]"',
    ],
    ['a[*]', '[*] names no single element in the field path a[*]'],
  ])('says where %j is wrong', (text, message) => {
    expect(() => parseFieldPath(text)).toThrow(new SyntaxError(message));
  });
});

describe('matching', () => {
  test.each([
    ['spec.replicas', 'spec.replicas', 'covers'],
    ['spec', 'spec.replicas', 'covers'],
    ['spec.rep*', 'spec.replicas', 'covers'],
    ['spec.replica', 'spec.replicas', 'apart'],
    ['spec.replicas', 'spec.template', 'apart'],
    ['spec.*', 'spec.template.spec.hostNetwork', 'covers'],
    ['metadata.labels.**', 'metadata.labels', 'covers'],
    ['metadata.labels.**', 'metadata.labels["example.com/a"]', 'covers'],
    ['metadata.labels["example.com/*"]', 'metadata.labels["example.com/a"]', 'covers'],
    ['metadata.labels["example.com/*"]', 'metadata.labels["example.org/a"]', 'apart'],
    ['metadata.annotations["example.com/a"]', 'metadata.annotations.example.com/a', 'apart'],
    ['spec.containers[*].image', 'spec.containers[name=web].image', 'covers'],
    ['spec.containers[*].image', 'spec.containers[0].image', 'covers'],
    ['spec.containers[name=web].image', 'spec.containers[name=web].image', 'covers'],
    ['spec.containers[name=web-*].image', 'spec.containers[name=web-1].image', 'covers'],
    ['spec.containers[name=web].image', 'spec.containers[name=db].image', 'apart'],
    ['spec.containers[*].image', 'spec.containers.image', 'apart'],
    ['ports[port=80]', 'ports[port=80,protocol=TCP].name', 'covers'],
    ['ports[port=80,protocol=UDP]', 'ports[port=80,protocol=TCP].name', 'apart'],
    ['finalizers[="a/b"]', 'finalizers[="a/b"]', 'covers'],
    ['**.image', 'spec.template.spec.containers[name=web].image', 'covers'],
    ['spec.**.image', 'spec.image', 'covers'],
    ['**.image', 'spec.replicas', 'apart'],
    // The change lies above what the pattern names, or names the element in another way.
    ['spec.containers[*].image', 'spec.containers[name=web]', 'touches'],
    ['spec.containers[*].image', 'spec', 'touches'],
    ['spec.containers[*].image', 'spec.containers.0.image', 'touches'],
    ['spec.containers[1].image', 'spec.containers.0.image', 'apart'],
    ['spec.containers[name=web].image', 'spec.containers[0].image', 'touches'],
    ['spec.containers[0].image', 'spec.containers[name=web].image', 'touches'],
    ['ports[name=http]', 'ports[port=80,protocol=TCP]', 'touches'],
    ['spec.template.**.privileged', 'spec.template', 'touches'],
    ['spec.template.**.privileged', 'spec.template.metadata', 'apart'],
  ])('%s against %s: %s', (pattern, path, expected) => {
    expect(match(pattern, path)).toBe(expected);
  });

  test('a path covers itself and everything below it, and touches everything above it', () => {
    fc.assert(
      fc.property(literal, fieldPath, (path, below) => {
        const pattern = parseFieldPattern(formatFieldPath(path));
        expect(matchField(pattern, path)).toBe('covers');
        expect(matchField(pattern, [...path, ...below])).toBe('covers');
        for (let i = 1; i < path.length; i++) {
          expect(matchField(pattern, path.slice(0, i))).toBe('touches');
        }
      }),
    );
  });

  test('a pattern covers nothing beside it', () => {
    fc.assert(
      fc.property(literal, fc.constantFrom('other', 'zzz'), (path, other) => {
        const last = path.at(-1);
        fc.pre(last?.kind === 'key' && last.key !== other);
        const pattern = parseFieldPattern(formatFieldPath(path));
        const beside: FieldPath = [...path.slice(0, -1), { kind: 'key', key: other }];
        expect(matchField(pattern, beside)).toBe('apart');
      }),
    );
  });
});
