import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { CallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { openRaw, type Place } from './raw.ts';

/**
 * The least that a call over MCP and stdio can cost: a server whose one tool answers a constant, after a raw GET
 * where argv names a place and a path.
 */
const [size = '1000', place, path = '/'] = process.argv.slice(2);
const text = JSON.stringify({ summary: 'x'.repeat(Number(size)) });
const result = { content: [{ type: 'text', text }], structuredContent: JSON.parse(text) };
const raw = place === undefined ? undefined : openRaw(JSON.parse(place) as Place);
const server = new Server({ name: 'echo', version: '1.0.0' }, { capabilities: { tools: {} } });
server.setRequestHandler(CallToolRequestSchema, async () => {
  await raw?.send('GET', path);
  return result;
});
server.onclose = () => process.exit(0);
process.stdin.on('end', () => process.exit(0));
await server.connect(new StdioServerTransport());
