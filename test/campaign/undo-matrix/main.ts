import { command } from '../command.ts';
import { undoMatrix } from './campaign.ts';

command(undoMatrix);
