import { describeRef } from '../core/kube.ts';
import { enumerate, shorten } from './text.ts';
import type { DeclaredReduction, GateFinding, Measurement } from './types.ts';

const SUMMARY_LENGTH = 300;
const ITEM_LENGTH = 100;

/** A finding on its way into a verdict. */
export interface Told extends GateFinding {
  /** For the summary: findings of one heading are listed together. Names and reasons only. */
  readonly brief?: { readonly heading: string; readonly item: string };
}

interface Input {
  readonly before: Measurement;
  readonly after: Measurement;
  readonly declared: readonly DeclaredReduction[];
}

/** The verdict in one line: who refuses and because of what, without the cluster's own words. */
export function summarise({ before, after, declared }: Input, findings: readonly Told[]): string {
  const numbers = `severity ${before.severity} → ${after.severity}`;
  const failed = findings.filter((it) => !it.ok);
  if (failed.length === 0) {
    const names = enumerate(declared.map((it) => describeRef(it.object)));
    const reduced = names === '' ? '' : `; reduced on purpose: ${names}`;
    return shorten(
      `Passed: ${numbers}, nothing new is critical and nothing that served is gone${reduced}.`,
      SUMMARY_LENGTH,
    );
  }
  const rules = [...new Set(failed.map((it) => it.rule))];
  // What is new and critical is also why the sum rose.
  const shown = rules.includes('G1') ? failed.filter((it) => it.rule !== 'G2') : failed;
  const groups = new Map<string, string[]>();
  for (const { brief, message } of shown) {
    const { heading, item } = brief ?? { heading: '', item: message.replace(/\.$/, '') };
    groups.set(heading, [...(groups.get(heading) ?? []), shorten(item, ITEM_LENGTH)]);
  }
  const reasons = [...groups].map(
    ([heading, items]) => (heading === '' ? '' : `${heading}: `) + enumerate(items, 2),
  );
  return shorten(
    `Refused by ${rules.join(', ')}: ${numbers}; ${reasons.join('; ')}.`,
    SUMMARY_LENGTH,
  );
}

/** As verdicts hold and journal it. */
export function findingOf({ rule, ok, message }: Told): GateFinding {
  return { rule, ok, message };
}
