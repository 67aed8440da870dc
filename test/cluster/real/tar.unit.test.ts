import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { tar } from './tar.ts';

test('tar unpacks what was packed: files, modes, links and folders', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stratus-tar-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const content = Buffer.alloc(1_300, 'x');
  const archive = tar([
    { path: 'bin/', folder: true },
    { path: 'bin/program', content },
    { path: 'bin/other', link: 'program' },
    { path: 'exact', content: content.subarray(0, 512), mode: 0o644 },
  ]);
  execFileSync('tar', ['-xf', '-', '-C', folder], { input: archive });
  expect(readFileSync(join(folder, 'bin/program'))).toEqual(content);
  expect(statSync(join(folder, 'bin/program')).mode & 0o777).toBe(0o755);
  expect(readlinkSync(join(folder, 'bin/other'))).toBe('program');
  expect(readFileSync(join(folder, 'exact'))).toHaveLength(512);
  expect(statSync(join(folder, 'exact')).mode & 0o777).toBe(0o644);
});
