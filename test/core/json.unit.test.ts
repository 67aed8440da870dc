import { expect, test } from 'vitest';
import { at, equalJson, parseJson } from '../../src/core/json.ts';

test.each(['constructor', 'toString', 'hasOwnProperty', '__proto__'])(
  '%s is no field of an object that does not have it',
  (name) => {
    expect(at({ data: {} }, 'data', name)).toBeUndefined();
    expect(equalJson({}, { [name]: 'x' })).toBe(false);
  },
);

test.each(['constructor', '__proto__'])(
  '%s is a field like any other where it is there',
  (name) => {
    const read = parseJson(`{"data": {"${name}": "x"}}`);
    expect(at(read, 'data', name)).toBe('x');
  },
);
