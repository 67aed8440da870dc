import { expect, test } from 'vitest';
import { connect } from './support.ts';

test('the prompts name only tools that there are', async () => {
  const { client } = await connect();
  const names = (await client.listTools()).tools.map(({ name }) => name);
  const { prompts } = await client.listPrompts();
  expect(prompts.map(({ name }) => name)).toEqual(['detect', 'diagnose', 'mitigate', 'undo']);
  for (const prompt of prompts) {
    expect(prompt.title && prompt.description, prompt.name).toBeTruthy();
    const args = Object.fromEntries(
      (prompt.arguments ?? []).map(({ name }) => [name, `<${name} of the person>`]),
    );
    const { messages } = await client.getPrompt({ name: prompt.name, arguments: args });
    const text = messages
      .map(({ content }) => (content.type === 'text' ? content.text : ''))
      .join();
    for (const value of Object.values(args)) expect(text, prompt.name).toContain(value);
    expect(text).toContain('Stop ');
    for (const [name] of text.matchAll(
      /\b(observe|mitigate|transaction|undo|audit)_[a-z_]*[a-z]/g,
    )) {
      expect(names, prompt.name).toContain(name);
    }
  }
});

test('a prompt says which arguments it wants', async () => {
  const { client } = await connect();
  await expect(client.getPrompt({ name: 'mitigate', arguments: {} })).rejects.toThrow(
    'Prompt "mitigate" needs the argument "incident".',
  );
  await expect(client.getPrompt({ name: 'undo', arguments: { txn: 'x' } })).rejects.toThrow(
    'Prompt "undo" has no argument "txn". It has: transaction, incident.',
  );
  await expect(client.getPrompt({ name: 'heal' })).rejects.toThrow('There is no prompt "heal".');
});
