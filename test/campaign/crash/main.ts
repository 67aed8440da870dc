import { command } from '../command.ts';
import { crashCampaign } from './campaign.ts';

command(crashCampaign);
