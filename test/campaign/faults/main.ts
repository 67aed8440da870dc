import { command } from '../command.ts';
import { faultCampaign } from './campaign.ts';

command(faultCampaign);
