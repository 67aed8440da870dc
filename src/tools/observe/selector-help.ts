import { StratusError } from '../../core/errors.ts';

/**
 * Runs a list whose selectors people wrote. What the API server says about a bad selector comes
 * back as the caller's mistake, with its sentence.
 */
export async function withSelectorHelp<T>(
  args: { label_selector?: string | undefined; field_selector?: string | undefined },
  list: () => Promise<T>,
): Promise<T> {
  try {
    return await list();
  } catch (error) {
    const asked = args.label_selector !== undefined || args.field_selector !== undefined;
    if (!(error instanceof StratusError) || error.code !== 'cluster_error' || !asked) throw error;
    // What can't be parsed at all is only quoted: found '=', expected: ',' or 'end of string'.
    if (!/selector|requirement|label|field|found .*expected/i.test(error.message)) throw error;
    throw new StratusError('invalid_arguments', error.message, {
      next: 'Correct the selector. Labels: app=web,tier in (a,b),!legacy. Fields: metadata.name=x and those that the kind supports, joined with commas.',
      cause: error,
    });
  }
}
