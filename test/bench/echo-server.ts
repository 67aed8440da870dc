import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { CallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js';

/** The least that a call over MCP and stdio can cost: a server whose one tool answers a constant. */
const size = Number(process.argv[2] ?? 1_000);
const text = JSON.stringify({ summary: 'x'.repeat(size) });
const result = { content: [{ type: 'text', text }], structuredContent: JSON.parse(text) };
const server = new Server({ name: 'echo', version: '1.0.0' }, { capabilities: { tools: {} } });
server.setRequestHandler(CallToolRequestSchema, () => result);
await server.connect(new StdioServerTransport());
