import type { Answer } from '../../story/client.ts';

const DEFECT = /\[internal\]|^\s+at .*[:(]\d+|node_modules|TypeError|RangeError|ReferenceError/m;

/** What is wrong with an answer, whatever was asked; undefined when it went through or teaches. */
export function complaint({ isError, text, data }: Answer): string | undefined {
  if (DEFECT.test(text)) return `a defect shows: ${text.slice(0, 300)}`;
  if (!isError) return data.summary ? undefined : 'an answer without a summary';
  if (text.startsWith('client: ')) return text.slice(0, 300);
  if (!/\[[a-z_]+\]$/m.test(text)) return `an error without a code: ${text.slice(0, 200)}`;
  if (!/^Next: \S.{10,}/m.test(text)) return `an error without advice: ${text.slice(0, 200)}`;
  return undefined;
}
