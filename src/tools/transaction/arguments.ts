import { z } from 'zod';

export const transactionArgument = z.string().min(1).describe('Handle such as txn-7.');
export const reasonArgument = z.string().min(1).max(500).describe('Why; kept in the audit log.');
