import type { Machine } from './machine.ts';
import { holds, type Result } from './types.ts';

/** The results for a reader, a block for each. */
export function textOf(machine: Machine, results: readonly Result[]): string {
  const { cpu, cores, memoryGb, node, system, kubernetes } = machine;
  const cluster = kubernetes === undefined ? '' : `, Kubernetes ${kubernetes}`;
  const head = `${cpu}, ${cores} cores, ${memoryGb} GB, Node ${node}, ${system}${cluster}`;
  return `${[head, ...results.map((result) => linesOf(result).join('\n'))].join('\n\n')}\n`;
}

/** One result, a line for each thing that there is to say. */
export function linesOf(result: Result): string[] {
  const { bench, what, unit, median, p95, floor, ratio, note } = result;
  const number = (value: number) => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
  const high = p95 === undefined ? '' : ` (p95 ${number(p95)})`;
  const lines = [`${bench}: ${what}`, `  ${number(median)} ${unit}${high}`];
  if (floor !== undefined) {
    lines.push(`  ${ratio?.toFixed(2)}x of ${number(floor.median)} ${unit}: ${floor.what}`);
  }
  const held = holds(result);
  if (held !== undefined) lines.push(`  ${held ? 'holds' : 'MISSED'}: ${targetOf(result)}`);
  if (note !== undefined) lines.push(`  ${note}`);
  return lines;
}

function targetOf({ target, unit }: Result): string {
  const bound = target?.most === undefined ? `at least ${target?.least}` : `at most ${target.most}`;
  return target?.of === 'ratio' ? `${bound}x the floor` : `${bound} ${unit}`;
}
