/**
 * Enrich: makes the record of a valid event: one row of the lake, with the facts from its context, its page and its
 * request.
 *
 * in: IdentifiedEvent, Surroundings · out: EventRecord
 *
 * The event's own words win over those of the request. Facts that follow from the context alone are worked out once for
 * neighbours with an equal context, as the events of one browser in one request have.
 */
import { BOT_DEVICE } from '../../core/bots/bots.ts';
import type { EventRecord, JsonObject, Sender } from '../../core/event/event.ts';
import type { ValidContext } from '../../core/event/event-json.ts';
import { DEFAULT_JUNK_IDS, type JunkIds, looseId } from '../../core/event/junk-id.ts';
import type { Arrival, ValidEvent } from '../../core/event/validate.ts';
import { dayOf } from '../../core/std/day.ts';
import { objectOf, textOf } from './json-read.ts';
import { type Campaign, campaignOf, NO_PAGE, type Page, pageOf } from './page.ts';
import { asksForPseudonym } from './pseudonym.ts';
import type { Surroundings } from './surroundings.ts';
import { type Agent, agentOf, deviceOfType, isBrowserAgent, NO_AGENT } from './user-agent.ts';

/** A valid event with its final id. */
export interface IdentifiedEvent extends ValidEvent {
  readonly id: string;
}

/** The facts that a context tells about its events. */
interface ContextFacts {
  readonly context: ValidContext;
  /** The context as it is stored, with the reason of a bot. */
  readonly value: JsonObject;
  readonly text: string | null;
  readonly sessionId: string | null;
  readonly groupId: string | null;
  readonly country: string | null;
  readonly region: string | null;
  readonly city: string | null;
  readonly agent: Agent;
  readonly device: string | null;
  readonly os: string | null;
  readonly browser: string | null;
  /** Null when the context has no page; a page event may have one in its properties. */
  readonly page: Page | null;
  readonly campaign: Campaign;
  /** Whether the sender keeps no id on the device and asks for a pseudonym. */
  readonly isCookieless: boolean;
}

/** Enriches the events of one request. */
export class Enricher {
  readonly #surroundings: Surroundings;
  readonly #source: string;
  readonly #receivedAtMs: number;
  readonly #junkIds: JunkIds;
  readonly #sender: Sender;
  #last: ContextFacts | null = null;

  constructor(surroundings: Surroundings, source: string, { receivedAtMs, junkIds, sender }: Arrival) {
    this.#surroundings = surroundings;
    this.#source = source;
    this.#receivedAtMs = receivedAtMs;
    this.#junkIds = junkIds ?? DEFAULT_JUNK_IDS;
    this.#sender = sender ?? 'server';
  }

  record(event: IdentifiedEvent): EventRecord {
    const facts = this.#factsOf(event.context);
    const page = facts.page ?? (event.type === 'page' ? pageOf(event.properties) : NO_PAGE);
    const campaign =
      facts.page === null && page.url !== null ? campaignOf(objectOf(facts.value.campaign), page.url) : facts.campaign;
    return {
      atMs: event.atMs,
      receivedAtMs: this.#receivedAtMs,
      clamped: event.clamped,
      strings: {
        id: event.id,
        type: event.type,
        event: event.event,
        user_id: event.userId,
        anonymous_id: event.anonymousId ?? (facts.isCookieless ? this.#pseudonymOf(event.atMs) : null),
        session_id: facts.sessionId,
        group_id: event.groupId ?? facts.groupId,
        country: facts.country,
        region: facts.region,
        city: facts.city,
        device: facts.device,
        browser: facts.browser,
        os: facts.os,
        referrer_domain: page.referrerDomain,
        utm_source: campaign.source,
        utm_medium: campaign.medium,
        utm_campaign: campaign.name,
        utm_term: campaign.term,
        utm_content: campaign.content,
        url: page.url,
        path: page.path,
        title: page.title ?? event.name,
        source: this.#source,
        properties: event.propertiesText,
        context: facts.text,
        sender: this.#sender,
      },
      properties: event.properties,
      context: facts.value,
    };
  }

  #pseudonymOf(atMs: number): string | null {
    return this.#surroundings.pseudonyms?.get(dayOf(atMs)) ?? null;
  }

  /** Compares contexts by their texts, which is ten times cheaper than reading a context again. */
  #factsOf(context: ValidContext): ContextFacts {
    const last = this.#last;
    if (last !== null && last.context.text === context.text && last.context.hadAddress === context.hadAddress)
      return last;
    this.#last = factsOf(context, this.#surroundings, this.#junkIds);
    return this.#last;
  }
}

function factsOf(context: ValidContext, surroundings: Surroundings, junkIds: JunkIds): ContextFacts {
  const { value } = context;
  const userAgent = textOf(value.userAgent) ?? surroundings.userAgent;
  const sdkDevice = objectOf(value.device);
  const sdkDeviceKind = deviceOfType(textOf(sdkDevice?.type), textOf(sdkDevice?.model));
  // An HTTP client such as okhttp counts as a bot, unless an SDK names the device that it runs on.
  const told = agentOf(userAgent);
  const agent = told.bot !== null && sdkDeviceKind !== null && !isBrowserAgent(userAgent) ? NO_AGENT : told;
  const bot = botReason(context, agent, surroundings);
  const pageObject = objectOf(value.page);
  const page = pageObject === null ? null : pageOf(pageObject);
  return {
    context,
    ...markedAsBot(context, bot),
    sessionId: looseId(value.sessionId, junkIds),
    groupId: looseId(value.groupId, junkIds),
    ...placeFacts(context, surroundings),
    agent,
    device: bot === null ? (agent.device ?? sdkDeviceKind) : BOT_DEVICE,
    os: agent.os ?? textOf(objectOf(value.os)?.name),
    browser: agent.browser ?? textOf(objectOf(value.browser)?.name),
    page,
    campaign: campaignOf(objectOf(value.campaign), page?.url ?? null),
    isCookieless: asksForPseudonym(value),
  };
}

/** The place in `context.location`, else the place of the request, unless a server sent the event for a device. */
function placeFacts(
  { value, hadAddress }: ValidContext,
  surroundings: Surroundings,
): Pick<ContextFacts, 'country' | 'region' | 'city'> {
  const location = objectOf(value.location);
  if (location !== null) {
    return { country: textOf(location.country), region: textOf(location.region), city: textOf(location.city) };
  }
  if (hadAddress) return { country: null, region: null, city: null };
  return { country: surroundings.country, region: surroundings.region, city: surroundings.city };
}

/** Why the event is taken for one of a bot: what the event says of itself counts before all else. Null when it is none. */
function botReason({ value, hadAddress }: ValidContext, agent: Agent, surroundings: Surroundings): string | null {
  const { bot } = value;
  if (bot === false) return null;
  if (bot === true) return 'declared';
  if (typeof bot === 'string' && bot !== '') return bot;
  // A request speaks of the device that sent it, and not of one whose address or browser another tells.
  const sentAgent = textOf(value.userAgent);
  const isOwn = !hadAddress && (sentAgent === null || sentAgent === surroundings.userAgent);
  return agent.bot ?? (isOwn ? surroundings.bot : null);
}

/** Splices the reason into the JSON: writing all of it again would cost as much as the validation. */
function markedAsBot({ value, text }: ValidContext, bot: string | null): Pick<ContextFacts, 'value' | 'text'> {
  if (bot === null || 'bot' in value) return { value, text };
  const member = `"bot":${JSON.stringify(bot)}`;
  return { value: { bot, ...value }, text: text === null ? `{${member}}` : `{${member},${text.slice(1)}` };
}
