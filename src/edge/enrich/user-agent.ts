/**
 * User agent: the browser, operating system and kind of device behind a User-Agent text, and whether it is a bot.
 *
 * A bot's device is `bot`, and its events carry `context.bot: true`: they are kept and can be left out of a question.
 * Names have no versions: they become dimensions, and a version would make a cell of its own every few weeks.
 * Results are remembered, because parsing takes some 30 µs (bowser, isbot) and few texts make most of the traffic.
 */
import Bowser from 'bowser';
import { isbot } from 'isbot';
import { memo } from './memo.ts';

export interface Agent {
  readonly browser: string | null;
  readonly os: string | null;
  /** One of desktop, mobile, tablet, tv, bot; null when it is unknown. */
  readonly device: string | null;
  readonly bot: boolean;
}

export const NO_AGENT: Agent = { browser: null, os: null, device: null, bot: false };
const REMEMBERED_AGENTS_MAX = 1_000;
/** Real texts have 100 to 400 characters; a longer one is an attack on the regular expressions. */
const AGENT_LENGTH_MAX = 1_024;

const remembered = memo(parse, REMEMBERED_AGENTS_MAX);

export function agentOf(userAgent: string | null): Agent {
  return userAgent === null || userAgent.length > AGENT_LENGTH_MAX ? NO_AGENT : remembered(userAgent);
}

/** Whether a browser sent the text: all browsers call themselves Mozilla, libraries and servers do not. */
export function isBrowserAgent(userAgent: string | null): boolean {
  return userAgent?.startsWith('Mozilla/') === true;
}

function parse(userAgent: string): Agent {
  const { browser, os, platform } = Bowser.parse(userAgent);
  const bot = isbot(userAgent);
  return {
    browser: browser.name || null,
    os: os.name || null,
    device: bot ? 'bot' : platform.type || null,
    bot,
  };
}
