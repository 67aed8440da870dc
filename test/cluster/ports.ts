import { createServer, type Server } from 'node:net';

const given = new Set<number>();

/**
 * Loopback ports that are free now and that this process hasn't handed out before. Another process
 * can still take one before it is bound; whoever starts a server must be ready to try again.
 */
export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  const ports: number[] = [];
  try {
    while (ports.length < count) {
      const server = createServer();
      servers.push(server);
      const port = await listen(server);
      if (!given.has(port)) ports.push(port);
      given.add(port);
    }
  } finally {
    await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  }
  return ports;
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
      else reject(new Error('the operating system gave no port'));
    });
  });
}
