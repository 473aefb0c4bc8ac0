/**
 * User agent: the browser, operating system and kind of device behind a User-Agent text, and whether it is a bot.
 *
 * Names have no versions: they become dimensions, and a version would make a cell of its own every few weeks.
 * Results are remembered, because parsing takes some 30 µs (bowser, isbot) and few texts make most of the traffic.
 */
import Bowser from 'bowser';
import { isbot } from 'isbot';
import { BOT_DEVICE } from '../../core/bots/bots.ts';
import { memo } from './memo.ts';

export interface Agent {
  readonly browser: string | null;
  readonly os: string | null;
  /** One of desktop, mobile, tablet, tv, bot; null when it is unknown. */
  readonly device: string | null;
  /** Why it is taken for a bot (bots.ts); null when it is none. */
  readonly bot: string | null;
}

export const NO_AGENT: Agent = { browser: null, os: null, device: null, bot: null };
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
  const bot = isbot(userAgent) ? reasonOf(userAgent) : null;
  const isIos = IOS_BROWSER.test(userAgent);
  return {
    browser: browser.name || null,
    os: isIos ? 'iOS' : os.name || null,
    device:
      bot !== null
        ? BOT_DEVICE
        : deviceOf(userAgent, isIos) || platform.type || (DESKTOP.test(userAgent) ? 'desktop' : null),
    bot,
  };
}

/** Browsers without a window call themselves so, in the User-Agent and in the client hints. */
export const HEADLESS = /headless/i;

function reasonOf(userAgent: string): string {
  return HEADLESS.test(userAgent) ? 'headless' : 'user-agent';
}

/** Browsers of iOS alone. An iPad asks for desktop pages by default, and then calls itself a Macintosh. */
const IOS_BROWSER = /\b(CriOS|FxiOS|EdgiOS|OPiOS|OPT|GSA)\//;
/** Consoles that one holds in the hands. */
const HANDHELD = /PlayStation (Vita|Portable)|\bPSP\b|Nintendo (3DS|DS)/i;
/** Consoles and boxes at a television, and televisions. */
const AT_TELEVISION =
  /PlayStation|\bXbox\b|Nintendo|\b(SMART-?TV|SmartTV|Web0S|HbbTV|AppleTV|Apple TV|GoogleTV|Google TV|Android TV|CrKey|Chromecast|Roku|BRAVIA|NetCast|VIDAA|MIBOX\w*|MiTV\S*|AFT[A-Z0-9]+)\b/i;
/** Readers of books, which call themselves desktops of Linux. */
const READER = /\bKindle\//;
/** Headsets, some of which ask for the pages of a desktop. They are worn, not at a desk. */
const HEADSET = /\bOculusBrowser\//;

/** Chromebooks and Unix desktops, of which the parser tells no kind of device. */
const DESKTOP = /\b(CrOS|X11)\b/;

/** The kinds of device that the parser does not tell, or takes for another. Null: the parser decides. */
function deviceOf(userAgent: string, isIos: boolean): string | null {
  if (HANDHELD.test(userAgent) || HEADSET.test(userAgent)) return 'mobile';
  if (AT_TELEVISION.test(userAgent)) return 'tv';
  if (READER.test(userAgent) || (isIos && userAgent.includes('Macintosh'))) return 'tablet';
  return null;
}

/** The kinds of device by the `device.type` of mobile SDKs, which often send no user agent. */
const DEVICE_TYPES: Readonly<Record<string, string>> = {
  ios: 'mobile',
  iphone: 'mobile',
  android: 'mobile',
  phone: 'mobile',
  mobile: 'mobile',
  smartphone: 'mobile',
  mobilephone: 'mobile',
  handset: 'mobile',
  handheld: 'mobile',
  watchos: 'mobile',
  wearos: 'mobile',
  ipad: 'tablet',
  ipados: 'tablet',
  tablet: 'tablet',
  tv: 'tv',
  tvos: 'tv',
  appletv: 'tv',
  smarttv: 'tv',
  androidtv: 'tv',
  console: 'tv',
  desktop: 'desktop',
  macos: 'desktop',
  windows: 'desktop',
  linux: 'desktop',
  chromeos: 'desktop',
  macintosh: 'desktop',
  mac: 'desktop',
  pc: 'desktop',
  laptop: 'desktop',
  computer: 'desktop',
};

/** The kind of device that a context tells by `device.type` and `device.model`; null for words it does not know. */
export function deviceOfType(type: string | null, model: string | null): string | null {
  const word = type?.toLowerCase().replace(/[\s_-]/g, '') ?? '';
  const device = Object.hasOwn(DEVICE_TYPES, word) ? (DEVICE_TYPES[word] as string) : null;
  // An iPad's SDK says `ios` like that of an iPhone.
  return device === 'mobile' && model !== null && /^iPad|\bTablet\b|\bTab\b|^SM-[TX]\d|^KF[A-Z]{2,}/i.test(model)
    ? 'tablet'
    : device;
}
