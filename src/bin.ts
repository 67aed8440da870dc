#!/usr/bin/env node
// Only syntax that old versions of Node can parse: the message below is for them.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `stratus-mcp needs Node.js 20.19 or newer; this is ${process.versions.node}.\n`,
  );
  process.exit(1);
} else {
  import('./main.ts').then(({ main }) => main(process.argv)).catch(fail);
}

function fail(error: unknown): void {
  process.stderr.write(`stratus-mcp: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
