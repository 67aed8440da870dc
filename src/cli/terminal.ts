/** Writing for a person, for whom a closed pipe (`| head`) is a normal end and no error. */
export const terminal = {
  stdout: (text: string) => {
    if (!process.stdout.listeners('error').includes(leave)) process.stdout.on('error', leave);
    return process.stdout.write(text);
  },
  stderr: (text: string) => process.stderr.write(text),
};

function leave(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}
